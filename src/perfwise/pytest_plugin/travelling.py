"""A live function as a program that stands alone: its source, and that of everything in its modules that it uses."""

import ast
import builtins
import inspect
import linecache
import symtable
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from perfwise.errors import InvalidCandidate
from perfwise.pytest_plugin.passing import encoded, is_plain_value

__all__ = ["Program", "program_of"]

_FUTURE = "from __future__ import annotations\n"  # annotations need nothing to travel


@dataclass(frozen=True, slots=True)
class Program:
    """A program that stands alone.

    Args:
        source: its text, in normal form: layout and comments do not matter.
        entry_point: the function to call.
    """

    source: str
    entry_point: str


def program_of(function: Callable[..., object]) -> Program:
    """The function with all that it uses from its modules, as one program.

    What travels: functions and classes with source (also those imported from your own modules by name), imports from
    the standard library, constants that are plain data, other module-level names by the statement that assigns them,
    and captured variables that are plain data or functions.

    Raises: InvalidCandidate with the code `no-source` (built-in, lambda, typed into a shell), `not-a-function` (bound
        method, class, generator, coroutine), `foreign-module` (a module beyond the standard library, used as such),
        `live-object` (an object that no source says how to make) or `name-collision`.
    """
    plain_function = inspect.unwrap(function)
    shown = getattr(function, "__qualname__", repr(function))
    if not isinstance(plain_function, types.FunctionType):
        code = "no-source" if isinstance(function, types.BuiltinFunctionType) else "not-a-function"
        _refuse(code, f"{shown} is a {type(function).__name__}; wanted a function written in Python (def)")
    if inspect.isgeneratorfunction(plain_function) or inspect.iscoroutinefunction(plain_function):
        _refuse(
            "not-a-function", f"calling {shown} only makes a generator or coroutine; measure a function that uses it"
        )
    packing = _Packing()
    packing.add_function(plain_function.__name__, plain_function)
    return Program(_FUTURE + "\n".join(packing.statements) + "\n", plain_function.__name__)


def _refuse(code: str, message: str) -> NoReturn:
    raise InvalidCandidate(message, code=code)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where names are looked up: the file's statements, and the live values of a module and of captured variables."""

    module: ast.Module
    names: Mapping[str, object]


@dataclass(slots=True)
class _Packing:
    """The statements so far, dependencies first, and what each name stands for."""

    statements: list[str] = field(default_factory=list)
    known: dict[str, object] = field(default_factory=dict)

    def add_function(self, name: str, function: types.FunctionType) -> None:
        if function.__name__ == "<lambda>":
            _refuse("no-source", f"{name} is a lambda; give it a name with def, so that its source can be found")
        if not self._is_new(function.__name__, function):
            self._alias(name, function.__name__)
            return
        module = _parsed(function.__code__.co_filename, function.__qualname__)
        node = _definition(module, function)
        self._add_definition(node, _Place(module, {**function.__globals__, **_captured(function)}))
        self._alias(name, function.__name__)

    def _add_class(self, name: str, kind: type) -> None:
        if not self._is_new(kind.__name__, kind):
            self._alias(name, kind.__name__)
            return
        home = sys.modules.get(kind.__module__)
        module = _parsed(getattr(home, "__file__", None) or "", kind.__qualname__)
        node = next(
            (each for each in module.body if isinstance(each, ast.ClassDef) and each.name == kind.__name__), None
        )
        if node is None:
            _refuse("no-source", f"the class {kind.__qualname__} is not at the top level of its module; move it there")
        self._add_definition(node, _Place(module, vars(home)))
        self._alias(name, kind.__name__)

    def _add_definition(self, node: ast.stmt, place: _Place) -> None:
        text = ast.unparse(node)
        for wanted in _wanted_names(text):
            self._add_name(wanted, place)
        self.statements.append(text)

    def _add_name(self, name: str, place: _Place) -> None:
        if name not in place.names:
            return  # a built-in, or a NameError as it is here
        value = place.names[name]
        imported = _import_of(name, place.module)
        if imported is not None and _is_standard(imported):
            self._add_text(name, ast.unparse(imported))
        elif isinstance(value, types.ModuleType):
            _refuse(
                "foreign-module",
                f"{name} is the module {value.__name__}; the sandbox has the standard library only. From a module of"
                " your own, import the functions by name (`from ... import ...`): their source travels",
            )
        elif is_plain_value(value):
            self._add_text(name, f"{name} = __import__('marshal').loads({encoded(value, name)!r})")
        elif isinstance(value, type):
            self._add_class(name, value)
        elif isinstance(function := inspect.unwrap(value) if callable(value) else value, types.FunctionType):
            self.add_function(name, function)
        else:
            self._add_assignment(name, value, place)

    def _add_assignment(self, name: str, value: object, place: _Place) -> None:
        statement = next((each for each in place.module.body if _assigns(each, name)), None)
        if statement is None:
            _refuse(
                "live-object",
                f"{name} is a {type(value).__qualname__} that no statement of its module makes; the sandbox gets source"
                " and plain data only. Pass plain data as an argument, or make the object inside the function",
            )
        if self._is_new(name, value):
            self._add_definition(statement, place)

    def _add_text(self, name: str, text: str) -> None:
        if self._is_new(name, text):
            self.statements.append(text)

    def _alias(self, name: str, original: str) -> None:
        if name != original:
            self._add_text(name, f"{name} = {original}")

    def _is_new(self, name: str, meaning: object) -> bool:
        if name not in self.known:
            self.known[name] = meaning
            return True
        if self.known[name] is not meaning and self.known[name] != meaning:
            _refuse("name-collision", f"two things are called {name} in the modules used; rename one of them")
        return False


def _parsed(filename: str, shown: str) -> ast.Module:
    linecache.checkcache(filename)
    text = "".join(linecache.getlines(filename))
    if not text:
        _refuse("no-source", f"the source of {shown} is not there; it must stand in a file")
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise InvalidCandidate(f"{filename} changed since it was imported: {error}", code="no-source") from error


def _definition(module: ast.Module, function: types.FunctionType) -> ast.FunctionDef:
    """By name and line: cutting lines out of the file would fall over texts of several lines."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == function.__code__.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return node
    _refuse(
        "no-source", f"the source of {function.__qualname__} is not where it was imported from; has the file changed?"
    )


def _captured(function: types.FunctionType) -> dict[str, object]:
    captured: dict[str, object] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            captured[name] = cell.cell_contents
        except ValueError:
            continue  # not assigned yet
    return captured


def _wanted_names(text: str) -> list[str]:
    """Names that a statement takes from its module, sorted; built-ins are among them."""
    top = symtable.symtable(_FUTURE + text, "<travelling>", "exec")
    wanted = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced() and not symbol.is_assigned()}
    for table in _inner(top):
        wanted |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return sorted(name for name in wanted if not (name.startswith("__") and name.endswith("__")))


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner(child)


def _import_of(name: str, module: ast.Module) -> ast.Import | ast.ImportFrom | None:
    """The import anywhere in the file that binds the name, cut down to it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) == name:
                    if isinstance(node, ast.Import):
                        return ast.Import([alias])
                    return ast.ImportFrom(node.module, [alias], node.level)
    return None


def _is_standard(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom) and node.level:
        return False
    root = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
    return root.partition(".")[0] in sys.stdlib_module_names or root == builtins.__name__


def _assigns(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
