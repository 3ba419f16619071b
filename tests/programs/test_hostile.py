"""Hostile and broken programs: each ends as a failed outcome within its bounds, and the host is untouched."""

from dataclasses import replace
from pathlib import Path

import pytest

from perfwise.programs import demo as demo_package
from perfwise.programs import engine
from perfwise.programs.charging import charged
from perfwise.programs.suites.taskfile import TaskFile
from tests.programs.probe import DOUBLE, attempt, body

LOOPS = {
    "for ever": body("while True: pass"),
    "for ever inside except": body(
        "while True:", "    try:", "        while True: pass", "    except BaseException: pass"
    ),
    "for ever at import": "while True: pass\n" + body(),
    "for ever in a C loop": body("import itertools", "sum(itertools.repeat(1))"),
    "a huge power": body("10 ** (10 ** 9)"),
    "a catastrophic pattern": body("import re", "re.match(r'(a+)+$', 'a' * 60 + 'b')"),
}


@pytest.mark.parametrize("source", LOOPS.values(), ids=LOOPS)
def test_a_program_without_end_stops_at_its_budget(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.failure.kind == "out-of-fuel"
    assert outcome.quality == 0.0


RECURSION = {
    "plain": "def double(n):\n    return double(n)\n",
    "through lru_cache": "from functools import cache\n@cache\ndef double(n, k=0):\n    return double(n, k + 1)\n",
    "through __eq__": body(
        "class A:", "    def __eq__(self, other): return self == other", "    __hash__ = None", "A() == A()"
    ),
    "through a sort key": body("def key(x): return sorted([x], key=key)", "key(1)"),
    "with the limit raised": "import sys\nsys.setrecursionlimit(10**9)\ndef double(n):\n    return 1 + double(n)\n",
}


@pytest.mark.parametrize("source", RECURSION.values(), ids=RECURSION)
def test_endless_recursion_ends_as_an_outcome(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.failure.kind in {"exception", "out-of-fuel", "wrong-answer"}
    assert (
        outcome.failure.kind != "exception"
        or "Recursion" in outcome.failure.message
        or "Memory" in outcome.failure.message
    )


@pytest.mark.parametrize("depth", [300, 900])
def test_recursion_through_c_reaches_900_frames(depth):
    source = f"""
import functools
@functools.lru_cache(None)
def down(k):
    return 0 if k == 0 else 1 + down(k - 1)
def double(n):
    down.cache_clear()
    assert down({depth}) == {depth}
    return 2 * n
"""
    assert attempt(source).succeeded


def test_plain_recursion_reaches_20000_frames():
    source = "import sys\nsys.setrecursionlimit(10**6)\n" + body(
        "def down(k): return 0 if k == 0 else 1 + down(k - 1)", "down(20000)"
    )
    assert attempt(source).succeeded


MEMORY = {
    "a list without end": body("l = []", "while True: l.append('x' * 10**6)"),
    "one huge list": body("[0] * 10**9"),
    "one huge text": body("'x' * (2**31 - 100)"),
    "print without end": body("while True: print('x' * 10**6)"),
}


@pytest.mark.parametrize("source", MEMORY.values(), ids=MEMORY)
def test_a_program_that_takes_all_memory_fails_in_its_own_guest(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert "MemoryError" in outcome.failure.message or outcome.failure.kind in {"out-of-fuel", "crash"}


REACHING = {
    "reads a file": body("open('/etc/passwd').read()"),
    "writes a file": body("open('/tmp/perfwise-was-here', 'w').write('x')"),
    "lists a folder": body("import os", "os.listdir('/')"),
    "opens a socket": body("import socket", "socket.create_connection(('127.0.0.1', 80))"),
    "forks": body("import os", "os.fork()"),
    "starts a program": body("import subprocess", "subprocess.run(['ls'])"),
    "starts a shell": body("import os", "os.system('touch /tmp/perfwise-was-here')"),
    "starts a thread": body("import threading", "threading.Thread(target=print).start()"),
    "writes to the terminal": body("import os", "os.write(1, b'x')"),
    "reads the environment of the host": body("import os", "assert os.environ['PATH']"),
    "exits": body("import sys", "sys.exit(0)"),
    "exits hard": body("import os", "os._exit(0)"),
    "aborts": body("import os", "os.abort()"),
    "kills itself": body("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"),
}


@pytest.mark.parametrize("source", REACHING.values(), ids=REACHING)
def test_a_program_that_reaches_out_of_the_guest_fails(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.quality == 0.0


MISSING = {
    "numpy": "import numpy\n" + body(),
    "inside the call": body("import numpy"),
    "what nobody knows": "import no_such_module\n" + body(),
}


@pytest.mark.parametrize("source", MISSING.values(), ids=MISSING)
def test_a_missing_module_is_told_apart_from_a_wrong_program(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.failure.kind == "unsupported"
    assert outcome.quality is None


def test_a_program_that_catches_the_missing_module_goes_on():
    assert attempt("try:\n    import numpy\nexcept ImportError:\n    numpy = None\n" + body()).succeeded


BROKEN = {
    "no syntax": ("def double(n:\n", "syntax"),
    "deep nesting": ("x = " + "(" * 5000 + ")" * 5000, "syntax"),
    "a NUL": ("def double(n):\n\0", "syntax"),
    "a lone surrogate": ("x = '\ud800'\n", "syntax"),
    "empty": ("", "no-entry-point"),
    "another name": ("def triple(n):\n    return 3 * n\n", "no-entry-point"),
    "the name is no function": ("double = 2\n", "no-entry-point"),
    "raises at import": ("raise ValueError('no')\n" + body(), "exception"),
    "exits at import": ("import sys\nsys.exit()\n" + body(), "exception"),
    "raises in the call": (body("raise KeyError(n)"), "exception"),
    "wrong arguments": ("def double():\n    return 2\n", "exception"),
    "wrong": ("def double(n):\n    return 3 * n\n", "wrong-answer"),
    "of another type": ("def double(n):\n    return 2.0 * n\n", "wrong-answer"),
    "a generator": ("def double(n):\n    yield 2 * n\n", "wrong-answer"),
}


@pytest.mark.parametrize(("source", "kind"), BROKEN.values(), ids=BROKEN)
def test_a_broken_program_says_how_it_failed(source, kind):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.failure.kind == kind
    assert outcome.quality == 0.0


CHEATS = {
    "an answer whose __eq__ lies": """
class Any(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def double(n):
    return Any(7)
""",
    "an answer that equals everything": """
class Any:
    def __eq__(self, other): return True
def double(n):
    return Any()
""",
    "patched builtins": """
import builtins
builtins.all = builtins.any = builtins.isinstance = lambda *_: True
builtins.type = lambda *_: int
builtins.map = lambda *_: [True]
def double(n):
    return 7
""",
    "patched equality helpers": """
import sys
for name, module in list(sys.modules.items()):
    if hasattr(module, "same"):
        module.same = lambda *_: True
def double(n):
    return 7
""",
    "a walk through the frames": """
import gc, sys
def double(n):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_globals.values()):
            if hasattr(value, "judge"):
                value.judge = lambda *_: '{"verdicts": ["ok", "ok", "ok"], "wrong": null}'
        frame = frame.f_back
    return 7
""",
    "a forged hand-over": """
import sys
sys.modules["candidate"].give = lambda: "Vnot marshal"
def double(n):
    return 7
""",
    "a forged hand-over of code": """
import sys, marshal
code = compile("1", "", "eval")
sys.modules["candidate"].give = lambda: "V" + marshal.dumps(code, 2).decode("latin-1")
def double(n):
    return 7
""",
    "reading the judge's answers": """
import gc, sys
def double(n):
    for module in list(sys.modules.values()):
        reference = getattr(module, "reference", None)
        if callable(reference):
            return reference(n)
    opened = getattr(sys.modules.get("judge"), "_open", [])
    return opened[0].expected(0) if opened else None
""",
}


@pytest.mark.parametrize("source", CHEATS.values(), ids=CHEATS)
def test_a_cheat_wins_nothing(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.quality == 0.0


WORK = "sum(range(10**5))"
HIDDEN = {
    "in giving": f"""
import sys
guest = sys.modules["candidate"]
give = guest.give
def later():
    {WORK}
    return give()
guest.give = later
{body()}""",
    "in taking": f"""
import sys
guest = sys.modules["candidate"]
take = guest.take
def earlier(arguments):
    {WORK}
    take(arguments)
guest.take = earlier
{body()}""",
    "in a lazy answer": f"""
class Lazy(int):
    def __add__(self, other):
        {WORK}
        return int(self) + other
    __index__ = __int__ = __abs__ = lambda self: {WORK} and 7
def double(n):
    {WORK}
    return Lazy(2 * n)
""",
}
NO_REFERENCE = replace(
    DOUBLE,
    id="no reference",
    reference="",
    script="""
def inputs():
    return [(1,), (20,), (300,)]
def check(args, answer):
    return answer == 2 * args[0]
""",
)


@pytest.mark.parametrize("task", [DOUBLE, NO_REFERENCE], ids=["reference", "no reference"])
@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_work_hidden_outside_the_call_is_charged(source, task):
    honest, hidden = attempt(body(WORK), task), attempt(source, task)
    assert honest.succeeded
    assert hidden.succeeded
    assert hidden.cost["wasm_instructions"] > 0.99 * honest.cost["wasm_instructions"]


@pytest.mark.parametrize("name", ["take", "give"])
def test_work_hidden_outside_the_call_spends_the_budget(name):
    source = f"""
import sys
guest = sys.modules["candidate"]
honest = guest.{name}
def burn(*given):
    sum(range(8 * 10**5))
    return honest(*given)
guest.{name} = burn
{body()}"""
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.failure.kind == "out-of-fuel"


@pytest.mark.parametrize(
    "answer",
    [
        "list(range(3000))",
        "{str(k) for k in range(500)}",
        "{k: [k] for k in range(900)}",
        "'é' * 9000",
        "[[1.5, None]] * 900",
    ],
)
def test_an_honest_large_answer_is_not_charged(answer):
    # The reference spends the same in its call; both only return what was made at import.
    source = f"MADE = {answer}\ndef double(n):\n    return MADE\n"
    task = replace(DOUBLE, id=answer, reference=source)
    outcome = attempt(source, task)
    assert outcome.succeeded
    assert outcome.cost["wasm_instructions"] < 3_000


def test_honest_programs_are_never_charged(monkeypatch):
    changed = []

    def compared(meter, calls, idle, limits):
        paid = charged(meter, calls, idle, limits)
        changed.extend((one, two) for one, two in zip(calls, paid, strict=True) if one.cost != two.cost)
        return paid

    monkeypatch.setattr(engine, "charged", compared)
    demo = Path(demo_package.__file__).parent
    for task in TaskFile().read(demo / "tasks"):
        for author in ("careful", "plain", "hasty"):
            attempt((demo / "programs" / author / f"{task.id}.py").read_text("utf-8"), task)
    assert changed == []


FORGED = {
    "a fault of the task": """'["task-fault", "not my fault"]'""",
    "no JSON": "'garbage'",
    "another shape": """'[["x"], 7]'""",
    "deep JSON": "'[' * 100000",
}


@pytest.mark.parametrize("told", FORGED.values(), ids=FORGED)
def test_a_forged_failure_is_the_programs_own(told):
    outcome = attempt(f"import sys\nsys.modules['candidate']._failure = lambda *_: {told}\n1 / 0\n")
    assert outcome.failure is not None
    assert outcome.failure.kind == "tampered"
    assert outcome.quality == 0.0


BOUNDED = {
    "entropy": body("import os", "os.urandom(2**21)"),
    "a large answer": "def double(n):\n    return bytes(20_000_000)\n",
    "waiting for nothing": body("import select", "select.select([], [], [])", "1 / 0"),
    "a deep answer": body("a = []", "for _ in range(5000): a = [a]", "return a"),
    "an exception that cannot be shown": body("raise ValueError('\\ud800')"),
}


@pytest.mark.parametrize("source", BOUNDED.values(), ids=BOUNDED)
def test_what_would_burden_the_host_is_an_outcome(source):
    outcome = attempt(source)
    assert outcome.failure is not None
    assert outcome.quality == 0.0


LEVELS = replace(
    DOUBLE,
    id="levels",
    case_limit_ratio=2.0,
    script="""
reference = program(REFERENCE, ENTRY_POINT)
def cases():
    return [Case((1,)), Case((200,), level=1), Case((3000,), level=2)]
""",
)


@pytest.mark.parametrize(
    "act", ["import os; os._exit(0)", "import os; os.abort()", "import numpy", "import socket; socket.socket()"]
)
def test_only_a_limit_censors_a_graded_task(act):
    outcome = attempt(body(f"if n > 100: {act}"), LEVELS)
    assert outcome.failure is not None
    assert outcome.quality != 1.0


def test_a_limit_censors_a_graded_task():
    outcome = attempt(body("while n > 100: pass"), LEVELS)
    assert outcome.failure is None
    assert outcome.quality == 1.0
    assert "stopped on level 1 at 2 times the reference" in outcome.caveats[0]


def test_the_host_keeps_its_files():
    assert not Path("/tmp/perfwise-was-here").exists()
