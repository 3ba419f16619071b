"""EvalPlus and EvalPerf: many inputs for HumanEval and MBPP, judged against the canonical solution."""

import json
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.task import REFERENCE
from perfwise.kit.textfiles import Faults, Record, first_record, json_records
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._mbpp_types import argument_types
from perfwise.programs.suites._tasks import QUIET, Tasks

__all__ = ["EvalPlus"]

_SCRIPT = (
    QUIET
    + '''\
import json
import math

reference = program(REFERENCE, ENTRY_POINT)


def deep_tuple(value):
    return tuple(map(deep_tuple, value)) if isinstance(value, list) else value


def shallow_tuple(value):
    return tuple(value) if isinstance(value, list) else value


CONVERT = {
    "as is": lambda value: value,
    "tuple": tuple,
    "list of tuples": lambda value: list(map(tuple, value)),
    "tuple of tuples": lambda value: tuple(map(shallow_tuple, value)),
    "dict of tuples": lambda value: {key: tuple(each) for key, each in value.items()},
    "list of sets": lambda value: [set(each) if each and isinstance(each, list) else {} for each in value],
    "tuples all the way": deep_tuple,
    "float": float,
    "complex": complex,
}


def arguments(values):
    types = DATA["types"]
    return tuple(CONVERT[types[min(i, len(types) - 1)]](value) for i, value in enumerate(values))


def cases():
    for name in ("base_input", "plus_input", "pe_input"):
        for values in json.loads(DATA[name]):
            yield Case(arguments(values), stress=name == "pe_input")


def near(expected, answer, tolerance):
    """Equal as Python's == has it (1 == 1.0 == True), floats within the tolerance."""
    if expected == answer:
        return True
    if not tolerance or isinstance(expected, (str, bytes)):
        return False
    if isinstance(expected, (list, tuple)):
        alike = type(answer) is type(expected) and len(answer) == len(expected)
        return alike and all(near(e, a, tolerance) for e, a in zip(expected, answer))
    if not (isinstance(expected, (int, float, complex)) and isinstance(answer, (int, float, complex))):
        return False
    both_nan = expected != expected and answer != answer
    return both_nan or abs(expected - answer) <= tolerance + 1e-7 * abs(expected)


def is_floats(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(each, float) for each in value)
    return isinstance(value, float)


def digit_distance(first, second):
    texts = str(first), str(second)
    width = max(map(len, texts))
    return sum(abs(int(a) - int(b)) for a, b in zip(*(text.zfill(width) for text in texts)))


def surface_of_pyramid(edge, height):
    return round(edge * edge + 2 * edge * math.hypot(edge / 2, height))


# Tasks whose text leaves more than one answer right.
ANY_ORDER = {"similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
             "intersection_array", "find_dissimilar", "Diff"}
FOUND_OR_NOT = {"check_str", "text_match_three", "text_starta_endb"}
OTHERWISE = {
    "are_equivalent": lambda args, answer, atol: True,
    "sum_div": lambda args, answer, atol: answer == 0,
    "digit_distance_nums": lambda args, answer, atol: answer == digit_distance(*args),
    "surface_Area": lambda args, answer, atol: abs(answer - surface_of_pyramid(*args)) <= atol,
    "find_zero": lambda args, answer, atol: abs(sum(c * answer**i for i, c in enumerate(args[0]))) <= atol,
}


def check(args, answer, expected):
    atol = DATA["atol"]
    if ENTRY_POINT in FOUND_OR_NOT:
        found = answer if isinstance(answer, bool) else answer is not None
        return found == (expected if isinstance(expected, bool) else expected is not None)
    if ENTRY_POINT in ANY_ORDER and set(answer) == set(expected):
        return True
    if near(expected, answer, atol or (1e-6 if is_floats(expected) else 0)):
        return True
    return ENTRY_POINT in OTHERWISE and OTHERWISE[ENTRY_POINT](args, answer, atol)
'''
)


@dataclass(frozen=True)
class EvalPlus:
    """EvalPlus' jsonl (HumanEval+, MBPP+) and EvalPerf's rows, which may be joined in one row.

    Expected answers are the canonical solution's, under EvalPlus' equality, with its exceptions for the tasks whose
    text leaves several answers right. EvalPerf's `pe_input` is a stress input, and its `reference` programs come with
    their `scores`; a row that has no other inputs is judged on that one alone.

    Source: Liu et al., NeurIPS 2023, arXiv:2305.01210 and COLM 2024, arXiv:2408.06450; evalplus/evalplus v0.3.1.
    Differs: an answer within tolerance may differ in number type deep inside a list; no clock limits a test.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the first record has EvalPlus' or EvalPerf's inputs."""
        fields = first_record(path).keys() if path.is_file() else set[str]()
        return "task_id" in fields and ("base_input" in fields or "pe_input" in fields)

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for record in json_records(path, faults):
            tasks.add(record.where, _task(record))
        return tasks.all()


def _task(record: Record) -> ProgramTask:
    task_id = record.text("task_id").replace("_", "/")
    references = _references(record, task_id)
    prompt = record.text("prompt", "")
    reference = references[-1].source if references else prompt + record.text("canonical_solution")
    inputs = {name: json.dumps(values) for name, values in _inputs(record).items()}
    return ProgramTask(
        id=task_id,
        script=_SCRIPT,
        entry_point=record.text("entry_point"),
        prompt=prompt,
        reference=reference,
        data={**inputs, "atol": record.number("atol", 0.0), "types": argument_types(task_id)},
        references=references or (ProgramCandidate("canonical", REFERENCE, task_id, reference),),
    )


def _inputs(record: Record) -> dict[str, list[object]]:
    """Lists of argument lists, by name; at least one must be there, and none may hold anything else."""
    # MBPP+ v0.2.0 has {} for the empty list of one task.
    inputs = {n: record.items(n, []) if record.fields.get(n) != {} else [] for n in ("base_input", "plus_input")}
    inputs["pe_input"] = _stress_inputs(record)
    if not any(inputs.values()):
        record.add("missing-field", "there are no inputs: base_input, plus_input and pe_input are empty or missing")
    for name, values in inputs.items():
        for position, value in enumerate(values):
            if not isinstance(value, list):
                record.add("wrong-type", f"{name}[{position}] must be a list of arguments")
    return inputs


def _stress_inputs(record: Record) -> list[object]:
    """EvalPerf keeps its input as JSON text in JSON."""
    if "pe_input" not in record or isinstance(record.fields["pe_input"], list):
        return record.items("pe_input", [])
    try:
        value = json.loads(record.text("pe_input"))
    except ValueError as error:
        record.add("malformed-json", f"pe_input is not JSON: {error}")
        return []
    return value if isinstance(value, list) else [value]


def _references(record: Record, task_id: str) -> tuple[ProgramCandidate, ...]:
    """EvalPerf's programs, slow to fast, with their scores."""
    if "reference" not in record:
        return ()
    programs, scores = record.texts("reference"), record.items("scores")
    if len(programs) != len(scores) or not all(isinstance(score, (int, float)) for score in scores):
        record.add("wrong-type", f"{len(programs)} references want as many numbers in scores, not {scores!r}")
    return tuple(
        ProgramCandidate(str(position), REFERENCE, task_id, source, {"score": score})
        for position, (source, score) in enumerate(zip(programs, scores, strict=False))
    )
