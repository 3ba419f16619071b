"""A function cut out of a repository with everything it needs, as one text."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from perfwise.programs.repository import Meaning, Module, Repository

__all__ = ["CannotCut", "cut"]


class CannotCut(Exception):
    """Why something cannot stand alone, in words."""


@dataclass
class _Cutting:
    """What was taken so far.

    Args:
        repository: to take from.
        given: names that stand for a thing of the repository from outside; they are not taken.
        allowed: packages for which something stands in, under their names.
    """

    repository: Repository
    given: dict[str, str]
    allowed: frozenset[str]
    owners: dict[str, str] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def take(self, module: Module, name: str) -> None:
        """Take what a name of a module stands for, what it needs first."""
        meaning = self.repository.meaning(module, name)
        if meaning.kind == "here" and meaning.module is not None:
            self._take_here(meaning.module, meaning.name)
            if meaning.name != name:
                self._add(f"{module.name}:{name}", name, f"{name} = {meaning.name}")
        elif meaning.kind == "library":
            text = ast.unparse(_import(module, name))
            self._add(text, name, text)
        elif meaning.kind == "foreign" and meaning.name in self.allowed:
            self._stand_in(module, name, meaning.name)
        elif meaning.kind == "foreign":
            raise CannotCut(f"needs the package {meaning.name}, which the sandbox does not have")
        elif meaning.kind == "module":
            raise CannotCut(f"uses the module {name} as a whole")

    def _stand_in(self, module: Module, name: str, package: str) -> None:
        """The package is there under its own name; what is imported from it is an attribute."""
        statement = _import(module, name)
        source = package
        if isinstance(statement, ast.ImportFrom):
            source = f"{package}.{statement.names[0].name}"
        if source != name:
            self._add(f"{name} = {source}", name, f"{name} = {source}")

    def _take_here(self, module: Module, name: str) -> None:
        key = f"{module.name}:{name}"
        if self.given.get(name) == key:
            return
        statement = module.bound[name]
        self._own(name, key)
        if id(statement) in self.taken:
            return
        self.taken.add(id(statement))
        text = self.text_of(module, statement)
        self.pieces.append(text)

    def text_of(self, module: Module, statement: ast.stmt) -> str:
        """The statement's text, after what it needs was taken; `module.name` of the repository becomes `name`."""
        flat = _Flat(self, module)
        changed = flat.visit(ast.parse(_segment(module, statement)))
        for name in dict.fromkeys(node.id for node in ast.walk(changed) if isinstance(node, ast.Name)):
            known = name in module.bound or self.repository.meaning(module, name).kind == "here"
            if known and name not in flat.modules:
                self.take(module, name)
        return ast.unparse(changed) if flat.modules else _segment(module, statement)

    def _add(self, key: str, name: str, text: str) -> None:
        if self.owners.get(name) != key:
            self._own(name, key)
            self.pieces.append(text)

    def _own(self, name: str, key: str) -> None:
        if self.owners.setdefault(name, key) != key:
            raise CannotCut(f"needs two different things that are named {name}")


class _Flat(ast.NodeTransformer):
    """Turns `module.name`, where the module is the repository's, into `name`, and takes that."""

    def __init__(self, cutting: _Cutting, module: Module) -> None:
        self._cutting, self._module = cutting, module
        self.modules: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        meaning = self._module_of(node.value)
        if meaning is None or meaning.module is None:
            return self.generic_visit(node)
        self.modules |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        self._cutting.take(meaning.module, node.attr)
        return ast.copy_location(ast.Name(node.attr, node.ctx), node)

    def _module_of(self, node: ast.expr) -> Meaning | None:
        if isinstance(node, ast.Name) and node.id in self._module.bound:
            found = self._cutting.repository.meaning(self._module, node.id)
            return found if found.kind == "module" else None
        if isinstance(node, ast.Attribute):
            above = self._module_of(node.value)
            if above is not None and above.module is not None:
                found = self._cutting.repository.meaning(above.module, node.attr)
                return found if found.kind == "module" else None
        return None


def cut(
    repository: Repository,
    module: Module,
    names: Iterable[str],
    given: dict[str, str] | None = None,
    allowed: Iterable[str] = (),
) -> str:
    """The source of names of a module and of all that they need, what is needed first.

    Args:
        repository: that it is taken from.
        module: that binds the names.
        names: to take.
        given: name -> `module:name` of what will be there and is not taken.
        allowed: packages for which something stands in, under their names.
    Raises: CannotCut for packages that the sandbox does not have, modules used as a whole, names that collide.
    """
    cutting = _Cutting(repository, dict(given or {}), frozenset(allowed))
    cutting.owners |= cutting.given
    for name in names:
        cutting.take(module, name)
    future = "from __future__ import annotations\n\n" if "annotations" in module.bound else ""
    body = "\n\n\n".join(piece for piece in cutting.pieces if "__future__" not in piece)
    return f"{future}{body}\n"


def _segment(module: Module, statement: ast.stmt) -> str:
    lines = module.text.split("\n")
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])
    return "\n".join(lines[first - 1 : statement.end_lineno])


def _import(module: Module, name: str) -> ast.stmt:
    """An import of the one name."""
    statement = module.bound[name]
    if isinstance(statement, ast.ImportFrom):
        alias = next(one for one in statement.names if (one.asname or one.name) == name)
        return ast.ImportFrom(statement.module, [alias], statement.level)
    assert isinstance(statement, ast.Import)
    aliases = [one for one in statement.names if (one.asname or one.name.partition(".")[0]) == name]
    return ast.Import(aliases)
