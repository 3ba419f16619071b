"""Tests that a program file brings along: doctests and asserts; or, without any, inputs made from annotations."""

import ast
import doctest
from collections.abc import Iterator
from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.programs.contracts import ProgramTask

__all__ = ["FileTask", "task_of_file"]

_SCRIPT = """
import ast

TESTS = [(ast.literal_eval(given), ast.literal_eval(wanted)) for given, wanted in DATA["examples"]]


def inputs():
    return [given for given, _ in TESTS]


def check(args, answer):
    for given, wanted in TESTS:
        if same(given, args):
            return same(wanted, answer, 1e-9)
    return True
"""

_UNTESTED = """
import ast


def inputs():
    return [ast.literal_eval(given) for given in DATA["inputs"]]


def check(args, answer):
    return True
"""

# Some values of a type, small and plain, from which mutations start.
_VALUES = {
    "int": ("7", "0", "12", "30"),
    "float": ("2.5", "0.0", "-1.5", "8.0"),
    "bool": ("True", "False", "True", "False"),
    "str": ("'hello'", "''", "'A man, a plan'", "'abcabc'"),
}


@dataclass(frozen=True, slots=True)
class FileTask:
    """A task made of a program file alone.

    Args:
        task: with its inputs.
        tested: whether somebody said what is right; if not, candidates are only compared with the original.
        told: where the inputs come from, for people.
    """

    task: ProgramTask
    tested: bool
    told: str


def task_of_file(name: str, source: str, entry_point: str = "") -> FileTask:
    """The task that a file's own doctests, asserts or annotations make.

    Args:
        name: of the task.
        source: the program; it must parse.
        entry_point: the function; empty: the one that most examples call, else the last of the file.
    Raises: InvalidOption if there is nothing to try it on, saying what would help.
    """
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = [*_doctests(source, tree), *_asserts(tree)]
    found = [one for one in found if one[0] in functions]
    chosen = entry_point or _most(found) or _last(functions)
    if chosen not in functions:
        there = ", ".join(functions) or "none"
        raise InvalidOption(f"{name} defines no function {chosen!r}; its functions are: {there}")
    examples = [[given, wanted] for called, given, wanted in found if called == chosen]
    if examples:
        task = ProgramTask(name, _SCRIPT, chosen, data={"examples": examples})
        return FileTask(task, True, f"{len(examples)} example(s) in the file")
    inputs = _annotated(functions[chosen])
    if inputs is None:
        raise InvalidOption(
            f"{name} brings no test of {chosen}: nothing can be verified but that a candidate parses. Name a task file "
            "with --tasks (docs/task-files.md), or write an example into its docstring (>>> f(1)), an assert "
            "(assert f(1) == 2), or annotations of plain types (def f(xs: list[int])), from which inputs can be made"
        )
    task = ProgramTask(name, _UNTESTED, chosen, data={"inputs": list(inputs)})
    return FileTask(task, False, "inputs made from its annotations; nobody said what is right on them")


def _doctests(source: str, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """(function, arguments, result) of examples that are one call with plain arguments and a plain result."""
    del source
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)]
    for node in nodes:
        text = ast.get_docstring(node)
        try:
            examples = doctest.DocTestParser().get_examples(text or "")
        except ValueError:
            continue
        for example in examples:
            call = _call(example.source)
            if call is not None and _is_plain(example.want):
                yield (*call, example.want.strip())


def _asserts(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1):
            continue
        if isinstance(node.test.ops[0], ast.Eq | ast.Is):
            left, right = ast.unparse(node.test.left), ast.unparse(node.test.comparators[0])
            call = _call(left)
            if call is not None and _is_plain(right):
                yield (*call, right)


def _call(text: str) -> tuple[str, str] | None:
    """Function and arguments, as the text of a tuple."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords):
        return None
    given = f"({''.join(ast.unparse(each) + ', ' for each in node.args)})"
    return (node.func.id, given) if _is_plain(given) else None


def _is_plain(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _most(found: list[tuple[str, str, str]]) -> str:
    names = [called for called, _, _ in found]
    return max(dict.fromkeys(names), key=names.count, default="")


def _last(functions: dict[str, ast.FunctionDef]) -> str:
    return next(reversed(functions), "")


def _annotated(node: ast.FunctionDef) -> tuple[str, ...] | None:
    """Argument tuples as texts, where every parameter has an annotation that is known."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    columns = [_values(each.annotation) for each in parameters]
    if not columns or node.args.kwonlyargs or any(each is None for each in columns):
        return None
    known = [each for each in columns if each is not None]
    return tuple(f"({', '.join(each[place] for each in known)},)" for place in range(4))


def _values(annotation: ast.expr | None) -> tuple[str, ...] | None:  # noqa: PLR0911 - a case a type
    match annotation:
        case ast.Name(id=name) if name in _VALUES:
            return _VALUES[name]
        case ast.Name(id="list" | "List"):
            return _values(ast.parse("list[int]", mode="eval").body)
        case ast.Name(id="dict" | "Dict"):
            return _values(ast.parse("dict[str, int]", mode="eval").body)
        case ast.Subscript(value=ast.Name(id="list" | "List"), slice=inner):
            items = _values(inner)
            return None if items is None else tuple(f"[{', '.join(_turned(items, n)[: 4 - n])}]" for n in range(4))
        case ast.Subscript(value=ast.Name(id="set" | "Set"), slice=inner):
            items = _values(inner)
            return (
                None if items is None else tuple(f"{{{', '.join(_turned(items, n)[: 3 - n % 3])}}}" for n in range(4))
            )
        case ast.Subscript(value=ast.Name(id="tuple" | "Tuple"), slice=ast.Tuple(elts=elts)):
            parts = [_values(each) for each in elts]
            known = [each for each in parts if each is not None]
            if len(known) < len(parts):
                return None
            return tuple(f"({', '.join(each[n] for each in known)},)" for n in range(4))
        case ast.Subscript(value=ast.Name(id="dict" | "Dict"), slice=ast.Tuple(elts=[key, value])):
            keys, values = _values(key), _values(value)
            if keys is None or values is None:
                return None
            return tuple(f"{{{keys[n]}: {values[n]}, {keys[(n + 1) % 4]}: {values[(n + 1) % 4]}}}" for n in range(4))
    return None


def _turned(items: tuple[str, ...], by: int) -> tuple[str, ...]:
    return items[by:] + items[:by]
