"""Every rule: it fires where it must, stays silent where it must not, and what it makes is a program."""

import ast

import pytest

from perfwise.core.family import Family
from perfwise.improve.rewriting import applied, parsed

RULES = Family("perfwise.improve.rules")


def rewritten(name, text):
    program = parsed(text)
    return applied(program, list(RULES.get(name)().sites(program)))


@pytest.mark.parametrize("name", RULES.names())
def test_fires_where_it_must(name):
    rule = RULES.get(name)()
    assert rewritten(name, rule.before) == rule.after
    assert rule.tier in {"A", "B", "C"}


@pytest.mark.parametrize("name", RULES.names())
def test_stays_silent_where_it_must_not(name):
    rule = RULES.get(name)()
    assert rule.silent
    for text in rule.silent:
        ast.parse(text)
        assert rewritten(name, text) is None, text


@pytest.mark.parametrize("name", RULES.names())
def test_says_what_it_needs_and_where_it_is_from(name):
    text = RULES.get(name).__doc__
    assert "Precondition:" in text
    assert "Source:" in text
