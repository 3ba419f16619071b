"""a pure function that calls itself several times: remembered results."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import pure, stored

__all__ = ["Memo"]


@dataclass(frozen=True)
class Memo:
    """Remember the results of a recursive function in a dict that lives for one outer call.

    Precondition: the function is pure but for its own calls, has plain parameters and no decorator; parameters that are
    handed on unchanged are no part of the key; keys are hashable, which running confirms.

    Source: catalogue pattern 43; functools.cache adds frames of C for each level, a plain dict does not.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(n):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n"
    after: ClassVar[str] = (
        "def f(n):\n"
        "    known = {}\n"
        "\n"
        "    def f_of(n):\n"
        "        key = n\n"
        "        if key in known:\n"
        "            return known[key]\n"
        "        if n < 2:\n"
        "            return n\n"
        "        known[key] = result = f_of(n - 1) + f_of(n - 2)\n"
        "        return result\n"
        "\n"
        "    return f_of(n)\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n",
        ("def f(n):\n    print(n)\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Functions at the top of the module that call themselves at least twice."""
        for node in program.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.decorator_list and program.alone(node):
                text = _remembered(program, node)
                if text is not None:
                    start, end = program.span(node)
                    yield Site(((start, end, text),), "the same arguments give the same result within one call")


def _remembered(program: Program, node: ast.FunctionDef) -> str | None:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and ast.unparse(each.func) == node.name]
    names = [arg.arg for arg in node.args.args]
    plain = not (
        node.args.posonlyargs or node.args.kwonlyargs or node.args.vararg or node.args.kwarg or node.args.defaults
    )
    if len(calls) < 2 or not names or not plain or not _only_itself(program, node, calls, names):
        return None
    start, end = program.span(node)
    text = program.text[start:end]
    if any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and "\n" in each.value for each in _code(node)
    ):
        return None
    key = [name for place, name in enumerate(names) if not _handed_on(node, calls, place, name)]
    if not key:
        return None
    return _text(program, node, calls, key, text)


def _code(node: ast.FunctionDef) -> list[ast.AST]:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return [each for statement in body for each in ast.walk(statement)]


def _only_itself(program: Program, node: ast.FunctionDef, calls: list[ast.Call], names: list[str]) -> bool:
    inner = [
        each
        for each in _code(node)
        if isinstance(
            each,
            ast.FunctionDef
            | ast.Lambda
            | ast.ClassDef
            | ast.Global
            | ast.Nonlocal
            | ast.Yield
            | ast.Await
            | ast.NamedExpr,
        )
    ]
    writes = [
        each
        for each in _code(node)
        if isinstance(each, ast.Subscript | ast.Attribute) and not isinstance(each.ctx, ast.Load)
    ]
    others = [each for each in _code(node) if isinstance(each, ast.Call) and each not in calls]
    straight = all(len(call.args) == len(names) and not call.keywords for call in calls)
    pure_others = all(
        pure(program, ast.Call(each.func, [], []))
        or program.imported(each.func, "math", ast.unparse(each.func).rpartition(".")[2])
        for each in others
    )
    return not inner and not writes and straight and pure_others


def _handed_on(node: ast.FunctionDef, calls: list[ast.Call], place: int, name: str) -> bool:
    kept = all(isinstance(call.args[place], ast.Name) and ast.unparse(call.args[place]) == name for call in calls)
    return kept and name not in stored(*node.body)


def _text(program: Program, node: ast.FunctionDef, calls: list[ast.Call], key: list[str], text: str) -> str:
    known, inner = program.fresh("known"), program.fresh(f"{node.name}_of")
    keyed, result = program.fresh("key"), program.fresh("result")
    start, _ = program.span(node)
    doc = ast.get_docstring(node) is not None and len(node.body) > 1
    first = node.body[1] if doc else node.body[0]
    body_at = program.line_start(first) - start if program.alone(first) else program.span(first)[0] - start
    edits = [(*_shift(program, call.func, start), inner) for call in calls]
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Return)
            and each.value is not None
            and any(call in ast.walk(each.value) for call in calls)
        ):
            begin, until = _shift(program, each, start)
            opened = _shift(program, each.value, start)[0]
            edits.append((begin, opened, f"{known}[{keyed}] = {result} = "))
            pad = "" if program.alone(each) else None
            if pad is None:
                edits.append((until, until, f"; return {result}"))
            else:
                edits.append((until, until, f"\n{program.indent(each)}return {result}"))
    made = text
    for begin, until, new in sorted(edits, reverse=True):
        if begin >= body_at:
            made = made[:begin] + new + made[until:]
    head, body = made[:body_at], made[body_at:]
    pad = program.indent(first) if program.alone(first) else "    "
    if not program.alone(first):
        head, body = head.rstrip() + "\n", pad + body
    lines = [line if not line.strip() else pad + line for line in body.rstrip().split("\n")]
    shown = key[0] if len(key) == 1 else f"({', '.join(key)})"
    names = ", ".join(arg.arg for arg in node.args.args)
    opening = [f"{pad}{known} = {{}}", "", f"{pad}def {inner}({names}):", f"{pad * 2}{keyed} = {shown}"]
    opening += [f"{pad * 2}if {keyed} in {known}:", f"{pad * 3}return {known}[{keyed}]"]
    return head + "\n".join([*opening, *lines, "", f"{pad}return {inner}({names})"])


def _shift(program: Program, node: ast.AST, start: int) -> tuple[int, int]:
    begin, until = program.span(node)
    return begin - start, until - start
