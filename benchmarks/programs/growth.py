"""Fitted classes of growth on textbook algorithms, from exact counts, beside the textbooks' classes.

`python benchmarks/programs/growth.py` writes benchmarks/results/growth.json.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from _textbook import ALGORITHMS, Algorithm

import record
from perfwise.kit.growth import Growth, fitted_growth
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.wasm import WasmMeter

_INTEGERS = "integers up to 256 are kept ready by the interpreter, greater ones are made, those beyond 2^30 of two digits: an item is dearer at greater sizes"
WHY = {"sum of squares": _INTEGERS, "two sum with a table": _INTEGERS}


def fitted(algorithm: Algorithm) -> Growth | None:
    """The growth of what the algorithm is counted at."""
    inputs = [plain.dumps(algorithm.arguments(n)) for n in algorithm.sizes]
    run = WasmMeter().measure(algorithm.source, "f", inputs, Limits(2e10, None, 1 << 30), 0)
    costs = [call.cost for call in run.calls if call.cost is not None and call.answer is not None]
    assert len(costs) == len(inputs), (algorithm.name, run)
    return fitted_growth(algorithm.sizes, costs)


def main() -> None:
    started = time.process_time()
    found = {algorithm.name: (algorithm.growth, fitted(algorithm)) for algorithm in ALGORITHMS}
    spent = time.process_time() - started
    named = {name: (known, fit.notation if fit else "none") for name, (known, fit) in found.items()}
    right = sum(fit is not None and fit.name == known for known, fit in found.values())
    wrong = [
        f"{name}: {named[name][1]} ({WHY.get(name, 'not explained')})"
        for name, (known, fit) in found.items()
        if fit is None or fit.name != known
    ]
    held = [fit for known, fit in found.values() if fit and known in {"n", "n^2", "n^3"}]
    powers = [
        {"n": 1, "n^2": 2, "n^3": 3}[known] for known, fit in found.values() if fit and known in {"n", "n^2", "n^3"}
    ]
    off = max(abs(fit.exponent - power) for fit, power in zip(held, powers, strict=True))
    for name, (known, fit) in found.items():
        print(
            f"{name:32} {known:10} {fit and fit.notation} {fit and round(fit.exponent, 2)} {fit and round(fit.error, 4)}"
        )
    rows = [
        record.Row(
            "textbook algorithms with the textbook's class",
            right,
            f"at least 30; of {len(found)}",
            "algorithms",
            note="; ".join(wrong),
        ),
        record.Row("largest distance of a polynomial's exponent from its power", off, "none", "exponent"),
        record.Row("CPU time to count and fit one algorithm, mean", spent / len(found), "none", "s"),
    ]
    record.write("growth", "python benchmarks/programs/growth.py", rows)


if __name__ == "__main__":
    main()
