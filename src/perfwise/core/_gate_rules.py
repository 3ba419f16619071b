"""The rules of a gate, and how a pyproject.toml holds them."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from perfwise.core.cost import unit_of
from perfwise.core.metric import Direction
from perfwise.errors import InvalidOption
from perfwise.kit.textfiles import Faults, text_of

__all__ = ["Rule", "Tolerance", "find_rules", "read_rules"]

_FILE = "pyproject.toml"
_TABLE = "tool.perfwise.gate"
_EXAMPLE = f'[[{_TABLE}]]\nmetric = "cost"\ntolerance = "3%"'


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse is still accepted.

    Args:
        amount: at least 0.
        relative: a share of the first side's value; else in the metric's unit.
    """

    amount: float = 0.0
    relative: bool = True

    def __str__(self) -> str:
        return f"{100 * self.amount:g} %" if self.relative else f"{self.amount:g}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What must not get worse.

    Args:
        metric: `cost` (the one compared), `quality`, the name of a cost, or of a metric.
        tasks: glob of the tasks that it is about, with `*`, `?` and `[...]`.
        sets: glob of the candidate sets that it is about.
        direction: which way is better; None: lower for costs, higher for quality, and as the metric has it.
        tolerance: how much worse is accepted.
        settled: alarm only where the 95 % interval is worse than the tolerance as a whole.
        per_task: of a cost: each task by itself, instead of all together.
        name: in reports; empty: made of the others.
    """

    metric: str = "cost"
    tasks: str = "*"
    sets: str = "*"
    direction: Direction | None = None
    tolerance: Tolerance = Tolerance()
    settled: bool = True
    per_task: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        """What a report calls it."""
        where = "" if self.tasks == "*" else f" on {self.tasks}"
        each = " of each task" if self.per_task else ""
        return self.name or f"{self.metric}{each}{where}, at most {self.tolerance} worse"

    @property
    def is_cost(self) -> bool:
        """Its metric is a cost, not a metric over outcomes."""
        return self.metric == "cost" or _has_unit(self.metric)


def find_rules(folder: Path) -> Path:
    """The pyproject.toml of the folder or of the nearest one above. Raises: InvalidOption if there is none."""
    for place in (folder, *folder.parents):
        if (place / _FILE).is_file():
            return place / _FILE
    raise InvalidOption(f"no {_FILE} in {folder} or above it; make one with\n{_EXAMPLE}\nor name a file with --config")


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of `[[tool.perfwise.gate]]`, in order; `[tool.perfwise.gate]` with a list `rules` says the same.

    Raises: InvalidInput with all faults: malformed-toml, missing-rules, unknown-key, wrong-type, wrong-value.
    """
    faults = Faults()
    table = _table(path, faults)
    faults.check()
    rules = [_rule(entry, f"{path}: {_TABLE}[{at}]", faults) for at, entry in enumerate(table)]
    faults.check()
    return tuple(rules)


def _table(path: Path, faults: Faults) -> Sequence[object]:
    try:
        value: Any = tomllib.loads(text_of(path, faults))
    except tomllib.TOMLDecodeError as error:
        faults.add(path, "malformed-toml", f"not TOML: {error}")
        return []
    if faults.found:
        return []
    for name in _TABLE.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        for key in sorted(value.keys() - {"rules"}):
            faults.add(f"{path}: {_TABLE}", "unknown-key", f"{key!r} is no key; there is only `rules`, a list of rules")
        value = value.get("rules")
    if not isinstance(value, list) or not value:
        faults.add(
            path, "missing-rules", f"there is no list {_TABLE} of at least one rule; write for example\n{_EXAMPLE}"
        )
        return []
    return value


def _rule(entry: object, where: str, faults: Faults) -> Rule:
    if not isinstance(entry, Mapping):
        faults.add(where, "wrong-type", f"a rule must be a table, not {entry!r}")
        return Rule()
    known = {field.name for field in fields(Rule)}
    for key in sorted(entry.keys() - known):
        faults.add(where, "unknown-key", f"{key!r} is no key of a rule; there are {', '.join(sorted(known))}")
    texts = {key: _of(entry, key, str, "a text", where, faults) for key in ("metric", "tasks", "sets", "name")}
    flags = {key: _of(entry, key, bool, "true or false", where, faults) for key in ("settled", "per_task")}
    given = {key: value for key, value in {**texts, **flags}.items() if value is not None}
    direction = entry.get("direction")
    if direction not in (None, "lower", "higher"):
        faults.add(
            where, "wrong-value", f"direction must be 'lower' or 'higher', whichever is better, not {direction!r}"
        )
        direction = None
    rule = Rule(
        **cast("dict[str, Any]", given),
        direction=cast("Direction | None", direction),
        tolerance=_tolerance(entry.get("tolerance", "0%"), where, faults),
    )
    if rule.per_task and not rule.is_cost:
        faults.add(where, "wrong-value", f"per_task is for costs; {rule.metric!r} is none")
    return rule


def _of(entry: Mapping[str, object], key: str, kind: type, wanted: str, where: str, faults: Faults) -> object:
    value = entry.get(key)
    if value is not None and not isinstance(value, kind):
        faults.add(where, "wrong-type", f"{key} must be {wanted}, not {value!r}")
        return None
    return value


def _tolerance(value: object, where: str, faults: Faults) -> Tolerance:
    relative = isinstance(value, str) and value.rstrip().endswith("%")
    text = value.rstrip().removesuffix("%") if isinstance(value, str) and relative else value
    try:
        amount = float(text) if isinstance(text, str | int | float) and not isinstance(text, bool) else math.nan
    except ValueError:
        amount = math.nan
    if not (amount >= 0 and math.isfinite(amount)) or (isinstance(value, str) and not relative):
        faults.add(where, "wrong-value", f"tolerance must be a share as '3%' or a number of at least 0, not {value!r}")
        return Tolerance()
    return Tolerance(amount / 100 if relative else amount, relative)


def _has_unit(name: str) -> bool:
    try:
        unit_of(name)
    except InvalidOption:
        return False
    return True
