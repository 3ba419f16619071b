"""The native sandbox: what a confined program is refused, by rung, and what it is bounded to."""

import os
import struct
import sys
from pathlib import Path

import pytest

from perfwise.kit.sandbox.confine import ARCHITECTURES, filter_program
from perfwise.kit.sandbox.rungs import RUNGS, Bounds, Sandbox, rung_works, strongest_rung
from perfwise.kit.sandbox.running import Patience, run_confined

ROOMY = Bounds(cpu_s=5, memory_bytes=1 << 30)
PYTHON = os.path.realpath(sys.executable)


@pytest.fixture(params=RUNGS)
def sandbox(request) -> Sandbox:
    if not rung_works(request.param):
        pytest.skip(f"{request.param} does not confine on this machine")
    return Sandbox(request.param)


def said(sandbox: Sandbox, folder: Path, code: str, bounds: Bounds = ROOMY, given: bytes = b"", **patience) -> str:
    """What a program printed; or its last line of errors, or how it ended."""
    command = [PYTHON, "-I", "-S", "-c", code]
    bound = Patience(**{"wall_s": 60, **patience})
    ended = run_confined(sandbox, command, given, bounds, bound, folder=os.path.realpath(folder))
    lines = ended.errors.decode().strip().splitlines()
    return ended.cut or ended.output.decode().strip() or (lines[-1] if lines else f"code {ended.code}")


REFUSED = {
    "reading a file of the host": "open('/etc/passwd').read()",
    "reading the user's files": f"open({__file__!r}).read()",
    "listing a folder of the host": "import os; os.listdir('/etc/ssl')",
    "writing outside its folder": "open('/tmp/perfwise-was-here', 'w')",
    "writing beside its interpreter": "import os, sys; open(os.path.dirname(os.__file__) + '/perfwise-was-here', 'w')",
    "a socket": "import socket; socket.socket()",
    "a pair of sockets": "import socket; socket.socketpair()",
    "a process": "import os; os.fork()",
    "a program": "import subprocess; subprocess.run(['/bin/ls'])",
    "a shell": "import os; assert os.system('true') == 0, 'OSError'",
    "a signal to its parent": "import os; os.kill(os.getppid(), 9)",
    "a signal to everyone": "import os; os.kill(-1, 9)",
    "leaving its session": "import os; os.setsid()",
    "another mode of a file": "import os; open('mine', 'w'); os.chmod('mine', 0o777)",
    "other bounds": "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))",
    "more bytes of a file than it may": "open('mine', 'wb', 0).write(b'x')",
    "a host name": "import socket; socket.sethostname('x')",
    "a mount": "import ctypes, os; l = ctypes.CDLL(None, use_errno=True); "
    "assert l.mount(b'x', b'/', b'tmpfs', 0, None) == 0, 'OSError'",
    "a trace": "import ctypes; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0, 'OSError'",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_what_a_confined_program_is_refused(sandbox, tmp_path, code):
    told = said(sandbox, tmp_path, f"{code}\nprint('done')")
    assert "Error" in told
    assert not Path("/tmp/perfwise-was-here").exists()


def test_a_thread_is_refused(sandbox, tmp_path):
    assert "can't start new thread" in said(
        sandbox, tmp_path, "import threading; threading.Thread(target=print).start(); print('done')"
    )


def test_its_environment_is_empty_and_its_folder_writable(sandbox, tmp_path):
    code = "import os; open('mine', 'w').write('x'); print([*os.environ], os.listdir('.'))"
    assert said(sandbox, tmp_path, code, Bounds(5, 1 << 30, file_bytes=10)) == "['LC_CTYPE'] ['mine']"
    # which Python sets itself
    assert (tmp_path / "mine").read_text("utf-8") == "x"


def test_it_may_signal_itself(sandbox, tmp_path):
    assert said(sandbox, tmp_path, "import os; os.kill(os.getpid(), 9)") in {"code -9", "code 137"}


def test_what_goes_in_comes_out(sandbox, tmp_path):
    given = b"0123456789" * 100_000
    assert said(sandbox, tmp_path, "import sys; print(len(sys.stdin.read()))", given=given) == "1000000"
    assert said(sandbox, tmp_path, "print('unread')", given=given) == "unread"


@pytest.mark.parametrize("rung", [*RUNGS, "none"])
def test_bounds_hold_on_every_rung(tmp_path, rung):
    if rung != "none" and not rung_works(rung):
        pytest.skip(f"{rung} does not confine on this machine")
    tight = Bounds(cpu_s=1, memory_bytes=256 << 20)
    assert "MemoryError" in said(Sandbox(rung), tmp_path, "'x' * (300 << 20)", tight)
    assert said(Sandbox(rung), tmp_path, "while True: pass", tight) in {"code -24", "code 152"}
    assert said(Sandbox(rung), tmp_path, "import time; time.sleep(1000)", tight, wall_s=1) == "wall"
    flood = "import os\nwhile True: os.write(1, b'x' * 65536)"
    assert said(Sandbox(rung), tmp_path, flood, tight, output_bytes=1 << 20) == "output"


def test_the_strongest_rung_is_the_first_that_works():
    assert strongest_rung() == next((rung for rung in RUNGS if rung_works(rung)), None)


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("children", [False, True])
def test_every_path_through_the_filter_ends_in_a_verdict(machine, children):
    """The kernel refuses a program whose jumps leave it or whose last step is no verdict; this needs no kernel."""
    steps = list(struct.iter_unpack("=HBBI", filter_program(machine, 7, children=children)))
    reached, open_ends = set(), [0]
    while open_ends:
        here = open_ends.pop()
        assert here < len(steps)
        if here in reached:
            continue
        reached.add(here)
        operation, if_true, if_false, _ = steps[here]
        if operation == 0x06:
            continue
        open_ends += [here + 1 + if_true, here + 1 + if_false] if operation != 0x20 else [here + 1]
    assert reached == set(range(len(steps)))


def test_the_filter_is_not_made_for_a_machine_that_it_does_not_know():
    with pytest.raises(ValueError, match="riscv64"):
        filter_program("riscv64", 7, children=False)
