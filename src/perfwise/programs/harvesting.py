"""Function tasks out of a repository: the functions that its tests call, cut out, with these tests as what is right."""

import ast
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.study import Progress
from perfwise.errors import Fault, InvalidInput
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.cutting import CannotCut, cut
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.harvested import UnfitTest, fit_test, task_text
from perfwise.programs.repository import Module, Repository, read_repository
from perfwise.programs.suites.taskfile import TaskFile

__all__ = ["Harvest", "LeftOut", "Made", "harvest"]

_ONE_BY_ONE = 60  # tests of one function that are tried alone; each takes an instance of the guest
_NOT_PLAIN = ("unmarshallable object", "cannot pickle", "got Ellipsis", " Ellipsis)", "keyword-only arguments")
_STOOD_IN_FOR = ("pytest",)  # what stands in for it comes with a task


@dataclass(frozen=True, slots=True)
class Made:
    """One task file.

    Args:
        name: of the file, without `.py`.
        text: of it.
        function: `module:name` of the function.
        tests: how many of the repository's tests decide what is right.
    """

    name: str
    text: str
    function: str
    tests: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What gave no task, and why.

    Args:
        what: `module:name` of a function, `file:test` of a test, or a file.
        why: in words.
    """

    what: str
    why: str


@dataclass(frozen=True)
class Harvest:
    """What a repository gave.

    Args:
        made: task files.
        left_out: functions, tests and files that gave none.
        tests: how many tests there are.
    """

    made: tuple[Made, ...]
    left_out: tuple[LeftOut, ...]
    tests: int


@dataclass(frozen=True)
class _Test:
    """A test function, or a method of a test class; `calls` are the functions of the repository that it names."""

    module: Module
    name: str
    node: ast.FunctionDef
    owner: str
    calls: tuple[tuple[Module, str], ...]


def harvest(root: Path, engine: ProgramEngine, *, progress: Progress | None = None) -> Harvest:
    """Make a task of each function at the top of a module that tests call.

    Nothing of the repository runs here: texts are cut by their syntax trees, and tried in the sandbox. A task is made
    if the function, cut out with what it needs, passes its tests there, and a stub that returns None does not.

    Args:
        root: of the repository.
        engine: tries them.
        progress: called with the functions that are done and all of them.
    Raises: InvalidInput if the folder cannot be read or has no tests.
    Source: Zhu et al., "DOMAINEVAL: An Auto-Constructed Benchmark for Multi-Domain Code Generation", AAAI 2025,
        arXiv:2408.13204.
    Differs: functions at the top of modules only; no model writes the instruction, the docstring is it.
    """
    repository = read_repository(root)
    left_out = [LeftOut(fault.where, fault.message) for fault in repository.unreadable]
    found = [test for module in repository.tests() for test in _tests(repository, module)]
    if not found:
        told = "no test was found: functions test_... or classes Test... in files test_*.py or *_test.py"
        raise InvalidInput([Fault(str(root), "no-tests", told)])
    groups: dict[tuple[str, str], list[_Test]] = {}
    for test in found:
        why = fit_test(test.node)
        if why:
            left_out.append(LeftOut(f"{test.module.path}:{test.name}", why))
            continue
        for module, name in test.calls:
            groups.setdefault((module.name, name), []).append(test)
    made: list[Made] = []
    for number, ((module_name, name), tests) in enumerate(sorted(groups.items()), 1):
        result = _task(repository, repository.modules[module_name], name, tests, engine)
        (made if isinstance(result, Made) else left_out).append(result)  # type: ignore[arg-type]
        if progress is not None:
            progress(number, len(groups))
    return Harvest(tuple(made), tuple(left_out), len(found))


def _tests(repository: Repository, module: Module) -> Iterator[_Test]:
    for statement in module.tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test"):
            yield _Test(module, statement.name, statement, "", tuple(_called(repository, module, [statement])))
        elif isinstance(statement, ast.ClassDef) and _is_test_class(statement):
            methods = [each for each in statement.body if isinstance(each, ast.FunctionDef)]
            set_up = [each for each in methods if not each.name.startswith("test")]
            for each in methods:
                if each.name.startswith("test"):
                    calls = tuple(_called(repository, module, [each, *set_up]))
                    yield _Test(module, f"{statement.name}.{each.name}", each, statement.name, calls)


def _is_test_class(statement: ast.ClassDef) -> bool:
    return statement.name.startswith("Test") or any("TestCase" in ast.unparse(base) for base in statement.bases)


def _called(repository: Repository, module: Module, nodes: Iterable[ast.AST]) -> Iterator[tuple[Module, str]]:
    """Functions at the top of the repository's modules, outside of its tests, that are called in the nodes."""
    seen = set()
    for call in (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Call)):
        found = _function(repository, module, call.func)
        if found is not None and (found[0].name, found[1]) not in seen:
            seen.add((found[0].name, found[1]))
            yield found


