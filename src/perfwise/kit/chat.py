"""A program out of a chat answer: fenced blocks, or the lines that parse."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from perfwise.kit.python_text import defines, parse, parsed

__all__ = ["from_chat"]

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^`\n]*$")
_CODE_START = re.compile(r"(?:async |class |def |from \w|import \w|@\w|[A-Za-z_]\w*\s*(?:,\s*\w+\s*)*=[^=])")
_PYTHON = frozenset({"", "python", "py", "python3", "python2", "py3"})


@dataclass(frozen=True, slots=True)
class _Block:
    """One fenced block of a chat answer; `closed` is False where the answer ended inside it."""

    language: str
    text: str
    closed: bool


def from_chat(text: str, entry_point: str = "") -> str:
    """The program in a chat answer.

    Among fenced Python blocks the last that parses and defines the entry point (or `solution`) wins, because an answer
    works towards its final version; else all blocks together, if they do; else the longest that parses. For a program
    without an entry point the longest that parses wins. Without fences it is the longest run of lines that parses.

    Args:
        text: the answer, as the model wrote it.
        entry_point: the function asked for; empty for a program that reads standard input.
    Returns: program text; where nothing in the answer parses, the likeliest part, which then fails as a candidate.
    """
    blocks = [block for block in _blocks(text) if block.text.strip()]
    if not blocks:
        return text if parsed(text) is not None else _longest_run(text, entry_point) or text
    python = [block for block in blocks if block.language.lower() in _PYTHON] or blocks
    texts = [block.text if block.closed else _as_far_as_it_parses(block.text, entry_point) for block in python]
    good = [each for each in texts if parsed(each) is not None]
    if entry_point:
        joined = "\n".join(good)
        for candidate in [*reversed(good), joined]:
            if _answers(candidate, entry_point):
                return candidate
    return max(good or texts, key=len)


def _answers(source: str, entry_point: str) -> bool:
    return defines(source, entry_point) or defines(source, "solution")


def _blocks(text: str) -> Iterator[_Block]:
    language, mark, lines = "", "", list[str]()
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not mark:
            if found:
                language, mark, lines = found["language"], found["mark"], []
        elif found and found["mark"].startswith(mark) and not found["language"]:
            yield _Block(language, textwrap.dedent("\n".join(lines)) + "\n", closed=True)
            mark = ""
        else:
            lines.append(line)
    if mark:
        yield _Block(language, textwrap.dedent("\n".join(lines)) + "\n", closed=False)


def _as_far_as_it_parses(text: str, entry_point: str) -> str:
    """A block that never ended: all of it, else as much of its beginning as makes a program."""
    if parsed(text) is not None:
        return text
    run = _run_from(text.splitlines(), 0)
    return run if run and (not entry_point or _answers(run, entry_point)) else text


def _longest_run(text: str, entry_point: str) -> str:
    """The longest run of lines that parses and starts like code; defining the entry point beats length."""
    lines, runs, start = text.splitlines(), list[str](), 0
    while start < len(lines):
        run = _run_from(lines, start) if _CODE_START.match(lines[start]) else ""
        if run:
            runs.append(run)
        start += max(run.count("\n"), 1)
    return max(runs, key=lambda run: (bool(entry_point) and _answers(run, entry_point), len(run)), default="")


def _run_from(lines: list[str], start: int) -> str:
    """The longest parsing run that starts at a line; each failure says where to end the next try."""
    end = len(lines)
    while end > start:
        run = "\n".join(lines[start:end]) + "\n"
        try:
            parse(run)
        except SyntaxError as error:
            end = start + min((error.lineno or 1), end - start) - 1
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            return run
    return ""
