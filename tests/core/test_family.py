"""A family is its folder; other distributions may add to it and not replace."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import perfwise
from perfwise.core.family import Family, MethodInfo, every_family
from perfwise.errors import HarnessError, InvalidOption

METHOD = '''
"""A module."""

__all__ = ["{name}"]


class {name}:
    """Do {name}.

    More on it.

    Source: Somebody et al., Somewhere 2024,
        arXiv:2401.00001,
    https://example.org/paper.
    Differs: in everything.
    """
'''


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    monkeypatch.syspath_prepend(tmp_path)

    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write("toyfamily/__init__.py", "")
    write("toyfamily/first.py", METHOD.format(name="First"))
    write("toyfamily/second.py", METHOD.format(name="Second"))
    write("toyfamily/_shared.py", "raise RuntimeError('private modules are no methods')")
    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] in ("toyfamily", "thirdparty")]:
        del sys.modules[name]


def add_third_party(write: Callable[[str, str], None], name: str, target: str) -> None:
    write("thirdparty.py", METHOD.format(name="Third") + "\n\nnumber = 3\n")
    write("thirdparty-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
    write("thirdparty-1.0.dist-info/entry_points.txt", f"[toyfamily]\n{name} = {target}\n")


def test_names_are_file_names_and_nothing_is_imported_for_them(write: Callable[[str, str], None]) -> None:
    assert Family("toyfamily").names() == ["first", "second"]
    assert "toyfamily.first" not in sys.modules


def test_a_method_is_imported_when_it_is_asked_for(write: Callable[[str, str], None]) -> None:
    assert Family("toyfamily").get("second").__name__ == "Second"
    assert "toyfamily.first" not in sys.modules
    assert [method.__name__ for method in Family("toyfamily")] == ["First", "Second"]


def test_functions_may_stand_beside_the_class(write: Callable[[str, str], None]) -> None:
    write("toyfamily/both.py", "__all__ = ['A', 'a']\n\nclass A: ...\n\ndef a(): ...\n")
    assert Family("toyfamily").get("both").__name__ == "A"


def test_a_new_file_is_a_new_method(write: Callable[[str, str], None]) -> None:
    write("toyfamily/added.py", METHOD.format(name="Added"))
    assert Family("toyfamily").names() == ["added", "first", "second"]


def test_an_unknown_name_tells_the_known_ones(write: Callable[[str, str], None]) -> None:
    with pytest.raises(InvalidOption, match="no method 'third'; there are first, second"):
        Family("toyfamily").get("third")


@pytest.mark.parametrize("text", ["", "__all__ = []", "__all__ = ['a', 'b']\na = b = int", "__all__ = ['a']\na = 3"])
def test_a_module_without_its_one_class_is_our_own_fault(write: Callable[[str, str], None], text: str) -> None:
    write("toyfamily/broken.py", text)
    with pytest.raises(HarnessError, match=r"toyfamily\.broken must have one class"):
        Family("toyfamily").get("broken")


def test_a_description_has_the_summary_and_the_whole_source(write: Callable[[str, str], None]) -> None:
    source = "Somebody et al., Somewhere 2024, arXiv:2401.00001, https://example.org/paper."
    assert Family("toyfamily").describe()[0] == MethodInfo("toyfamily", "first", "Do First.", source)


def test_another_distribution_adds_a_method(write: Callable[[str, str], None]) -> None:
    add_third_party(write, "third", "thirdparty:Third")
    assert Family("toyfamily").names() == ["first", "second", "third"]
    assert Family("toyfamily").get("third").__name__ == "Third"


def test_another_distribution_cannot_displace_a_built_in(write: Callable[[str, str], None]) -> None:
    add_third_party(write, "first", "thirdparty:Third")
    with pytest.raises(InvalidOption, match="first would displace built-in methods"):
        Family("toyfamily").names()


def test_an_entry_point_must_name_a_class(write: Callable[[str, str], None]) -> None:
    add_third_party(write, "third", "thirdparty:number")
    with pytest.raises(InvalidOption, match="'third' must name a class"):
        Family("toyfamily").get("third")


def test_every_room_that_names_families_is_found_and_every_family_is_a_package_with_methods():
    found = every_family()
    assert {"perfwise.core.metrics", "perfwise.programs.meters", "perfwise.serving.batching"} <= set(found)
    folders = {path.parent.name for path in Path(perfwise.__path__[0]).glob("*/families.py")}
    assert {package.split(".")[1] for package in found} == folders
    assert all(Family(package).names() for package in found)
