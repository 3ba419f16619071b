"""What a task script finds ready: cases, fresh namespaces, equality, programs that read standard input.

This file runs inside the guest, beside the task's own script, and nowhere near a candidate. It uses nothing but the
standard library, so that tests can import it on the host too.
"""

import io
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["Case", "namespace", "program", "same", "stdin_program"]


class Case:
    """One input of a task.

    Args:
        args: the arguments, as a tuple of plain data.
        level: size class, 0 is the smallest.
        stress: whether it is made to cost, rather than to test.
    """

    __slots__ = ("args", "level", "stress")

    def __init__(self, args: tuple[Any, ...], level: int = 0, stress: bool = False) -> None:
        self.args = tuple(args)
        self.level = int(level)
        self.stress = bool(stress)


def namespace(source: str) -> dict[str, Any]:
    """Run a source text in a fresh module and return its names."""
    names: dict[str, Any] = {"__name__": "program", "__builtins__": __builtins__}
    exec(compile(source, "<program>", "exec"), names)
    return names


def program(source: str, entry_point: str) -> Callable[..., Any]:
    """The function of that name, defined by a source text in a fresh module."""
    function: Callable[..., Any] = namespace(source)[entry_point]
    return function


def stdin_program(source: str) -> Callable[[str], str]:
    """A whole program as a function from its standard input to its standard output.

    Each call runs the program afresh as `__main__`; a normal `sys.exit` ends it without error.
    """
    code = compile(source, "<program>", "exec")

    def run(text: str) -> str:
        kept = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = TextStream(text), TextStream()
        try:
            exec(code, {"__name__": "__main__", "__builtins__": __builtins__})
        except SystemExit as stop:
            if stop.code not in (None, 0):
                raise
        finally:
            written = sys.stdout
            sys.stdin, sys.stdout = kept
        return written.getvalue()

    return run


class TextStream(io.TextIOWrapper):
    """Text in memory with a `.buffer` of bytes below it, as the real standard streams have."""

    def __init__(self, text: str = "") -> None:
        super().__init__(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8", "surrogatepass", newline="\n")

    def getvalue(self) -> str:
        """Everything written so far."""
        self.flush()
        data: bytes = self.buffer.getvalue()  # type: ignore[attr-defined]
        return data.decode("utf-8", "replace")


def same(expected: Any, answer: Any, tolerance: float = 0.0) -> bool:
    """Whether two pieces of plain data are equal in type and value, all the way down.

    True is not 1, a tuple is not a list, and NaN equals NaN. With a tolerance, a float may differ by that much, and an
    int stands for a float of its value where a float is expected.
    """
    if isinstance(expected, float) and isinstance(answer, (int, float)) and not isinstance(answer, bool):
        if not tolerance and type(answer) is not float:
            return False
        return expected == answer or abs(expected - answer) <= tolerance or (expected != expected and answer != answer)
    if type(expected) is not type(answer):
        return False
    if isinstance(expected, (list, tuple)):
        return len(expected) == len(answer) and all(map(same, expected, answer, [tolerance] * len(expected)))
    if isinstance(expected, dict):
        return expected.keys() == answer.keys() and all(same(expected[key], answer[key], tolerance) for key in expected)
    return bool(expected == answer)
