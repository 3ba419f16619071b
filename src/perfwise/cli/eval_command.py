"""The command that asks what a stored run of programs asked."""

import shlex
from collections.abc import Iterator, Mapping

from perfwise.core.json import Json
from perfwise.core.store import RunRecord

__all__ = ["command_of"]

_SINGLE = {
    "--tasks": "tasks",
    "--suite": "suite",
    "--format": "format",
    "--meter": "meter",
    "--budget": "budget",
    "--memory": "memory_bytes",
    "--optimize": "optimisation",
    "--seed": "seed",
}


def command_of(run: RunRecord) -> str:
    """The command; empty where the run was not made by one."""
    spec = run.spec
    if run.engine != "programs":
        return ""
    if spec.get("tasks") == "demo":
        return "perfwise demo"
    files, samples = _texts(spec, "files"), _texts(spec, "samples")
    return shlex.join(["perfwise", "eval", *files, *_options(spec)]) if files or samples else ""


def _options(spec: Mapping[str, Json]) -> Iterator[str]:
    for option, name in (("--samples", "samples"), ("--task", "task"), ("--candidate", "candidate")):
        for value in _texts(spec, name):
            yield from (option, value)
    usual = {"meter": "wasm", "memory_bytes": 512 << 20, "seed": 0}
    for option, name in _SINGLE.items():
        asked = spec.get(name)
        if asked is not None and asked != usual.get(name):
            yield from (option, str(asked))
    if spec.get("fallback") == "cpu_time":
        yield "--allow-native"
    elif spec.get("fallback"):
        yield from ("--fallback", str(spec["fallback"]))


def _texts(spec: Mapping[str, Json], name: str) -> list[str]:
    values = spec.get(name)
    return [str(value) for value in values] if isinstance(values, list | tuple) else []
