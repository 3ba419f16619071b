"""Traces made from others: new arrival times, generated requests, lengths cut to what a model takes."""

from dataclasses import replace
from typing import Protocol

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.serving.trace import Floats, Lengths, Trace

__all__ = ["Arrivals", "LengthSource", "generated", "rearrived", "trimmed"]


class Arrivals(Protocol):
    """An arrival process: when requests come. Its parameters are frozen fields; pure under a seed."""

    def times(self, count: int, seed: int, recorded_s: Floats | None = None) -> Floats:
        """(count,) times in seconds, finite, at least 0, never falling.

        Args:
            count: how many requests.
            seed: of the randomness.
            recorded_s: times that the requests had before, for processes that start from them; None if they had none.
        Raises: InvalidOption if the process needs recorded times and there are too few.
        """


class LengthSource(Protocol):
    """Where prompt and output lengths come from. Its parameters are frozen fields; pure under a seed."""

    def lengths(self, count: int, seed: int) -> Lengths:
        """Lengths of so many requests, each at least 1."""


def generated(name: str, arrivals: Arrivals, lengths: LengthSource, count: int, seed: int = 0) -> Trace:
    """A trace of independent requests.

    Args:
        name: id of the trace.
        arrivals: when they come.
        lengths: how long they are; drawn apart from the times, so that either can change alone.
        count: how many.
        seed: of both.
    Raises: InvalidOption if the count is below 1.
    """
    if count < 1:
        raise InvalidOption(f"a trace needs at least one request, not {count}")
    drawn = lengths.lengths(count, seed)
    return Trace(name, arrivals.times(count, seed), drawn.prompt, drawn.output)


def rearrived(trace: Trace, arrivals: Arrivals, seed: int = 0) -> Trace:
    """The same requests at other times; later turns keep their pauses."""
    known = np.isfinite(trace.arrival_s)
    times = np.full(len(trace), np.nan)
    times[known] = arrivals.times(int(known.sum()), seed, trace.arrival_s[known])
    return replace(trace, arrival_s=times)


def trimmed(trace: Trace, max_tokens: int) -> Trace:
    """Prompt plus output cut to `max_tokens`; the excess is taken from the prompt, of which at least 1 token is left.

    Requests whose output alone is too long stay too long: the engine refuses them by name. Prefix hashes beyond a
    cut prompt are dropped.

    Source: the trace replay of Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465; microsoft/vidur 7d47513.
    """
    excess = np.maximum(trace.prompt + trace.output - max_tokens, 0)
    prompt = np.maximum(trace.prompt - excess, 1)
    longest = (prompt + trace.prefix_tokens - 1) // trace.prefix_tokens
    cut = int((prompt < trace.prompt).sum())
    notes = (
        (*trace.notes, f"{cut} prompt(s) cut so that prompt and output have {max_tokens} tokens")
        if cut
        else trace.notes
    )
    return replace(trace, prompt=prompt, prefix_count=np.minimum(trace.prefix_count, longest), notes=notes)
