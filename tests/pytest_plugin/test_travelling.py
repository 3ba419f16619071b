"""What a function takes along into the sandbox, and what it cannot."""

import functools
import math
import re
import sys
from collections import Counter as Tally

import numpy
import pytest

import perfwise.kit.visible
from perfwise.errors import InvalidCandidate
from perfwise.kit.visible import visible as shown
from perfwise.pytest_plugin.travelling import program_of

LIMIT = {"most": (7, float("inf"))}
DIGITS = re.compile(r"\d+")
LIVE = [object()]
_MADE_ELSEWHERE = "rows"
globals()[_MADE_ELSEWHERE] = object()


class Box:
    def __init__(self, n: int) -> None:
        self.n = n

    def most(self) -> int:
        return min(self.n, LIMIT["most"][0])


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


@functools.cache
def fib(n: "int") -> "int":
    """Text of several

    lines."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def everything(text, default=LIMIT):
    return Box(9).most(), even(4), math.isqrt(17), DIGITS.findall(text), dict(Tally(text)), shown("\x1b"), default


def lives():
    return rows  # noqa: F821 - set by name above


def uses_numpy(n):
    return numpy.arange(n)


def uses_module(text):
    return perfwise.kit.visible.visible(text)


def counts():
    yield 1


def _run(function, *arguments):
    program = program_of(function)
    names = {"__name__": "alone"}
    exec(program.source, names)
    return names[program.entry_point](*arguments)


def test_functions_classes_constants_imports_and_aliases_travel():
    assert _run(everything, "a12") == everything("a12")


def test_a_cached_and_a_mutually_recursive_function_travel():
    assert _run(fib, 20) == 6765
    assert _run(even, 10) is True


def test_an_inner_function_takes_plain_variables_and_functions_along():
    step = 3

    def inner(n: Box) -> int:
        return inner(n - 1) + step if n else fib(3)

    assert _run(inner, 4) == 14


def test_layout_and_comments_do_not_reach_the_program():
    assert "several" in program_of(fib).source
    assert "layout" not in program_of(commented).source


def commented():
    return 1  # layout


def test_only_what_is_used_travels():
    assert "Box" not in program_of(fib).source


def _refused(function):
    with pytest.raises(InvalidCandidate) as refused:
        program_of(function)
    return refused.value.code


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (uses_numpy, "foreign-module"),
        (uses_module, "foreign-module"),
        (lives, "live-object"),
        (counts, "not-a-function"),
        (Box(1).most, "not-a-function"),
        (Box, "not-a-function"),
        (math.sqrt, "no-source"),
        (lambda: 0, "no-source"),
    ],
)
def test_what_cannot_travel_is_refused_with_a_code(function, code):
    assert _refused(function) == code


def test_a_captured_object_is_refused():
    thing = object()

    def inner():
        return thing

    assert _refused(inner) == "live-object"


def test_two_things_of_one_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "other_travels.py").write_text("LIMIT = 8\ndef other():\n    return LIMIT\n")
    monkeypatch.syspath_prepend(tmp_path)
    from other_travels import other  # type: ignore[import-not-found]

    def inner():
        return other() + LIMIT["most"][0]

    try:
        assert _refused(inner) == "name-collision"
    finally:
        del sys.modules["other_travels"]
