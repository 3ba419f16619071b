"""The text of a task file made of a function and its tests, and what tests it can hold."""

import ast
from collections.abc import Sequence

__all__ = ["UnfitTest", "fit_test", "task_text"]


class UnfitTest(Exception):
    """Why a test cannot run without pytest, in words."""


_ALWAYS = frozenset({"self", "cls"})

# What pytest and a runner of unittest do for a test, as far as a test without fixtures needs it.
_STAND_INS = """
import builtins
import inspect
import itertools
import math
import re
import types


class _Raises:
    def __init__(self, expected, match=None):
        self.expected, self.match, self.value = expected, match, None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _trace):
        assert kind is not None, f"did not raise {self.expected}"
        self.value = value
        fits = issubclass(kind, self.expected) or kind.__name__ in _names(self.expected)
        assert not fits or self.match is None or re.search(self.match, str(value))
        return fits


def _names(expected):
    return [each.__name__ for each in (expected if isinstance(expected, tuple) else (expected,))]


def _raises(expected, function=None, *args, match=None, **named):
    if function is None:
        return _Raises(expected, match)
    with _Raises(expected, match) as caught:
        function(*args, **named)
    return caught


class _Approx:
    def __init__(self, expected, rel=None, abs=None, nan_ok=False):
        self.expected, self.rel, self.abs, self.nan_ok = expected, 1e-6 if rel is None else rel, abs or 1e-12, nan_ok

    def __eq__(self, answer):
        expected = self.expected
        if isinstance(expected, dict):
            return answer.keys() == expected.keys() and all(self._near(expected[key], answer[key]) for key in expected)
        if isinstance(expected, (list, tuple)):
            return len(answer) == len(expected) and all(map(self._near, expected, answer))
        return self._near(expected, answer)

    def _near(self, expected, answer):
        if expected != expected:
            return self.nan_ok and answer != answer
        return expected == answer or math.isclose(expected, answer, rel_tol=self.rel, abs_tol=self.abs)


class _Marks:
    def parametrize(self, names, rows, **_):
        names = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
        made = [dict(zip(names, row if len(names) > 1 else (row,))) for row in map(_values, rows)]

        def decorate(test):
            test.rows = [{**old, **new} for old, new in itertools.product(getattr(test, "rows", [{}]), made)]
            return test

        return decorate

    def __getattr__(self, _):
        return lambda *args, **named: args[0] if args and callable(args[0]) else lambda test: test


def _values(row):
    return row.values if isinstance(row, types.SimpleNamespace) else row


def _param(*values, **_):
    return types.SimpleNamespace(values=values if len(values) > 1 else values[0])


pytest = types.SimpleNamespace(raises=_raises, approx=_Approx, mark=_Marks(), param=_param)


def _run_test(owner, name):
    if owner is None:
        bound, before, after = globals()[name], None, None
    else:
        case = owner(name) if hasattr(owner, "assertEqual") else owner()
        bound = getattr(case, name)
        before = getattr(case, "setUp", None) or getattr(case, "setup_method", None)
        after = getattr(case, "tearDown", None) or getattr(case, "teardown_method", None)
        if hasattr(owner, "assertEqual"):
            owner.setUpClass()
    for row in getattr(bound, "rows", [{}]):
        if before:
            before()
        bound(**row)
        if after:
            after()
"""

_FORWARD = '''
_RAISED = "the reference raised"
_right = program(REFERENCE, ENTRY_POINT)
_asked = {{}}


def reference(*args):
    """The right answer; an exception becomes a value, as the judge asks for answers again outside of the tests."""
    try:
        return _right(*args)
    except Exception as error:
        return _RAISED, type(error).__name__, str(error)


def {name}(*args, **named):
    """The program that is being judged, called by position: what crosses between guests are argument tuples."""
    bound = inspect.signature(_right).bind(*args, **named)
    if bound.kwargs:
        bound.apply_defaults()  # then what comes behind a gap is in its place
    if bound.kwargs:
        raise TypeError("keyword-only arguments cannot be handed over")
    try:
        answer = _asked["candidate"](*bound.args)
    except Exception as error:
        raise _exception(type(error).__name__, str(error)) from None
    if type(answer) is tuple and answer[:1] == (_RAISED,):
        raise _exception(*answer[1:])
    return answer


def _exception(name, message):
    kind = globals().get(name) or getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        try:
            return kind(message)
        except TypeError:
            pass
    return type(name, (Exception,), {{}})(message)


'''

_CHECK = """

def check_program(candidate):
    _asked["candidate"] = candidate
    for owner, name in TESTS:
        _run_test(globals()[owner] if owner else None, name)
"""


def fit_test(node: ast.FunctionDef) -> str:
    """Why a test cannot run without pytest; empty if it can."""
    given = set()
    for decorator in node.decorator_list:
        text = ast.unparse(decorator)
        if any(word in text for word in ("skip", "xfail", "usefixtures", "asyncio")):
            return f"is marked {text[:60]}"
        if "parametrize" in text and isinstance(decorator, ast.Call) and decorator.args:
            given |= _parameters(decorator.args[0])
    asked = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    fixtures = [name for name in asked if name not in given | _ALWAYS]
    return f"needs the fixture {fixtures[0]}" if fixtures else ""


def _parameters(node: ast.expr) -> set[str]:
    texts = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return {name.strip() for text in texts for name in text.split(",")}


def task_text(
    what: str, function: ast.FunctionDef, reference: str, tests: str, names: Sequence[tuple[str, str]]
) -> str:
    """A whole task file.

    Args:
        what: `module:name` of the function.
        function: its definition.
        reference: a program with it.
        tests: source of its tests.
        names: of each test, (class or empty, function or method).
    """
    future, body = "from __future__ import annotations\n", tests
    head = f'"""Made by perfwise tasks from-repo: {what} with {len(names)} test(s) of its repository."""\n\n'
    if tests.startswith(future):
        body = tests.removeprefix(future)
        head += future + "\n"
    return (
        f"{head}ENTRY_POINT = {function.name!r}\n"
        f"PROMPT = {_prompt(function)!r}\n"
        f"REFERENCE = {reference!r}\n"
        f"TESTS = {list(names)!r}\n"
        f"{_STAND_INS}{_FORWARD.format(name=function.name)}{body.strip()}\n{_CHECK}"
    )


def _prompt(function: ast.FunctionDef) -> str:
    """The signature with its docstring, which a completion continues."""
    told = ast.get_docstring(function, clean=False)
    body: list[ast.stmt] = [ast.Expr(ast.Constant(told)) if told is not None else ast.Pass()]
    shown = ast.FunctionDef(function.name, function.args, body, [], function.returns)
    text = ast.unparse(ast.fix_missing_locations(shown)) + "\n"
    return text if told is not None else text.removesuffix("    pass\n")
