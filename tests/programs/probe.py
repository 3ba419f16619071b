"""A small task and a quick way to run a program on it."""

from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.wasm import WasmMeter

REFERENCE = "def double(n):\n    return 2 * n\n"

SCRIPT = """
reference = program(REFERENCE, ENTRY_POINT)

def inputs():
    yield (1,)
    yield (20,)
    yield (300,)
"""

DOUBLE = ProgramTask(id="double", script=SCRIPT, entry_point="double", reference=REFERENCE)


def attempt(source: str, task: ProgramTask = DOUBLE, engine: ProgramEngine | None = None, seed: int = 0) -> Outcome:
    """Run a program on a task, by default `double(n)`, by default with the WebAssembly meter."""
    candidate = ProgramCandidate("0", "test", task.id, source)
    return (engine or ProgramEngine(WasmMeter())).run(task, candidate, seed)


def body(*lines: str) -> str:
    """`double` with these lines before an honest answer."""
    return "def double(n):\n" + "".join(f"    {line}\n" for line in (*lines, "return 2 * n"))
