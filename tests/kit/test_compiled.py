import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from perfwise.errors import MissingExtra
from perfwise.kit import compiled as kit
from perfwise.kit.compiled import (
    Bundle,
    Record,
    Rows,
    Signature,
    Table,
    borrowed,
    cache_folder,
    compilable,
    compiled,
    is_compilable,
    is_compiled,
)
from perfwise.kit.events import EVENT
from perfwise.serving import loop
from perfwise.serving.contracts import REPLICA, REQUEST, STEP

ROW = np.dtype([("count", "i8"), ("weight", "f8")], align=True)
HOOK = Signature("f8", ("f8", Table("f8")))


class Pair(NamedTuple):
    hook: object
    state: object


TAKES_A_BUNDLE = Signature("f8", (Bundle(Pair, (HOOK, Table("f8"))), Table("i8", 2)))


@compilable()
def _twice(number):
    return 2.0 * number


@compilable(HOOK)
def double(number, state):
    state[0] += 1
    return _twice(number)


@compilable(HOOK)
def shift(number, state):
    return number + state[1]


@compilable(Signature("f8", (Rows(ROW), Record(ROW), HOOK, Table("f8"), "i8", "b1")))
def total(rows, first, hook, state, count, squared):
    """Sums the hook over rows of both kinds."""
    rows = borrowed(rows)
    found = 0.0
    for place in range(count):
        row = rows[place]
        row.count += 1
        number = hook(row.weight, state)
        found += number * number if squared else number
    first.weight = found
    return found


@compilable(TAKES_A_BUNDLE)
def of_a_bundle(pair, table):
    return pair.hook(float(table[1, 0]), pair.state)


@compilable(Signature("f8", (TAKES_A_BUNDLE, HOOK, Table("f8"), Table("i8", 2))))
def bundling(function, hook, state, table):
    return function(Pair(hook, state), table)


def outcome(function, hook):
    rows = np.zeros(3, ROW).view(np.recarray)
    rows.weight = [1.5, 2.5, 4.0]
    state = np.array([0.0, 10.0])
    return function(rows, rows[0], hook, state, 3, False), rows.tolist(), state.tolist()


def test_the_plain_function_stays_what_it_is():
    assert total.__doc__ == "Sums the hook over rows of both kinds."
    assert outcome(total, double) == (16.0, [(1, 16.0), (1, 2.5), (1, 4.0)], [3.0, 10.0])


@pytest.mark.parametrize("hook", [double, shift])
def test_compiled_does_the_same_with_any_hook_of_the_signature(hook):
    assert outcome(compiled(total), compiled(hook)) == outcome(total, hook)


def test_a_function_is_compiled_once_in_a_process():
    assert compiled(double) is compiled(double)


def test_a_bundle_hands_over_several_hooks_and_states():
    state, table = np.array([0.0, 4.0]), np.array([[1], [3]])
    assert bundling(of_a_bundle, shift, state, table) == 7.0
    assert compiled(bundling)(compiled(of_a_bundle), compiled(shift), state, table) == 7.0


def test_only_marked_functions_are_compilable():
    assert is_compilable(double)
    assert not is_compilable(outcome)


@pytest.mark.parametrize(
    "arguments",
    [
        ("text", np.zeros(2)),
        (1.0, np.zeros(2, np.int64)),
        (1.0, np.zeros((2, 2))),
        (1.0, np.zeros(4)[::2]),
        (1.0, [0.0, 0.0]),
        (1.0,),
    ],
)
def test_the_compiled_version_takes_no_other_types(arguments):
    with pytest.raises(TypeError, match=r"No matching definition"):
        compiled(double)(*arguments)


def test_a_hook_of_another_signature_is_not_taken():
    rows = np.zeros(3, ROW).view(np.recarray)
    with pytest.raises(TypeError, match=r"No matching definition"):
        compiled(total)(rows, rows[0], compiled(of_a_bundle), np.zeros(2), 3, False)


@compilable(HOOK)
def divide(number, state):
    return number / state[0]


@compilable(HOOK)
def with_memory(number, state):
    """Needs numba's runtime: an array of its own."""
    own = np.zeros(3)
    own[1] = number
    return own.sum() + state[0]


def test_what_a_function_raises_comes_through_compiled_code_and_hooks():
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        compiled(divide)(1.0, np.zeros(2))
    rows = np.ones(3, ROW).view(np.recarray)
    with pytest.raises(ZeroDivisionError):
        compiled(total)(rows, rows[0], compiled(divide), np.zeros(2), 3, False)


def test_a_function_that_needs_numbas_runtime_runs_too():
    assert compiled(with_memory)(2.0, np.ones(2)) == 3.0
    assert not kit.kept_file(kit._folders(with_memory)[0]).exists()
    assert outcome(compiled(total), compiled(with_memory)) == outcome(total, with_memory)


