"""A Python repository as syntax trees: its modules, what their names mean, its tests. Nothing of it is run here."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from perfwise.errors import Fault, InvalidInput

__all__ = ["Meaning", "Module", "Repository", "read_repository"]

_SKIPPED = frozenset({"build", "dist", "node_modules", "site-packages", "venv"})
_LARGEST = 1 << 20  # bytes of a file that is worth reading
_HOPS = 10  # of names imported from modules that import them


@dataclass(frozen=True)
class Module:
    """One file.

    Args:
        name: dotted, as it is imported.
        path: relative to the repository.
        text: its source.
        tree: of it.
    """

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Whether pytest would look into it."""
        return self.path.name.startswith("test_") or self.path.name.endswith("_test.py")

    @property
    def package(self) -> str:
        """What its relative imports start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def bound(self) -> dict[str, ast.stmt]:
        """The statement at the top that binds each name, the last one where there are several."""
        return {name: statement for statement in self.tree.body for name in _names(statement)}


@dataclass(frozen=True)
class Meaning:
    """What a name in a module stands for.

    Args:
        kind: `here` (bound by a statement of the repository), `module` (one of the repository's), `library` (of
            Python's own), `foreign` (another package) or `unknown`.
        module: where it is bound, for `here` and `module`.
        name: there; of a foreign or library name the package.
    """

    kind: str
    module: Module | None = None
    name: str = ""


class Repository:
    """Modules by name."""

    def __init__(self, modules: list[Module], unreadable: list[Fault]) -> None:
        self.modules = {module.name: module for module in modules}
        self.unreadable = tuple(unreadable)

    def tests(self) -> list[Module]:
        """The modules that pytest would look into."""
        return [module for module in self.modules.values() if module.is_test]

    def meaning(self, module: Module, name: str, hops: int = _HOPS) -> Meaning:
        """What a name at the top of a module stands for, followed through imports within the repository."""
        statement = module.bound.get(name)
        if statement is None:
            return self._unbound(module, name, hops)
        if isinstance(statement, ast.Import):
            alias = next(one for one in statement.names if (one.asname or one.name.partition(".")[0]) == name)
            return self._package(alias.name if alias.asname else name)
        if not isinstance(statement, ast.ImportFrom):
            return Meaning("here", module, name)
        alias = next(one for one in statement.names if (one.asname or one.name) == name)
        origin = _origin(module, statement)
        source = self.modules.get(origin)
        if source is None or not hops:
            whole = f"{origin}.{alias.name}"
            return self._package(whole if whole in self.modules else origin)
        return self.meaning(source, alias.name, hops - 1)

    def _unbound(self, module: Module, name: str, hops: int) -> Meaning:
        """A name that no statement binds: a module below, or what `from ... import *` brings."""
        below = self.modules.get(f"{module.name}.{name}")
        if below is not None:
            return Meaning("module", below)
        for origin in _starred(module) if hops and not name.startswith("_") else ():
            source = self.modules.get(origin)
            found = Meaning("unknown") if source is None else self.meaning(source, name, hops - 1)
            if found.kind != "unknown":
                return found
        return Meaning("unknown")

    def _package(self, name: str) -> Meaning:
        if name in self.modules:
            return Meaning("module", self.modules[name])
        root = name.partition(".")[0]
        return Meaning("library" if root in sys.stdlib_module_names else "foreign", None, root)


def _starred(module: Module) -> Iterator[str]:
    """Modules that a module imports everything of."""
    for statement in module.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            yield _origin(module, statement)


def _origin(module: Module, statement: ast.ImportFrom) -> str:
    """The module that a `from` import names, relative ones made absolute."""
    if not statement.level:
        return statement.module or ""
    parts = module.package.split(".")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def _names(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds at the top of its module."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or (alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name)
    elif isinstance(statement, (ast.If, ast.Try, ast.With)):
        for inner in ast.iter_child_nodes(statement):
            for each in [inner, *getattr(inner, "body", [])]:
                if isinstance(each, ast.stmt):
                    yield from _names(each)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from _targets(target)


def _targets(target: ast.expr) -> Iterator[str]:
    """Names that an assignment binds; `name.part = ...` binds none."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _targets(part)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value)


def read_repository(root: Path) -> Repository:
    """Every Python file below a folder, without virtual environments and build products.

    Raises: InvalidInput if there is no such folder, or no Python file that can be read.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(str(root), "unreadable-file", "there is no such folder; give a repository's root")])
    modules, faults = [], []
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if any(part.startswith(".") or part in _SKIPPED for part in inside.parts) or path.is_symlink():
            continue
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError(f"larger than {_LARGEST:,} bytes")
            text = path.read_text("utf-8-sig").replace("\r\n", "\n")
            modules.append(Module(_module_name(inside), inside, text, ast.parse(text)))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            faults.append(Fault(str(path), "unreadable-file", f"passed over: {error}"))
    if not modules:
        raise InvalidInput(faults or [Fault(str(root), "no-python", "there is no Python file in it")])
    return Repository(modules, faults)


def _module_name(path: Path) -> str:
    parts = list(path.with_suffix("").parts)
    if parts[0] in ("src", "lib") and len(parts) > 1:
        parts = parts[1:]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts)
