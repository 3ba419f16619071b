"""Baselines under version control: a JSON file with the instructions of each measurement, and the meter behind them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfwise.errors import Fault, InvalidInput, NotComparable
from perfwise.kit.wholefiles import replacing

__all__ = ["FORMAT", "Baselines", "read_baselines", "write_baselines"]

FORMAT = "perfwise-baselines/1"


@dataclass(frozen=True, slots=True)
class Baselines:
    """What the measurements cost when they were last accepted.

    Args:
        meter: `name`, `identity` and `interpreter` of what counted.
        costs: instructions by test (pytest's node id) and by name of the measurement.
    """

    meter: Mapping[str, str]
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def cost(self, test: str, name: str) -> int | None:
        """Of a measurement; None if there is none."""
        return self.costs.get(test, {}).get(name)

    def check(self, meter: Mapping[str, str], place: object) -> None:
        """Raises: NotComparable if another meter counted."""
        differences = [
            f"{key}: {self.meter.get(key)} there, {value} here"
            for key, value in meter.items()
            if self.meter.get(key) != value
        ]
        if differences:
            raise NotComparable(
                f"the baselines in {place} were counted by another meter ({'; '.join(differences)}). Install the"
                " perfwise that they are from, or count again on the commit they stand for: pytest --perfwise-update",
                differences,
            )

    def updated(self, meter: Mapping[str, str], costs: Mapping[str, Mapping[str, int]]) -> "Baselines":
        """With the tests of `costs` replaced; tests that did not run keep theirs if the same meter counted them."""
        kept = self.costs if dict(self.meter) == dict(meter) else {}
        return Baselines(meter, {**kept, **costs})


def read_baselines(path: Path) -> Baselines | None:
    """The file's baselines; None if there is no such file. Raises: InvalidInput with every fault of it."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput([Fault(str(path), "malformed-json", f"not a readable JSON file: {error}")]) from error
    faults = _faults(document, str(path))
    if faults:
        raise InvalidInput(faults)
    return Baselines(document["meter"], document["baselines"])


def write_baselines(path: Path, baselines: Baselines) -> None:
    """Write the file whole or not at all; equal baselines give equal bytes. Raises: InvalidOption if it cannot be."""
    document = {"format": FORMAT, "meter": dict(baselines.meter), "baselines": {**baselines.costs}}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with replacing(path) as file:
        file.write(text.encode("utf-8", "surrogatepass"))


def _faults(document: Any, where: str) -> list[Fault]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        given = document.get("format") if isinstance(document, dict) else type(document).__name__
        message = (
            f"the format is {given!r}; wanted an object of format {FORMAT!r}, as pytest --perfwise-update writes it"
        )
        return [Fault(where, "unknown-format", message)]
    faults = []
    meter, tests = document.get("meter"), document.get("baselines")
    if not isinstance(meter, dict) or not all(isinstance(value, str) for value in meter.values()):
        faults.append(Fault(where, "wrong-type", "meter must be an object of texts"))
    if not isinstance(tests, dict):
        return [*faults, Fault(where, "wrong-type", "baselines must be an object by test")]
    for test, costs in tests.items():
        if not isinstance(costs, dict):
            faults.append(Fault(f"{where}: {test}", "wrong-type", "must be an object of instructions by name"))
            continue
        for name, cost in costs.items():
            if type(cost) is not int or cost < 0:
                message = f"{name} is {cost!r}; wanted a whole number of instructions"
                faults.append(Fault(f"{where}: {test}", "wrong-type", message))
    return faults
