import io
from dataclasses import replace

import pytest
from rich.console import Console

from perfwise.cli.eval import _bytes
from perfwise.cli.render_candidate import print_candidate
from perfwise.cli.render_ranking import amount, print_scores
from perfwise.cli.terminal import shown
from perfwise.programs.scoring import made_metrics, score
from tests.outcomes import NOISY, made


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12_345_678, "instructions", "12.3 M"),
        (999.6, "instructions", "1000"),
        (0.0042, "s", "4.20 ms"),
        (4.2e-7, "s", "420 ns"),
        (1536, "bytes", "1.54 k"),
        (0.5, "share", "0.500"),
        (37.25, "%", "37.2 %"),
        (0, "instructions", "0.00"),
        (12_345, "ratio", "12,345"),
    ],
)
def test_amounts_have_three_digits_and_a_prefix_where_the_unit_takes_one(value: float, unit: str, text: str):
    assert amount(value, unit) == text


def printed(show, *arguments) -> str:
    text = io.StringIO()
    show(*arguments, Console(file=text, width=80))
    return text.getvalue()


def test_in_80_columns_no_metric_name_is_cut_and_its_cost_has_a_line_of_its_own():
    metrics = made_metrics(["pass_at_k", "efficient_at_k", "speedup", "normalised_cost_by_task"], [1], "cpu_s")
    scores = score([made(candidate_set=name) for name in "ab"], metrics, "cpu_s")
    words = printed(print_scores, scores).split()
    assert {"efficient@1", "speedup", "normalised", "(cpu_s)"} <= set(words)


def test_failures_are_told_by_kind_below_the_number_of_programs():
    wrong = [made(right=False, candidate=str(i)) for i in range(1200)]
    scores = score([made(candidate="right"), *wrong], made_metrics(["pass_at_k"], [1], "cpu_s"), "cpu_s")
    lines = printed(print_scores, scores).splitlines()
    assert lines[next(i for i, line in enumerate(lines) if "1,201 programs" in line) + 1] == (
        "failed: 1,200 wrong-answer"
    )


@pytest.mark.parametrize(
    ("outcome", "heading", "cost"),
    [
        (
            made(cases=[(0, 4.2e-3, "ok")], cost_name="cpu_s", provenance=replace(NOISY, meter="cpu_time")),
            "cpu_s",
            "4.20 ms",
        ),
        (made(cases=[(0, 12345.0, "ok")]), "wasm_instructions", "12,345"),
    ],
)
def test_cases_are_shown_in_the_unit_of_the_meter_that_took_them(outcome, heading, cost):
    text = printed(print_candidate, outcome, "pass")
    assert heading in text
    assert cost in text


def test_controls_bidirectional_marks_and_lone_surrogates_are_spelt_out_and_letters_kept():
    assert shown("a\x07\x9b\u202e\ud800é漢\n") == "a\\x07\\x9b\\u202e\\ud800é漢\n"


def test_memory_is_read_with_its_unit():
    assert (_bytes("512M"), _bytes("2g"), _bytes("100"), _bytes("1KB")) == (512 << 20, 2 << 30, 100, 1024)
