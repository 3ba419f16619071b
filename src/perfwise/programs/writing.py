"""Found inputs put into a task: lines of its script, short enough to read, that make them again."""

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from perfwise.programs.contracts import FoundInput, ProgramTask

__all__ = ["as_program", "defines", "found_block", "only_counted", "only_found", "with_found", "without_block"]

_BEGIN = "# perfwise stress: inputs found by a search; running it again replaces everything from here to the last line."
_END = "# perfwise stress: end"

_ADDED = """

{begin}
def _found_inputs():
    import random

{yields}

def _with_found(own):
    def every_case():
        made = own() if callable(own) else own or ()
        {own}
        for arguments in _found_inputs():
            yield {case}

    return every_case


{name} = _with_found(globals().get("{name}"))
{end}
"""
_GATE = """for case in made:
            if getattr(case, "level", 0) > 0:
                break
            yield case"""
_ONLY = """

def cases():
    import random

{generate}{yields}

inputs = stress = check_program = None
"""


_COUNTED = """

# perfwise tasks make: of the inputs that are made to cost, this one alone is left.
def _recorded_arguments(check, answer):
    import copy
    import random

    made = []

    def record(*args):
        made.append(copy.deepcopy(args))
        return answer(*args)

    random.seed(0)
    if check is not None:
        check(record)
    return made


def _with_one_counted(lists, check, wanted):
    def every_case():
        recorded = _recorded_arguments(check, globals().get("reference"))
        if wanted < len(recorded):
            yield Case(recorded[wanted], stress=True)
        number = len(recorded)
        for stress, own in lists:
            for case in own() if callable(own) else own or ():
                case = case if isinstance(case, Case) else Case(case, stress=stress)
                if number == wanted or not case.stress:
                    yield Case(case.args, case.level, number == wanted)
                number += 1

    return every_case


cases = _with_one_counted(
    [(name == "stress", globals().get(name)) for name in ("cases", "inputs", "stress")],
    globals().get("check_program"),
    {case},
)
inputs = stress = ()
"""


def found_block(task: ProgramTask, found: Sequence[FoundInput]) -> str:
    """Text to append to a task's script: its cases, and then the found inputs as those that are counted."""
    has_cases = defines(task.script, "cases")
    name, case = ("cases", "Case(arguments, stress=True)") if has_cases else ("stress", "arguments")
    # Where a suite cuts cases at a ratio, those above level 0 are there to cost; the found ones take their place.
    own = "yield from made" if task.case_limit_ratio is None else _GATE
    return _ADDED.format(begin=_BEGIN, end=_END, yields=_yields(found), name=name, case=case, own=own)


def with_found(task: ProgramTask, found: Sequence[FoundInput]) -> ProgramTask:
    """The task with the found inputs as further stress inputs. Its cases are no longer cut at a ratio."""
    task = replace(task, script=without_block(task.script))
    if not found:
        return task
    script = task.script.rstrip("\n") + "\n" + found_block(task, found)
    return replace(task, script=script, case_limit_ratio=None)


def only_counted(task: ProgramTask, case: int) -> ProgramTask:
    """The task with one of its cases as the only one that is counted. Other stress inputs go, tests stay."""
    return replace(task, script=f"{task.script.rstrip()}\n{_COUNTED.format(case=case)}", case_limit_ratio=None)


def only_found(task: ProgramTask, found: Sequence[FoundInput], generator: str = "") -> ProgramTask:
    """The task with nothing but the found inputs as its cases, to judge answers by."""
    defined = defines(task.script, "generate")
    generate = "" if defined or not generator else f"    generate = namespace({generator!r})['generate']\n"
    return replace(task, script=task.script + _ONLY.format(generate=generate, yields=_yields(found)))


def without_block(script: str) -> str:
    """A script as it was before inputs were put into it."""
    return re.sub(rf"\n*{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n?", "\n", script, flags=re.DOTALL)


def _yields(found: Sequence[FoundInput]) -> str:
    lines = [f"    random.seed({one.seed})\n    yield {one.expression}\n" for one in found]
    return "".join(lines) or "    yield from ()\n"


def as_program(task: ProgramTask) -> str:
    """The task's script as a program of its own, with the names that a judge would give it."""
    ready = (Path(__file__).parent / "guest" / "app" / "script.py").read_text("utf-8")
    names = {"ENTRY_POINT": task.entry_point, "PROMPT": task.prompt, "REFERENCE": task.reference, "DATA": task.data}
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    return f"{ready}\n{given}\n{task.script}"


def defines(script: str, name: str) -> bool:
    """Whether a script defines the name at its top."""
    body = ast.parse(script).body
    functions = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    assigned = (target for each in body if isinstance(each, ast.Assign) for target in each.targets)
    return name in functions | {target.id for target in assigned if isinstance(target, ast.Name)}