def _function(repository: Repository, module: Module, node: ast.expr) -> tuple[Module, str] | None:
    if isinstance(node, ast.Name):
        home, name = module, node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        above = repository.meaning(module, node.value.id)
        if above.kind != "module" or above.module is None:
            return None
        home, name = above.module, node.attr
    else:
        return None
    meaning = repository.meaning(home, name)
    if meaning.kind != "here" or meaning.module is None or meaning.module.is_test:
        return None
    is_function = isinstance(meaning.module.bound[meaning.name], ast.FunctionDef)
    return (meaning.module, meaning.name) if is_function else None


def _task(
    repository: Repository, module: Module, name: str, tests: Sequence[_Test], engine: ProgramEngine
) -> Made | LeftOut:
    """The task of one function, tried."""
    what = f"{module.name}:{name}"
    try:
        reference = cut(repository, module, [name])
        test_text, names, dropped = _cut_tests(repository, module, name, tests)
    except CannotCut as why:
        return LeftOut(what, str(why))
    if not names:
        return LeftOut(what, dropped)
    node = module.bound[name]
    assert isinstance(node, ast.FunctionDef)
    draft = _Draft(what, f"{module.name.replace('.', '__')}__{name}", node, reference, test_text)
    return draft.tried(names, engine)


@dataclass(frozen=True)
class _Draft:
    """A task of which it is not known yet whether it holds, and with which of its tests.

    Args:
        what: `module:name` of the function.
        file: name of the task's file.
        node: the function.
        reference: a program with it.
        tests: source of the tests.
    """

    what: str
    file: str
    node: ast.FunctionDef
    reference: str
    tests: str

    def tried(self, names: list[tuple[str, str]], engine: ProgramEngine) -> Made | LeftOut:
        """With all tests if the function passes them; else with those that it passes one by one."""
        try:
            why = self._why_not_right(names, engine)
            if why and 1 < len(names) <= _ONE_BY_ONE:
                names = [one for one in names if not self._why_not_right([one], engine)]
                why = self._why_not_right(names, engine) if names else why
            why = why or self._why_too_easy(names, engine)
        except InvalidInput as error:
            why = f"its task file would have faults: {error.faults[0].message}"
        return LeftOut(self.what, why) if why else Made(self.file, self._text(names), self.what, len(names))

    def _why_not_right(self, names: list[tuple[str, str]], engine: ProgramEngine) -> str:
        """Why the function does not pass its own tests in the sandbox; empty if it does."""
        task = self._task(names)
        outcome = engine.run(task, ProgramCandidate("reference", "tried", task.id, self.reference), 0)
        if outcome.quality == 1.0:
            return ""
        if any(mark in str(outcome.failure) for mark in _NOT_PLAIN):
            return "it takes or gives what is no plain data (functions, iterators, objects), so it cannot be judged"
        return f"it does not pass its own tests in the sandbox: {outcome.failure}"

    def _why_too_easy(self, names: list[tuple[str, str]], engine: ProgramEngine) -> str:
        task = self._task(names)
        stub = f"def {self.node.name}(*args, **kwargs):\n    return None\n"
        passes = engine.run(task, ProgramCandidate("stub", "tried", task.id, stub), 0).quality == 1.0
        return "its tests pass a stub that returns None too" if passes else ""

    def _text(self, names: list[tuple[str, str]]) -> str:
        return task_text(self.what, self.node, self.reference, self.tests, names)

    def _task(self, names: list[tuple[str, str]]) -> ProgramTask:
        """The task as whoever reads its file will see it."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{self.file}.py"
            file.write_text(self._text(names), "utf-8")
            return TaskFile().read(file)[0]


def _cut_tests(
    repository: Repository, module: Module, name: str, tests: Sequence[_Test]
) -> tuple[str, list[tuple[str, str]], str]:
    """Tests that can be cut out, as one text, with their (class or empty, name); and why another one cannot."""
    given, kept, dropped = {name: f"{module.name}:{name}"}, [], ""
    home = max((test.module for test in tests), key=lambda each: sum(test.module is each for test in tests))
    for test in tests:
        if test.module is not home:
            continue  # two test files may give one name two meanings
        try:
            cut(repository, home, [test.owner or test.name], given, _STOOD_IN_FOR)
        except (CannotCut, UnfitTest) as why:
            dropped = f"its tests cannot be cut out: {why}"
            continue
        kept.append(test)
    owners = dict.fromkeys(test.owner or test.name for test in kept)
    text = cut(repository, home, owners, given, _STOOD_IN_FOR) if kept else ""
    return text, [(test.owner, test.node.name) for test in kept], dropped
