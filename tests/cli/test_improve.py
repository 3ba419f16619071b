"""`perfwise improve` at a shell."""

import json
from pathlib import Path

from tests.cli.conftest import Perfwise

SLOW = '''
def common(first, second):
    """Words of both.

    >>> common(["a", "b", "a"], ["a", "c"])
    ['a', 'a']
    >>> common(["x", "y", "z", "y"], ["y", "z"])
    ['y', 'z', 'y']
    """
    found = []
    for word in first:
        if word in second:  # looked up again and again
            found.append(word)
    return found
'''


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_file_with_examples_is_improved_explained_and_written(folder: Path, perfwise: Perfwise):
    Path("common.py").write_text(SLOW)
    Path("task.py").unlink()
    asked = ("improve", "common.py", "--patch", "patches", "--report", "page.html", "--json", "found.json")
    ended = perfwise(
        *asked, "--export", "pie_pairs=pairs.jsonl", "--export", "rewards=rewards.jsonl", "--archive", "kept"
    )
    assert ended.code == 0, ended.err
    told = words(ended.out)
    assert "times cheaper" in told
    assert "2 example(s) in the file" in told
    assert "+ if word in second_set: # looked up again and again" in told or "second_set" in told
    assert "Growth with the size of the input, estimated: n^2 -> n" in told
    found = json.loads(Path("found.json").read_text())
    assert found["ratio"] > 5
    assert found["level"] == "further mutations and argument states"
    assert Path("common.py").read_text() == SLOW
    patches = sorted(Path("patches").iterdir())
    assert len(patches) == len(found["steps"])
    assert "Verified up to: further mutations" in patches[0].read_text()
    assert "second_set" in Path("page.html").read_text()
    pair = json.loads(Path("pairs.jsonl").read_text().splitlines()[0])
    assert (pair["input"], pair["speedup"] > 5) == (SLOW, True)
    assert all(-1 <= json.loads(line)["reward"] <= 5.5 for line in Path("rewards.jsonl").read_text().splitlines())
    kept = {file.name: file.read_bytes() for file in Path("kept").iterdir()}
    again = perfwise("improve", "common.py", "--archive", "kept", "--no-profile", "--apply")
    assert again.code == 0, again.err
    assert {file.name: file.read_bytes() for file in Path("kept").iterdir()} == kept
    assert Path("common.py").read_text() == found["result"]


def test_a_file_takes_the_task_beside_it(folder: Path, perfwise: Perfwise):
    ended = perfwise("improve", "slow.py", "--no-profile", "--json", "found.json")
    assert ended.code == 0, ended.err
    assert "the task task" in words(ended.out)
    assert json.loads(Path("found.json").read_text())["improved"]


def test_many_programs_give_the_same_archives_with_one_process_and_with_two(folder: Path, perfwise: Perfwise):
    Path("two.py").write_text(Path("task.py").read_text().replace("i * i for", "i**2 for") + "\nTASK_ID = 'two'\n")
    asked = ("improve", "--tasks", "task.py", "--tasks", "two.py", "--min-gain", "0.2%")
    for jobs in ("1", "2"):
        ended = perfwise(*asked, "-j", jobs, "--archive", f"kept{jobs}")
        assert ended.code == 0, ended.err
        assert "2 of 2 programs are cheaper" in words(ended.out) or "1 of 2 programs" in words(ended.out)
    one, two = ({file.name: file.read_bytes() for file in Path(f"kept{jobs}").iterdir()} for jobs in ("1", "2"))
    assert one == two
    assert len(one) == 2


def test_selection_takes_the_cheapest_of_those_that_agree(folder: Path, perfwise: Perfwise):
    Path("samples.jsonl").write_text(
        "".join(
            json.dumps({"task_id": "task", "solution": Path(f"{name}.py").read_text()}) + "\n"
            for name in ("slow", "loop", "wrong")
        )
    )
    ended = perfwise("improve", "--tasks", "task.py", "--select", "samples.jsonl", "--json", "s.json")
    assert ended.code == 0, ended.err
    (row,) = json.loads(Path("s.json").read_text())["selected"]
    assert (row["samples"], row["passing"], row["clusters"], row["measured"]) == (3, 2, [2], 2)
    assert row["source"] == Path("loop.py").read_text()


def test_what_cannot_be_improved_is_said_and_nothing_is_written(folder: Path, perfwise: Perfwise):
    Path("lone").mkdir()
    Path("lone/none.py").write_text("def f(xs):\n    return sum(x for x in xs)\n")
    Path("lone/typed.py").write_text("def f(xs: list[int]):\n    return sum(x for x in xs)\n")
    Path("lone/bad.py").write_text("def f(:\n")
    Path("lone/lies.py").write_text('def f(x):\n    """\n    >>> f(1)\n    2\n    """\n    return x\n')
    Path("lone/draws.py").write_text("import random\ndef f(x: int):\n    return random.random()\n")
    Path("lone/notes.txt").write_bytes(b"\xff\xfe")
    for arguments, told in (
        (("lone/none.py",), "nothing can be verified but that a candidate parses"),
        (("lone/typed.py", "--apply"), "--apply is refused"),
        (("lone/bad.py",), "not Python: invalid syntax, line 1"),
        (("lone/lies.py",), "fails its tests: on (1,) it gives 1"),
        (("lone/draws.py",), "not deterministic"),
        (("lone/notes.txt",), "no text in UTF-8"),
        (("lone/missing.py",), "cannot read lone/missing.py"),
        (("wrong.py",), "the original fails its tests"),
        (("slow.py", "--min-gain", "5"), "--min-gain is a share"),
        (("slow.py", "--method", "magic"), "has no method 'magic'"),
        (("slow.py", "--option", "beam"), "--option wants NAME=VALUE"),
        (("slow.py", "--option", "wings=2"), "cannot be made with wings"),
        (("slow.py", "--export", "pie=x"), "--export wants FORM=FILE"),
        (("slow.py", "--llm", "http://127.0.0.1:1/v1"), "wants --model NAME"),
        (("slow.py", "--task", "other", "--tasks", "task.py"), "there is no task 'other'"),
        (("--apply",), "name a FILE"),
    ):
        before = {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()}
        ended = perfwise("improve", *arguments)
        assert (ended.code, told in words(ended.err)) == (2, True), (arguments, ended)
        assert {file: file.read_bytes() for file in before} == before