def test_a_closure_is_compiled_with_what_it_holds():
    def adding(step):
        @compilable(HOOK)
        def add(number, state):
            return number + step

        return add

    assert [compiled(adding(step))(1.0, np.zeros(1)) for step in (1.0, 5.0)] == [2.0, 6.0]


def test_a_borrowed_array_is_the_array():
    array = np.zeros(3)
    assert borrowed(array) is array


@compilable(Signature("u8", ("i4", "u8", "u1", Table("i4"), Table("u1"), Table("b1"))))
def of_small_numbers(one, two, three, fours, fives, truths):
    return two + np.uint64(one + three + fours[1] + fives[1] + truths[1])


def test_small_numbers_are_taken_as_they_are():
    arrays = (np.array([0, -4], np.int32), np.array([0, 250], np.uint8), np.array([False, True]))
    assert compiled(of_small_numbers)(-1, 2**63, 200, *arrays) == 2**63 - 1 + 200 - 4 + 250 + 1


@pytest.mark.parametrize("dtype", [REQUEST, REPLICA, STEP, loop.RUN, EVENT], ids=lambda dtype: str(dtype.names[:2]))
def test_no_field_is_hidden_by_an_attribute_of_numpys_rows(dtype):
    """The plain path would read the attribute in place of the field."""
    assert not [name for name in dtype.names if hasattr(np.record, name) or hasattr(np.recarray, name)]


# The cache on disk, seen from fresh processes

INNER = """
from perfwise.kit.compiled import compilable
@compilable()
def inner(number):
    return number + {step}
"""
OUTER = """
import sys
from perfwise.kit.compiled import Signature, compilable, compiled, is_compiled
from inner import inner
@compilable(Signature("f8", ("f8",)))
def outer(number):
    return inner(number)
if __name__ == "__main__":
    import outer as own
    before = is_compiled(own.outer)
    print(before, compiled(own.outer)(1.0), is_compiled(own.outer))
"""


def run_outer(folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(folder / "outer.py")],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_code_is_kept_on_disk_and_an_edit_of_what_it_calls_is_noticed(tmp_path):
    (tmp_path / "outer.py").write_text(OUTER)
    (tmp_path / "inner.py").write_text(INNER.format(step=1.0))
    kept = tmp_path / "kept"
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(kept)) == "False 2.0 True"
    files = sorted(path.relative_to(kept) for path in kept.rglob("*.nbc"))
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(kept)) == "True 2.0 True"
    assert sorted(path.relative_to(kept) for path in kept.rglob("*.nbc")) == files
    (tmp_path / "inner.py").write_text(INNER.format(step=5.0))
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(kept)) == "False 6.0 True"


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert cache_folder().parts[-2:] == ("perfwise", "compiled")


def test_a_later_process_needs_no_numba(tmp_path):
    (tmp_path / "outer.py").write_text(OUTER + "    print('numba' in sys.modules)\n")
    (tmp_path / "inner.py").write_text(INNER.format(step=1.0))
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")).split() == ["False", "2.0", "True", "True"]
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")).split() == ["True", "2.0", "True", "False"]


def test_a_constant_from_another_file_is_noticed(tmp_path):
    (tmp_path / "outer.py").write_text(OUTER)
    (tmp_path / "inner.py").write_text(INNER.replace("{step}", "STEP").replace("@comp", "from step import STEP\n@comp"))
    for step in (1.0, 25.0):
        (tmp_path / "step.py").write_text(f"STEP = {step}\n")
        assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")) == f"False {1 + step} True"


@pytest.mark.parametrize("harm", [b"", None])
def test_code_that_is_not_whole_is_made_again(tmp_path, harm):
    (tmp_path / "outer.py").write_text(OUTER)
    (tmp_path / "inner.py").write_text(INNER.format(step=1.0))
    run_outer(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    (code,) = (tmp_path / "kept").rglob("*.code")
    whole = code.read_bytes()
    code.write_bytes(whole[:-40] if harm is None else harm)
    assert run_outer(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")) == "True 2.0 True"
    assert code.read_bytes() == whole


def test_a_folder_that_cannot_be_made_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chosen = kit._writable(kit._folders(double))
    assert chosen.parent.parent == tmp_path
    assert chosen.is_dir()


def test_what_is_kept_differs_by_name_and_content():
    assert kit._folders(double) != kit._folders(shift)
    assert not is_compiled(lambda: None)


def test_without_numba_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)

    @compilable(HOOK)
    def fresh(number, state):
        return number

    with pytest.raises(MissingExtra, match=r"perfwise\[serving\]"):
        compiled(fresh)
    assert fresh(1.0, np.zeros(1)) == 1.0


def test_numba_is_not_imported_before_something_is_compiled():
    code = "import sys, perfwise.serving.simulator; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert importlib.util.find_spec("numba") is not None
