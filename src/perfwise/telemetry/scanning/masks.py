"""Masks: what in a line is a value, and what it is called."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfwise.errors import InvalidOption
from perfwise.kit.textfiles import Faults, text_of
from perfwise.telemetry.scanning.pattern import Program, program_of

__all__ = ["TYPED", "Mask", "chosen_masks", "read_masks", "typed_masks"]

_EDGE = r"(?<![A-Za-z0-9_])"
_DATE = r"\d{4}[-/]\d{2}[-/]\d{2}"
_CLOCK = r"\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?"

TYPED: dict[str, str] = {
    "QUOTED": r'"[^"]*"',
    "URL": r"\b[a-z][a-z0-9+.]{1,15}://[^\s\"'<>,;)\]]+",
    "EMAIL": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "UUID": r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
    "TIMESTAMP": rf"{_EDGE}{_DATE}(?:[T ]{_CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?\b|{_EDGE}{_CLOCK}\b",
    "IP": r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w])",
    "PATH": r"(?<![\w/.<>*-])(?:[A-Za-z]:)?(?:[\\/][\w.@%+~-]+){2,}[\\/]?",
    "HEX": r"\b0[xX][0-9a-fA-F]+\b",
    "SIZE": r"(?<![\w.])\d+(?:\.\d+)?\s?(?:[kKMGTP]i?[bB]|[bB]ytes?)\b",
    "DURATION": r"(?<![\w.])\d+(?:\.\d+)?\s?(?:ns|us|ms|s|sec|secs|seconds|min|mins|h)\b",
    "NUM": r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w])",
}
"""Typed masks by name, in the order in which they are applied."""


@dataclass(frozen=True)
class Mask:
    """A pattern whose matches are replaced by `<NAME>` before lines are compared.

    Args:
        pattern: a regular expression of Python's `re`. Its matches in ASCII lines are found by the scanner where the
            pattern has a program (`compiled`), else, and in lines with other characters, by `re`, which is slower.
        name: what stands for the match; `*` makes it the same as a place where lines differ.
    """

    pattern: str
    name: str = "*"
    program: Program | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.name or re.search(r"[\s\\<>]", self.name):
            raise InvalidOption(f"a mask's name is a word without <, > and \\, not {self.name!r}")
        try:
            re.compile(self.pattern)
            program = program_of(self.pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise InvalidOption(
                f"the mask {self.name} is no regular expression: {error} in {self.pattern!r}"
            ) from error
        object.__setattr__(self, "program", program)

    @property
    def compiled(self) -> bool:
        """Whether the scanner finds its matches."""
        return self.program is not None

    @property
    def text(self) -> str:
        """What stands for a match."""
        return f"<{self.name}>"


def typed_masks(names: Sequence[str] = tuple(TYPED), *, named: bool = True) -> tuple[Mask, ...]:
    """The masks of these types, in the order in which they have to be applied.

    Args:
        names: any of `TYPED`, upper or lower case.
        named: whether a match becomes its type (`<IP>`) or the wildcard `<*>`.
    Raises: InvalidOption for a type that there is not.
    """
    wanted = {name.upper() for name in names}
    if unknown := sorted(wanted - TYPED.keys()):
        raise InvalidOption(f"there is no mask {', '.join(unknown)}; there are {', '.join(TYPED)}")
    return tuple(Mask(pattern, name if named else "*") for name, pattern in TYPED.items() if name in wanted)


def read_masks(path: Path) -> tuple[Mask, ...]:
    r"""Masks of a file, applied in its order.

    A line is a regular expression, whose matches become the wildcard `<*>`, or `<NAME>`, a space and a regular
    expression, or `@TYPE` for a typed mask, `@typed` for all of them. Empty lines and lines that begin with `#` say
    nothing. A file that begins with `[` is Drain3's JSON: objects with `regex_pattern` and `mask_with`.

    Raises: InvalidInput naming every line that cannot be used.
    """
    faults = Faults()
    text = text_of(path, faults)
    if text.lstrip().startswith("["):
        masks = _of_json(text, path, faults)
    else:
        masks = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                try:
                    masks += _of_line(line)
                except InvalidOption as error:
                    faults.add(f"{path}:{number}", "invalid-mask", str(error.args[0]))
    faults.check()
    return tuple(masks)


def chosen_masks(given: str | None) -> tuple[Mask, ...]:
    """Masks by name: a file, `none`, `typed`, or types with commas between; None is `typed`.

    Raises: InvalidOption for types that there are not; InvalidInput for a file that cannot be used.
    """
    if given is None or given == "typed":
        return typed_masks()
    if given == "none":
        return ()
    if Path(given).exists():
        return read_masks(Path(given))
    if {"/", "."} & set(given):
        raise InvalidOption(f"there is no file of masks {given}")
    return typed_masks(given.split(","))


def _of_line(line: str) -> list[Mask]:
    if line.startswith("@"):
        name = line[1:].strip()
        return list(typed_masks() if name.lower() == "typed" else typed_masks([name]))
    named = re.fullmatch(r"<([^\s<>]+)> (.+)", line)
    return [Mask(named[2], named[1]) if named else Mask(line)]


def _of_json(text: str, path: Path, faults: Faults) -> list[Mask]:
    try:
        given = json.loads(text)
    except ValueError as error:
        faults.add(path, "malformed-json", f"not JSON: {error}")
        return []
    masks = []
    for place, each in enumerate(given):
        try:
            masks.append(Mask(str(each["regex_pattern"]), str(each["mask_with"])))
        except (KeyError, TypeError):
            faults.add(f"{path}[{place}]", "missing-field", "a mask has `regex_pattern` and `mask_with`")
        except InvalidOption as error:
            faults.add(f"{path}[{place}]", "invalid-mask", str(error.args[0]))
    return masks
