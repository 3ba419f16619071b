"""What the house promises about itself: its surface, its modules, its pages."""

import ast
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import perfwise

_ROOT = Path(__file__).resolve().parents[1]
_SOURCE = _ROOT / "src" / "perfwise"
_MODULES = sorted(_SOURCE.rglob("*.py"))
_OTHER_WORLDS = (
    "guest/app/",
    "programs/demo/tasks/",
    "programs/demo/programs/",
    "meters/_native_child.py",
    "meters/_valgrind_child.py",
)
_CHILDREN = ("_native_child", "_valgrind_child")  # programs of processes of their own
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")])
_TRACKED = (
    "*.md",
    "*.toml",
    "Makefile",
    ".ci/*",
    "src/**/*",
    "tests/**/*",
    "docs/**/*",
    "benchmarks/**/*",
    "examples/*",
)


def _ours() -> list[Path]:
    return [file for file in _MODULES if not any(part in file.as_posix() for part in _OTHER_WORLDS)]


def _name(file: Path) -> str:
    return file.relative_to(_SOURCE).as_posix()


def _page(file: Path) -> str:
    return file.relative_to(_ROOT).as_posix()


def _readme() -> str:
    return (_ROOT / "README.md").read_text("utf-8")


# The surface


def test_every_public_name_is_there_and_the_surface_is_what_it_was():
    assert sorted(perfwise.__all__) == [
        "Comparison",
        "Cost",
        "CpuTimeMeter",
        "Failure",
        "Family",
        "Metric",
        "Outcome",
        "PerfwiseError",
        "ProgramCandidate",
        "ProgramEngine",
        "ProgramTask",
        "Provenance",
        "REFERENCE",
        "Resolution",
        "Result",
        "Side",
        "Store",
        "Study",
        "WasmMeter",
        "__version__",
        "cases_of",
        "compare",
        "difference",
        "evaluate",
        "open_store",
        "unresolved",
    ]
    for name in perfwise.__all__:
        assert getattr(perfwise, name) is not None
    assert dir(perfwise) == sorted(perfwise.__all__)


def test_type_checkers_see_the_names_where_the_surface_finds_them():
    tree = ast.parse((_SOURCE / "__init__.py").read_text("utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {node.module: sorted(alias.name for alias in node.names) for node in guarded.body}
    assert seen == {home: sorted(names) for home, names in perfwise._HOMES.items()}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'spped'"):
        perfwise.spped  # noqa: B018


def test_import_loads_nothing_heavy():
    heavy = "{'numpy', 'scipy', 'sqlalchemy', 'pydantic', 'wasmtime', 'typer', 'rich'}"
    code = f"import sys, perfwise; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_the_packages():
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert perfwise.__version__ == project["version"]


# The modules


@pytest.mark.parametrize("file", _ours(), ids=_name)
def test_module_says_what_it_is_and_what_is_public(file):
    tree = ast.parse(file.read_text("utf-8"))
    assert ast.get_docstring(tree), "a module starts with a sentence"
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    assigned = {target.id for node in tree.body for target in _targets(node) if isinstance(target, ast.Name)}
    assert "__all__" in assigned or not defines


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def test_every_public_name_of_every_module_exists():
    for info in pkgutil.walk_packages(perfwise.__path__, "perfwise."):
        if ".guest.app" in info.name or info.name.endswith((".__main__", *_CHILDREN)) or ".demo." in info.name:
            continue
        module = importlib.import_module(info.name)
        missing = [name for name in getattr(module, "__all__", []) if not hasattr(module, name)]
        assert not missing, f"{info.name} has no {missing}"


def test_no_module_has_a_name_that_says_nothing():
    empty = re.compile(r"util|helper|manager|common|misc|base_|_impl")
    assert [_name(file) for file in _MODULES if empty.search(file.stem) and file in _ours()] == []


# The pages


def _is_cache(file: Path) -> bool:
    return any(part == "__pycache__" or part.endswith("_cache") for part in file.parts)


@pytest.mark.parametrize("page", _PAGES, ids=_page)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target.partition("#")[0]).exists(), f"{target} is not there"


def test_architecture_names_only_rooms_that_exist():
    drawing = (_ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Rooms")[2].split("```")[1]
    folders: list[Path] = []
    for line in drawing.strip().splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        folders[depth:] = [(folders[depth - 1] if depth else _ROOT) / name]
        assert folders[depth].exists(), f"{name} is not there"
    drawn = {line.split()[0].rstrip("/") for line in drawing.strip().splitlines()}
    rooms = {room.name for room in _SOURCE.iterdir() if room.is_dir() and room.name != "__pycache__"}
    assert rooms <= drawn


def test_decisions_are_listed():
    index = (_ROOT / "docs" / "index.md").read_text("utf-8")
    assert [file.name for file in (_ROOT / "docs" / "decisions").glob("*.md") if file.name not in index] == []


def test_readme_names_commands_and_targets_that_exist():
    from perfwise.cli.app import app

    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    named = set(re.findall(r"perfwise ([a-z]+)", "\n".join(re.findall(r"`[^`]+`|```.*?```", _readme(), re.DOTALL))))
    assert {"demo", "eval", "compare", "doctor", "methods"} <= named <= known
    targets = set(re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in _PAGES:
        assert set(re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))) <= targets
    assert {"setup", "check", "test", "bench", "evidence", "docs", "guest"} <= targets


def test_ci_takes_its_commands_from_the_readme():
    spec = importlib.util.spec_from_file_location("readme_commands", _ROOT / ".ci" / "readme_commands.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.commands("demo", _readme()) == "pip install . && perfwise demo\n"
    assert module.commands("tests", _readme()) == "pip install '.[test]' && pytest\n"
    with pytest.raises(KeyError, match="no block 'speed'; there are demo, own-task, tests"):
        module.commands("speed", _readme())


def test_readmes_own_task_says_what_the_readme_shows(tmp_path):
    for name, text in re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)^```", _readme(), re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, "utf-8")
    (command, shown) = re.findall(
        r"<!-- ci: own-task -->\n```sh\n(.*?)\n```.*?((?:\n> [^\n]*)+)", _readme(), re.DOTALL
    )[0]
    arguments = [sys.executable, "-m", *command.split(), "--store", "kept.db"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    promised, said = " ".join(shown.replace("\n> ", " ").split()), " ".join(done.stdout.split())
    before, ratio, after = re.split(r"takes ([\d.]+)", promised)
    found = re.search(f"{re.escape(before)}takes ([\\d.]+){re.escape(after)}", said)
    assert found, said
    assert float(found[1]) == pytest.approx(
        float(ratio), rel=0.01
    )  # it is rounded, and another guest moves it by 0.2 %


def test_no_page_or_module_names_a_place_of_one_machine():
    places = re.compile(r"/(?:home|Users|root|work|mnt)/\w|[A-Z]:\\\\Users")
    files = {file for pattern in _TRACKED for file in _ROOT.glob(pattern) if file.is_file()} - {Path(__file__)}
    texts = {file: file.read_bytes() for file in files if file.suffix != ".xz" and not _is_cache(file)}
    assert [_page(file) for file, text in texts.items() if places.search(text.decode("utf-8", "replace"))] == []
