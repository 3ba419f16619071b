"""Programs that behave alike: the same answers on a task's inputs, and the same text but for names and docstrings."""

import ast
import hashlib
import marshal
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import Call

__all__ = ["behaviour_of", "by_behaviour", "normal_form"]

_LARGEST_SORTED = 1 << 20  # bytes of an answer whose sets are put in order; a larger one is taken as it came
_PLAIN = 2  # marshal's last version without references, which would tell equal values apart
_UNORDERED = frozenset(b"<>{")


def behaviour_of(calls: Sequence[Call]) -> str:
    """Digest of everything that a program answered or raised on a task's inputs; empty where it was stopped.

    Sets and dictionaries count as equal in any order, an exception by its type. Programs of one digest have the same
    verdict, and need not have the same cost.

    Source: Real et al., AutoML-Zero, ICML 2020 (functional equivalence checking); Gillard et al., Unified Functional
    Hashing in Automatic Machine Learning, arXiv:2302.05433.
    Differs: all answers on the task's own inputs, in place of losses on a few.
    """
    told = hashlib.sha256()
    for call in calls:
        if call.stopped is not None or (call.answer is None and call.raised is None):
            return ""
        seen = b"E" + call.raised[0].encode("utf-8", "replace") if call.raised else b"V" + _ordered(call.answer or b"")
        told.update(len(seen).to_bytes(8, "little") + seen)
    return told.hexdigest()[:32] if calls else ""


def by_behaviour(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], list[Outcome]]:
    """Outcomes by (task, behaviour) in their order; those that were stopped, or ran elsewhere, are out."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        behaviour = outcome.detail.get("behaviour")
        if isinstance(behaviour, str) and behaviour:
            groups.setdefault((outcome.task, behaviour), []).append(outcome)
    return groups


def normal_form(source: str) -> str:
    """Digest of a Python program that docstrings, annotations of locals, layout and the names of locals do not change.

    Programs of one digest do the same steps, so they may share a cost as well as a verdict. Names that could be reached
    by name are kept: globals, attributes, keyword arguments, and every local of a function that calls `locals`, `vars`,
    `eval` or `exec`. A text that is no Python is its own form.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        text = ast.dump(_Normal().visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = source
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _ordered(answer: bytes) -> bytes:
    if len(answer) > _LARGEST_SORTED or not _UNORDERED.intersection(answer):
        return answer
    value: Any = marshal.loads(answer)  # noqa: S302 - walked when it was handed over
    return marshal.dumps(_sorted(value), _PLAIN)


def _sorted(value: Any) -> Any:
    """The value with its sets and dictionaries as sorted lists under their type's name."""
    if isinstance(value, set | frozenset):
        return (type(value).__name__, sorted(marshal.dumps(_sorted(each), _PLAIN) for each in value))
    if isinstance(value, dict):
        pairs = ((_sorted(key), _sorted(each)) for key, each in value.items())
        return ("dict", sorted(marshal.dumps(pair, _PLAIN) for pair in pairs))
    if isinstance(value, list | tuple):
        return (type(value).__name__, [_sorted(each) for each in value])
    return value


class _Normal(ast.NodeTransformer):
    """Rename the locals of each function in the order in which they come, and drop its docstring."""

    def __init__(self) -> None:
        self._names: list[dict[str, str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self._names.append({} if _is_open(node) else _renamed(node, len(self._names)))
        self.generic_visit(node)
        self._names.pop()
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = next((names[node.id] for names in reversed(self._names) if node.id in names), node.id)
        return node


def _is_open(node: ast.FunctionDef) -> bool:
    """Whether names are looked up by their text, or belong to a scope that is not the function's own."""
    return any(
        (isinstance(each, ast.Name) and each.id in {"locals", "vars", "eval", "exec", "dir"})
        or isinstance(each, ast.Global | ast.Nonlocal | ast.Lambda | ast.ClassDef)
        or (isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each is not node)
        for each in ast.walk(node)
    )


def _renamed(node: ast.FunctionDef, depth: int) -> dict[str, str]:
    """New names of what the function assigns; its parameters keep theirs, since a caller may name them."""
    parameters = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    order = dict.fromkeys(
        each.id
        for statement in node.body
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each.id not in parameters
    )
    return {name: f"local_{depth}_{index}" for index, name in enumerate(order)}
