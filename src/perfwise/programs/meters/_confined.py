"""Where meters of native code run programs: the strongest sandbox there is, or none if the user says so."""

from pathlib import Path

from perfwise.errors import MissingMeter
from perfwise.kit.sandbox.rungs import RUNGS, Rung, Sandbox, strongest_rung
from perfwise.programs import guest
from perfwise.programs.meters._host import module_path

__all__ = ["APP", "ONE_THREAD", "OUTSIDE", "sandbox_for"]

APP = Path(guest.__file__).parent / "app"
"""The candidate's side, which all meters share."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""All of a program's environment: there are no threads, and libraries of linear algebra must not try to start any."""

OUTSIDE = "the program ran outside any sandbox, with the user's rights"

_HERE = Path(__file__).parent


def sandbox_for(rung: Rung | None, *, allow_unsandboxed: bool) -> Sandbox:
    """The sandbox of that rung, or the strongest one.

    Args:
        rung: which; None: the strongest one that works here.
        allow_unsandboxed: whether `none` will do where no rung works.
    Raises: MissingMeter if there is none, with what to do.
    """
    chosen = rung or strongest_rung() or ("none" if allow_unsandboxed else None)
    if chosen is None or (chosen == "none" and not allow_unsandboxed):
        raise MissingMeter(
            f"no sandbox for native code works here ({' and '.join(RUNGS)} were tried). Install bubblewrap, and allow "
            "user namespaces, or use a Linux kernel of 5.13 or later with Landlock on x86_64 or aarch64; or, only for "
            "programs that you trust, say --unsandboxed (allow_unsandboxed=True)"
        )
    return Sandbox(chosen, (str(APP), str(_HERE), *module_path()))
