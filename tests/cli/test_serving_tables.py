"""How results of serving look: within 80 columns, three digits, one unit a column."""

import re

import pytest

from perfwise.cli.serving.amounts import digits, percent, time

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once

LLAMA = ("--model", "llama-3-8b", "--device", "h100_sxm")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0, "0.00"), (0.0941, "0.0941"), (0.5, "0.50"), (9.996, "10.0"), (99.96, "100"), (1404.5, "1,404")],
)
def test_numbers_have_three_digits(value, text):
    assert digits(value) == text


def test_a_count_is_whole_and_a_huge_number_short():
    assert digits(1234567) == "1,234,567"
    assert digits(1e300) == "1e+300"


def test_what_is_not_known_is_a_dash():
    assert digits(None) == time(None) == percent(None) == "-"


@pytest.fixture
def narrow(perfwise, tmp_path, monkeypatch):
    """The command in 80 columns; a trace that bursts beyond memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    rows = "".join(f"{0.02 * (i // 8)!r},{200 + 37 * (i % 9)},{150 + i % 50}\n" for i in range(120))
    (tmp_path / "bursts.csv").write_text(f"arrived_at,prefill,decode\n{rows}")
    return lambda *arguments: perfwise("serving", *map(str, arguments))


def widest(text):
    return max(len(line.rstrip()) for line in text.splitlines())


def test_one_run_fits_80_columns(narrow):
    done = narrow(*("simulate", "--requests", "bursts.csv", *LLAMA, "--blocks", 900, "--slo-ttft", 1), "--replicas", 2)
    assert done.code == 0, done.err
    assert widest(done.out) <= 80
    assert "per output token" in done.out
    assert "…" not in done.out
    assert "bursts served by llama-3-8b on h100_sxm: sarathi" in done.out


def test_the_widest_comparison_fits_80_columns_with_every_number(narrow):
    options = ("--blocks", 300, "--slo-ttft", 0.5, "--gpu-hour-usd", 2.5, "--preemption", "recompute")
    dispatch = ("--dispatch", "round_robin", "--dispatch", "least_loaded:measure=waiting", "--replicas", 2)
    options = (*options, "--batching", "sarathi:chunk_tokens=256")
    done = narrow("compare-policies", "--requests", "bursts.csv", *LLAMA, *options, *dispatch, "--preemption", "swap")
    assert done.code == 0, done.err
    assert widest(done.out) <= 80
    assert "…" not in done.out
    assert "empted" in done.out
    assert "USD" in done.out


def test_times_of_one_quantity_have_one_unit(narrow):
    done = narrow(
        "compare-policies", "--requests", "bursts.csv", *LLAMA, "--batching", "sarathi", "--batching", "static"
    )
    headings = done.out.splitlines()[2:4]
    assert headings[0].split()[:4] == ["TTFT", "TTFT", "TPOT", "TPOT"]
    assert headings[1].split() == ["plan", "p50", "ms", "p99", "ms", "p50", "ms", "p99", "ms", "p50", "s", "GPU", "s"]


def test_a_caveat_of_one_plan_names_it():
    from types import SimpleNamespace

    from perfwise.cli.serving.compare_policies import _caveats

    served = {"summary": {"requests": 1}}
    outcomes = [
        SimpleNamespace(candidate_set="a", caveats=("of all",), detail=served),
        SimpleNamespace(candidate_set="b", caveats=("of all", "of one"), detail=served),
        SimpleNamespace(candidate_set="c", caveats=(), detail={}),
    ]
    assert _caveats(outcomes) == ("of all", "b: of one")


def test_help_shows_every_command_in_whole_sentences(narrow):
    assert "..." not in narrow("--help").out.replace("[ARGS]...", "")


@pytest.mark.parametrize("command", ["simulate", "compare-policies", "predict", "calibrate", "trace"])
def test_help_names_what_an_option_takes(narrow, command):
    assert not re.search(r"--[\w-]+ <", narrow(command, "--help").out)


def test_parameters_of_a_method_are_told_where_its_name_is(perfwise):
    said = perfwise("methods", "--family", "batching").out
    assert "Parameters: chunk_tokens=512" in said
    assert "steady_loads" in perfwise("methods", "--family", "measurements").out
