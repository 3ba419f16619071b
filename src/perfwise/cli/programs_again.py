"""A stored run of programs made again from what it asked: the command, and texts that are still what they were."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perfwise.core.json import Json
from perfwise.core.outcome import Attempt
from perfwise.core.store import RunRecord
from perfwise.errors import PerfwiseError

if TYPE_CHECKING:
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.reading import Inputs

__all__ = ["command_of", "programs_of"]


def command_of(run: RunRecord) -> str:
    """The `perfwise eval` that asks the same; empty where the run was not made by it."""
    spec = run.spec
    if run.engine != "programs" or not (_texts(spec, "files") or _texts(spec, "samples")):
        return ""
    words = ["perfwise", "eval", *_texts(spec, "files")]
    for option, name in (("--samples", "samples"), ("--task", "task"), ("--candidate", "candidate")):
        for value in _texts(spec, name):
            words += [option, value]
    if spec.get("tasks"):
        words += ["--tasks", str(spec["tasks"])]
    for option, name, usual in (("--meter", "meter", "wasm"), ("--budget", "budget", None), ("--seed", "seed", 0)):
        if spec.get(name) != usual:
            words += [option, str(spec[name])]
    if spec.get("fallback") and spec.get("meter") != spec["fallback"]:
        words.append("--allow-native")
    memory = spec.get("memory_bytes")
    if isinstance(memory, int) and memory != 512 << 20:
        words += ["--memory", str(memory)]
    return shlex.join(words)


def programs_of(run: RunRecord) -> dict[tuple[Attempt, str], str]:
    """Texts by attempt and key, so that a file changed since gives no text; empty where the files are gone."""
    if run.engine != "programs" or not (_texts(run.spec, "files") or _texts(run.spec, "samples")):
        return {}
    try:
        inputs = _inputs(run.spec)
        engine = _engine(run.spec)
    except (PerfwiseError, OSError):
        return {}
    seed = run.spec.get("seed")
    seed = seed if isinstance(seed, int) else 0
    tasks = {task.id: task for task in inputs.tasks}
    return {
        (Attempt(one.task, one.candidate_set, one.id, seed), engine.key(tasks[one.task], one, seed)): one.source
        for one in inputs.candidates
        if one.task in tasks
    }


def _inputs(spec: Mapping[str, Json]) -> "Inputs":
    from perfwise.programs.reading import named_source, program_sources, read_inputs, task_files_beside

    files = [Path(file) for file in _texts(spec, "files")]
    tasks = [Path(str(spec["tasks"]))] if spec.get("tasks") else None
    task_paths, programs = (tasks, files) if tasks is not None else task_files_beside(files)
    sources = [named_source(text) for text in _texts(spec, "samples")]
    return read_inputs(task_paths, [*sources, *program_sources(programs)])


def _engine(spec: Mapping[str, Json]) -> "ProgramEngine":
    from perfwise.programs.engine import ProgramEngine
    from perfwise.programs.evaluate import meter_named

    budget, memory = spec.get("budget"), spec.get("memory_bytes")
    fallback = spec.get("fallback")
    return ProgramEngine(
        meter_named(str(spec["meter"]) if spec.get("meter") else "wasm"),
        meter_named(str(fallback)) if fallback else None,
        budget if isinstance(budget, int | float) else None,
        memory_bytes=memory if isinstance(memory, int) else 512 << 20,
    )


def _texts(spec: Mapping[str, Json], name: str) -> list[str]:
    values = spec.get(name)
    return [str(value) for value in values] if isinstance(values, list | tuple) else []
