"""What readers make of numbers in files: requests as they were sent, steady loads, loads at a rate."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.textfiles import Faults
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.observation import Observation
from perfwise.serving.trace import Floats, Trace, Wholes
from perfwise.serving.traces._columns import checked

__all__ = ["Answers", "Lengths", "Means", "mean_or_nan", "open_load", "recorded", "steady"]

_MOST_REQUESTS = 1_000_000
_WAVES = 4  # of a steady load's clients; the first one is left out of the means
_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Requests and their latencies, a value each; NaN where one has none."""

    sent_s: Floats
    prompt: Floats | Wholes
    output: Floats | Wholes
    ttft_s: Floats
    tpot_s: Floats

    def only(self, chosen: NDArray[np.bool_]) -> "Answers":
        """Some of them."""
        sent_s, ttft_s, tpot_s = (column[chosen] for column in (self.sent_s, self.ttft_s, self.tpot_s))
        return Answers(sent_s, self.prompt[chosen], self.output[chosen], ttft_s, tpot_s)


class Means(NamedTuple):
    """Mean latencies of a load, NaN where unknown."""

    ttft_s: float
    tpot_s: float


class Lengths(NamedTuple):
    """Tokens of equal requests."""

    prompt: int
    output: int


def recorded(name: str, answers: Answers, faults: Faults) -> Observation:
    """Requests at the times when they were sent. Raises: InvalidInput with the faults."""
    order = np.argsort(answers.sent_s, kind="stable")
    sent_s = answers.sent_s - answers.sent_s.min(initial=np.inf)
    prompt, output = (tokens.astype(np.int64) for tokens in (answers.prompt, answers.output))
    trace = checked(lambda: Trace(name, sent_s[order], prompt[order], output[order]), faults)
    return Observation(name, trace, mean_or_nan(answers.ttft_s), mean_or_nan(answers.tpot_s[answers.output > 1]))


def steady(
    name: str, lengths: Lengths, clients: int, means: Means, faults: Faults, requests: int | None = None
) -> Observation:
    """Clients that wait for their answers, all of equal lengths.

    With a number of requests all of them count; without one the first request of each client is left out, as the means
    of a steady state leave it.
    """
    count = max(1, requests if requests is not None else _WAVES * clients)
    if max(count, clients) > _MOST_REQUESTS:
        text = f"{clients:,} clients and {count:,} requests are more than the {_MOST_REQUESTS:,} that are replayed"
        faults.add(name, "too-many-requests", text)
        count = clients = 1
    prompt, output = (np.full(count, max(1, tokens)) for tokens in lengths)
    trace = checked(lambda: Trace(name, np.zeros(count), prompt, output), faults)
    leading = 0 if requests is not None else min(clients, count - 1)
    group = f"{lengths.prompt}/{lengths.output}/{clients}"
    return Observation(name, trace, means.ttft_s, means.tpot_s, clients, leading, group=group)


def open_load(
    name: str, lengths: Lengths, requests: int, requests_per_s: float, means: Means, faults: Faults
) -> Observation:
    """Equal requests at a rate whose times nobody wrote down: drawn from a Poisson process, or all at once."""
    if requests > _MOST_REQUESTS:
        faults.add(name, "too-many-requests", f"{requests:,} requests are more than the {_MOST_REQUESTS:,} replayed")
        requests = 1
    known = np.isfinite(requests_per_s) and requests_per_s > 0
    sent_s = Poisson(requests_per_s).times(requests, _SEED) if known else np.zeros(requests)
    prompt, output = (np.full(requests, max(1, tokens)) for tokens in lengths)
    trace = checked(lambda: Trace(name, sent_s, prompt, output), faults)
    return Observation(name, trace, means.ttft_s, means.tpot_s)


def mean_or_nan(values: Floats) -> float:
    """Over what is known."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
