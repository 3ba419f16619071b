"""What quality do I get, at what cost? perfwise measures, scores and compares anything that computes.

The names below are the public surface; each is imported when it is first used, so that `import perfwise` stays light.
Methods of a family are in modules of their own, e.g. `perfwise.programs.metrics.eff_at_k`; errors in `perfwise.errors`.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwise.core.compare import Comparison, Resolution, Side, compare
    from perfwise.core.cost import Cost
    from perfwise.core.family import Family
    from perfwise.core.metric import Metric, Result, difference, evaluate
    from perfwise.core.outcome import Failure, Outcome, Provenance
    from perfwise.core.store import Store, open_store
    from perfwise.core.study import Study
    from perfwise.core.task import REFERENCE
    from perfwise.errors import PerfwiseError
    from perfwise.programs.contracts import ProgramCandidate, ProgramTask, cases_of
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.meters.cpu_time import CpuTimeMeter
    from perfwise.programs.meters.wasm import WasmMeter
    from perfwise.programs.resolution import unresolved

__all__ = [
    "REFERENCE",
    "Comparison",
    "Cost",
    "CpuTimeMeter",
    "Failure",
    "Family",
    "Metric",
    "Outcome",
    "PerfwiseError",
    "ProgramCandidate",
    "ProgramEngine",
    "ProgramTask",
    "Provenance",
    "Resolution",
    "Result",
    "Side",
    "Store",
    "Study",
    "WasmMeter",
    "__version__",
    "cases_of",
    "compare",
    "difference",
    "evaluate",
    "open_store",
    "unresolved",
]

__version__ = "0.1.0"

_HOMES = {
    "perfwise.core.compare": ("Comparison", "Resolution", "Side", "compare"),
    "perfwise.core.cost": ("Cost",),
    "perfwise.core.family": ("Family",),
    "perfwise.core.metric": ("Metric", "Result", "difference", "evaluate"),
    "perfwise.core.outcome": ("Failure", "Outcome", "Provenance"),
    "perfwise.core.store": ("Store", "open_store"),
    "perfwise.core.study": ("Study",),
    "perfwise.core.task": ("REFERENCE",),
    "perfwise.errors": ("PerfwiseError",),
    "perfwise.programs.contracts": ("ProgramCandidate", "ProgramTask", "cases_of"),
    "perfwise.programs.engine": ("ProgramEngine",),
    "perfwise.programs.meters.cpu_time": ("CpuTimeMeter",),
    "perfwise.programs.meters.wasm": ("WasmMeter",),
    "perfwise.programs.resolution": ("unresolved",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            value: object = getattr(importlib.import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
