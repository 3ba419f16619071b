"""What a program's side hands over: texts that the program may have forged, taken apart into failures and answers."""

import json

from perfwise.core.outcome import Failure
from perfwise.programs import plain
from perfwise.programs.contracts import Call

__all__ = ["TAMPERED", "taken_apart", "told_failure"]

_LARGEST_ANSWER = 16 << 20  # bytes; the host walks each of them
TAMPERED = Failure("tampered", "the program replaced what hands over its answers")


def told_failure(text: str) -> Failure:
    """The failure to read a program in, as the program's own side tells it."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return TAMPERED
    match told:
        case [("syntax" | "exception" | "no-entry-point") as kind, str(message)]:
            return Failure(kind, message)
    return TAMPERED


def taken_apart(text: str, cost: float) -> Call:
    """A call that cost so much and gave this out; what is not well-formed plain data counts as no answer at all."""
    if len(text) > _LARGEST_ANSWER:
        return Call(cost, stopped=Failure("answer-too-large", f"the answer takes {len(text):,} bytes"))
    if text.startswith("V"):
        data = text[1:].encode("latin-1", "replace")
        if plain.is_plain(data):
            return Call(cost, answer=data)
    if text.startswith("E"):
        kind, _, message = text[1:].partition("\0")
        return Call(cost, raised=(kind, message))
    return Call(cost, stopped=TAMPERED)
