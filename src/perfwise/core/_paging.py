"""One page of a run's outcomes, chosen and sorted by the database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from perfwise.core._schema import ATTEMPT, outcomes, runs
from perfwise.errors import InvalidOption

__all__ = ["Page", "chosen", "named_like", "sorted_by"]

_COST_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Page:
    """Which outcomes of a run, in which order.

    Args:
        candidate_set, task: only of these; empty: of any.
        text: only where task or candidate contain it; empty: any.
        state: only what succeeded, failed, or could not be judged though nothing failed; empty: any.
        order: `attempt` (set, task, candidate, seed), `quality`, or the name of a cost; unknown values come last.
        descending: the greatest first.
        limit, offset: how many, behind how many.
    """

    candidate_set: str = ""
    task: str = ""
    text: str = ""
    state: Literal["", "succeeded", "failed", "unjudged"] = ""
    order: str = "attempt"
    descending: bool = False
    limit: int = 100
    offset: int = 0


def chosen(page: Page) -> list[sa.ColumnElement[bool]]:
    """Conditions of a page."""
    conditions: list[sa.ColumnElement[bool]] = []
    if page.candidate_set:
        conditions.append(outcomes.c.candidate_set == page.candidate_set)
    if page.task:
        conditions.append(outcomes.c.task == page.task)
    if page.text:
        conditions.append(sa.or_(_contains(outcomes.c.task, page.text), _contains(outcomes.c.candidate, page.text)))
    failed, judged = outcomes.c.failure_kind.is_not(None), outcomes.c.quality.is_not(None)
    states = {
        "succeeded": [sa.not_(failed), judged],
        "failed": [failed],
        "unjudged": [sa.not_(failed), sa.not_(judged)],
    }
    return conditions + states.get(page.state, [])


def sorted_by(page: Page, dialect: str) -> Sequence[sa.ColumnElement[Any]]:
    """What a page is ordered by, ties by the attempt. Raises: InvalidOption for an order that no cost can be."""
    if page.order == "attempt":
        return [column.desc() if page.descending else column.asc() for column in ATTEMPT]
    key = outcomes.c.quality if page.order == "quality" else _cost(page.order, dialect)
    return [key.is_(None), key.desc() if page.descending else key.asc(), *ATTEMPT]


def named_like(text: str) -> list[sa.ColumnElement[bool]]:
    """Runs whose name or engine contains the text; all for an empty one."""
    return [sa.or_(_contains(runs.c.name, text), _contains(runs.c.engine, text))] if text else []


def _contains(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    literal = re.sub(r"([%_\\])", r"\\\1", text)
    return column.like(f"%{literal}%", escape=_ESCAPE)


def _cost(name: str, dialect: str) -> sa.ColumnElement[float]:
    if not _COST_NAME.fullmatch(name):
        raise InvalidOption(f"outcomes are sorted by attempt, quality or the name of a cost, not by {name!r}")
    if dialect == "sqlite":
        return sa.func.json_extract(sa.type_coerce(outcomes.c.cost, sa.Text()), f'$."{name}"', type_=sa.Double())
    return sa.cast(sa.cast(outcomes.c.cost, JSONB)[name].astext, sa.Double())
