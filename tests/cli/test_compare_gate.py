"""`perfwise compare` as a new user meets it: costs, gates, comments, files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from perfwise.cli.gate_metrics import metric_named
from perfwise.cli.render_markdown import comment, escaped
from perfwise.core.compare import Side, compare
from perfwise.core.cost import Cost
from perfwise.core.gate import Gate, Rule
from perfwise.core.outcome import Outcome
from perfwise.core.store import open_store
from perfwise.errors import InvalidOption
from tests.cli.conftest import Perfwise
from tests.outcomes import NOISY, made

RULES = """
[[tool.perfwise.gate]]
tolerance = "3%"
[[tool.perfwise.gate]]
metric = "quality"
"""


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Store outcomes as a run of their own, in a fresh folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERFWISE_STORE", raising=False)

    def keep(*outcomes: Outcome) -> None:
        with open_store(tmp_path / "store.db") as store:
            run = store.begin("toy", {"n": len(store.runs())}, "2024-05-01T12:00:00Z", len(outcomes))
            with store.writer(run) as writer:
                writer.append(outcomes)
            store.finish(run)

    return keep


def outcomes(name: str, factor: float = 1.0, tasks: int = 12) -> list[Outcome]:
    return [made(f"t{i:02}", 1e6 * factor * (i + 1), candidate_set=name) for i in range(tasks)]


def test_a_broken_rule_ends_with_1_and_kept_ones_with_0(keep, tmp_path: Path, perfwise: Perfwise):
    (tmp_path / "pyproject.toml").write_text(RULES)
    keep(*outcomes("old"), *outcomes("good", 0.9), *outcomes("bad", 1.2))
    good, bad = (perfwise("compare", "1:old", f"1:{name}", "--gate") for name in ("good", "bad"))
    assert (good.code, bad.code) == (0, 1)
    assert "Gate passed: 2 kept of 2 rule(s)." in good.out
    assert "broken    cost, at most 3 % worse: 1.2 times" in bad.out
    assert "Gate failed: 1 broken, 1 kept of 2 rule(s)." in bad.out
    assert perfwise("compare", "1:old", "1:bad").code == 0


def test_rules_are_found_above_and_named_by_config(keep, tmp_path: Path, perfwise: Perfwise, monkeypatch):
    keep(*outcomes("old"), *outcomes("bad", 1.2))
    monkeypatch.setenv("PERFWISE_STORE", str(tmp_path / "store.db"))
    missing = perfwise("compare", "1:old", "1:bad", "--gate")
    assert (missing.code, "[[tool.perfwise.gate]]" in missing.err) == (2, True)
    (tmp_path / "pyproject.toml").write_text(RULES)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert perfwise("compare", "1:old", "1:bad", "--gate").code == 1
    (tmp_path / "loose.toml").write_text("[[tool.perfwise.gate]]\ntolerance = '30%'")
    assert perfwise("compare", "1:old", "1:bad", "--gate", "--config", str(tmp_path / "loose.toml")).code == 0


def test_faults_of_the_rules_are_told_with_their_codes(keep, tmp_path: Path, perfwise: Perfwise):
    keep(*outcomes("old"), *outcomes("bad", 1.2))
    (tmp_path / "pyproject.toml").write_text("[[tool.perfwise.gate]]\nmetrik = 'cost'")
    ended = perfwise("compare", "1:old", "1:bad", "--gate")
    assert ended.code == 2
    assert "unknown-key" in ended.err
    (tmp_path / "pyproject.toml").write_text("[[tool.perfwise.gate]]\nmetric = 'sped'")
    assert "there is no metric 'sped'" in perfwise("compare", "1:old", "1:bad", "--gate").err


def test_json_and_markdown_hold_the_gate(keep, tmp_path: Path, perfwise: Perfwise):
    (tmp_path / "pyproject.toml").write_text(RULES)
    keep(*outcomes("old"), *outcomes("bad", 1.2))
    ended = perfwise("compare", "1:old", "1:bad", "--gate", "--json", "-", "--markdown", "comment.md")
    document = json.loads(ended.out)
    assert (document["gate"]["status"], document["gate"]["results"][0]["status"]) == ("fail", "fail")
    assert "| \N{CROSS MARK} broken | cost, at most 3 % worse |" in (tmp_path / "comment.md").read_text("utf-8")
    assert perfwise("compare", "1:old", "1:bad", "--markdown", "-").out.startswith("<!-- perfwise compare -->\n\n### ")
    assert json.loads(perfwise("compare", "1:old", "1:bad", "--json", "-").out)["gate"] is None


def test_outputs_that_cannot_be_are_refused_before_the_work(keep, perfwise: Perfwise):
    both = perfwise("compare", "1:old", "1:bad", "--markdown", "-", "--json", "-")
    assert (both.code, "only one of" in both.err) == (2, True)
    assert perfwise("compare", "1:old", "1:bad", "--markdown", "none/comment.md").code == 2


def test_the_cost_that_both_have_is_taken_and_told(keep, perfwise: Perfwise):
    def served(name, seconds):
        return replace(made("trace", candidate_set=name), cost=Cost(latency_s=seconds, gpu_s=4.0), quality=0.9)

    keep(served("fcfs", 2.0), served("sjf", 1.0))
    out = " ".join(perfwise("compare", "1:fcfs", "1:sjf").out.split())
    assert "note: latency_s is compared; both sides also have gpu_s (--cost NAME)" in out
    assert "sjf takes 0.5 times the latency_s of fcfs" in out
    assert "1.000 times the gpu_s" not in out
    assert "cost the same" in perfwise("compare", "1:fcfs", "1:sjf", "--cost", "gpu_s").out


def test_runs_without_a_common_task_are_refused_by_name(keep, perfwise: Perfwise):
    keep(made("t", candidate_set="a"), made("u", candidate_set="b"))
    ended = perfwise("compare", "1:a", "1:b")
    assert ended.code == 3
    assert "a and b have no task in common: a attempted t; b attempted u" in " ".join(ended.err.split())


def test_noisy_runs_apart_get_a_caveat_and_intervals(keep, perfwise: Perfwise):
    def timed(name, factor):
        one = made("t", factor, cost_name="cpu_s", provenance=NOISY, candidate_set=name)
        return replace(one, detail={"cost_interval": [0.99 * factor, 1.01 * factor]})

    keep(timed("a", 1.0))
    keep(timed("b", 1.5))
    out = " ".join(perfwise("compare", "1", "2").out.split())
    assert "measured in separate runs" in out
    assert "1.5 (1.48\N{EN DASH}1.52)" in out
    assert "so it is dearer on this task" in out
    keep(timed("a", 1.0), timed("b", 1.5))
    assert "separate runs" not in perfwise("compare", "3:a", "3:b").out


def test_refusal_names_the_option_that_accepts(keep, perfwise: Perfwise):
    keep(*outcomes("a"))
    keep(*(replace(one, provenance=replace(one.provenance, interpreter="CPython 3.13")) for one in outcomes("b")))
    ended = perfwise("compare", "1", "2")
    assert ended.code == 3
    assert "--allow-mismatch 'interpreter'" in ended.err
    assert perfwise("compare", "1", "2", "--allow-mismatch", "interpreter").code == 0


def test_metrics_of_every_engine_are_known_with_parameters():
    assert metric_named("pass_at_k(k=10)", "wasm_instructions").name == "pass@10"
    assert metric_named("speedup", "peak_bytes").name == "speedup(peak_bytes)"
    assert metric_named("ttft(statistic='p99')", "latency_s").name == "TTFT p99"
    assert metric_named("cost_per_solved(prices={'gpu_s': 0.001})", "gpu_s").unit == "USD"
    for wrong in ("sped", "speedup(1)", "speedup(k=1)", "1 +", "__import__('os')"):
        with pytest.raises(InvalidOption):
            metric_named(wrong, "cpu_s")


# The comment

HOSTILE = "<img src=x onerror=alert(1)>|`a` **b** [c](http://d) @everyone\n# e \x1b[2J www.f.g"


def test_names_are_shown_as_they_are_whatever_they_look_like():
    text = escaped(HOSTILE)
    assert "\n" not in text
    assert "\x1b" not in text
    assert all(sign not in text for sign in ("<", "|", "@", "://", "www."))
    assert (
        "&lt;img src=x onerror=alert(1)&gt;&#124;\\`a\\` \\*\\*b\\*\\* \\[c\\](http&#58;//d) &#64;everyone \\# e"
        in text
    )


def test_a_hostile_name_cannot_add_a_column_or_a_row():
    first, second = (
        Side(name, [replace(made(HOSTILE, cost), candidate_set=name, caveats=(HOSTILE,))])
        for name, cost in ((HOSTILE, 100.0), ("b", 300.0))
    )
    text = comment(compare(first, second), Gate([Rule(name=HOSTILE)]).judge(first, second))
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {4, 6}
    assert "<img" not in text
    assert text.count("<") == text.count("<!--") + text.count("<details>") + text.count("</details>") + text.count(
        "<summary>"
    ) + text.count("</summary>")


def test_a_store_that_fails_is_not_taken_for_a_broken_rule(tmp_path: Path, perfwise: Perfwise):
    broken = tmp_path / "text.db"
    broken.write_text("no database\n" * 100)
    ended = perfwise("compare", "1:a", "1:b", "--gate", "--store", str(broken))
    assert ended.code == 6
    assert "[store-damaged]" in ended.err
