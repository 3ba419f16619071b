"""`perfwise demo`: the main job on six small tasks that come with the package."""

from typing import TYPE_CHECKING

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    from perfwise.programs.evaluate import Evaluation
    from perfwise.programs.reading import Inputs

__all__ = ["INTRODUCTION", "evaluated", "show_demo"]

INTRODUCTION = (
    "Three people solved six small tasks. The careful one is quick and right, the plain one right but slow, the hasty "
    "one quick but sometimes wrong. Each program runs in a sandbox; its answers are judged, its instructions counted."
)
_NEXT = """
Your own: write a task file (docs/task-files.md), then
  perfwise eval --tasks task.py first.py second.py"""


def show_demo(store: StoreOption = None) -> None:
    """Rank three sets of programs on six small tasks that come with perfwise."""
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.running import show
    from perfwise.cli.terminal import output

    output().print(f"{INTRODUCTION}\n")
    load_with_notice()
    evaluation, inputs = evaluated(store)
    show(evaluation, inputs, None)
    _count_beside_clock()
    typer.echo(_NEXT)


def evaluated(store: str | None) -> "tuple[Evaluation, Inputs]":
    """The run, and what was run."""
    from perfwise.cli.running import Keeping, run
    from perfwise.programs import demo
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import Question, meter_named
    from perfwise.programs.reading import Source, read_inputs

    inputs = read_inputs([demo.TASKS], [Source(name, folder) for name, folder in demo.SETS.items()])
    engine = ProgramEngine(meter_named("wasm"))
    return run(inputs, engine, Question(), Keeping(store, {"tasks": "demo"})), inputs


def _count_beside_clock() -> None:
    """The same program three times, counted and timed: why counts and not seconds."""
    import time

    from perfwise.programs import demo, plain
    from perfwise.programs.contracts import Limits
    from perfwise.programs.meters.wasm import WasmMeter

    source = (demo.SETS["plain"] / "primes_below.py").read_text("utf-8")
    counts, times_ms = [], []
    for _ in range(3):
        started_s = time.perf_counter()
        run = WasmMeter().measure(source, "primes_below", [plain.dumps((2000,))], Limits(budget=1e9), seed=0)
        times_ms.append(1000 * (time.perf_counter() - started_s))
        counts.append(run.calls[0].cost or 0)
    typer.echo("\nWhy counts: one program, three times")
    typer.echo("  counted  " + "  ".join(f"{count:>12,.0f}" for count in counts) + "  instructions")
    typer.echo("  timed    " + "  ".join(f"{time_ms:>12.2f}" for time_ms in times_ms) + "  ms")
