"""Rewrite rules, searched under the meter: greedily, then in pairs."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from perfwise.core.family import Family
from perfwise.improve.accepting import TIE
from perfwise.improve.contracts import Entry, Proposal, State
from perfwise.improve.cpp_text import CppProgram, rewritten
from perfwise.improve.rewriting import Program, Site, applied, parsed

__all__ = ["Rules"]

_FAMILIES = {
    "python": Family("perfwise.improve.rules"),
    "c++": Family("perfwise.improve.cpp_rules"),
    "c": Family("perfwise.improve.cpp_rules"),
}


@dataclass(frozen=True)
class Rules:
    """Apply rewrite rules one at a time and keep what counts less; no model is asked.

    Each rule that fires on the incumbent is tried at all its sites at once, then, if that was refused, site by site.
    When no rule helps any more, the verified candidates that were not cheaper are built on once, the least dear first:
    a rewrite may pay only together with another.

    Args:
        only: names of rules; empty: all.
        beam: how many candidates that did not pay are built on.
        sites: the most sites of one rule that are tried one by one.

    Source: the patterns of `docs/rules-measured.md`; greedy and beam search under an exact count.
    """

    only: tuple[str, ...] = ()
    beam: int = 2
    sites: int = 4

    def propose(self, state: State) -> Sequence[Proposal]:
        """The next candidate that was not tried; empty when all were."""
        for base in (state.best, *self._bases(state)):
            for proposal in self._rewrites(state, base):
                if state.tried(proposal.text) is None:
                    return [proposal]
        return []

    def select(self, state: State) -> Entry:
        """The incumbent."""
        return state.best

    def _bases(self, state: State) -> list[Entry]:
        best, cost = state.best, state.cost_name
        aside = [
            entry
            for entry in state.entries
            if entry.assessment.finding in {"verified", "dearer"}
            and not entry.accepted
            and entry.same_as is None
            and entry.proposal.parent == best.number
            and not _changes_nothing(state, entry)
        ]
        aside.sort(key=lambda entry: (entry.assessment.costs.get(cost, float("inf")), entry.number))
        return aside[: self.beam]

    def _rewrites(self, state: State, base: Entry) -> Iterator[Proposal]:
        for rewrite in _rewrites_of(base.proposal.text, state.task.language, self.only):
            if base.number != state.best.number and rewrite.rule == base.proposal.origin:
                continue
            yield Proposal(rewrite.text, base.number, rewrite.rule, rewrite.reason, rewrite.tier)
            found = state.tried(rewrite.text)
            if found is None or found.accepted or _changes_nothing(state, found):
                continue
            for text, reason in rewrite.alone[: self.sites]:
                yield Proposal(text, base.number, rewrite.rule, reason, rewrite.tier)


def _changes_nothing(state: State, entry: Entry) -> bool:
    """Whether it is verified and costs what the incumbent costs, so that parts of it or more of it are no use."""
    cost, bar = (one.assessment.costs.get(state.cost_name) for one in (entry, state.best))
    return cost is not None and bar is not None and abs(cost - bar) <= TIE * bar


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A rule at all of its sites, and at each alone where there are several."""

    rule: str
    tier: str
    text: str
    reason: str
    alone: tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=64)
def _rewrites_of(text: str, language: str, only: tuple[str, ...]) -> tuple[_Rewrite, ...]:
    put: Callable[[list[Site]], str | None]
    seen: Program | CppProgram
    if language == "python":
        program = parsed(text)
        if program is None or program.dynamic:
            return ()
        put, seen = functools.partial(applied, program), program
    else:
        source = CppProgram(text)
        put, seen = functools.partial(rewritten, source), source
    made = (_rewrite(name, rule.tier, list(rule.sites(seen)), put) for name, rule in _made(language, only))
    return tuple(each for each in made if each is not None)


@functools.cache
def _made(language: str, only: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """Rules by name, in the order of trying; looking a family through takes longer than most rules."""
    family = _FAMILIES[language]
    return tuple((name, family.get(name)()) for name in only or _ordered(family.names()))


def _rewrite(name: str, tier: str, found: Sequence[Site], put: Callable[[list[Site]], str | None]) -> _Rewrite | None:
    sites = [site for site in found if site.edits]
    text = put(sites)
    if text is None:
        return None
    alone = [(put([site]), site.reason) for site in sites] if len(sites) > 1 else []
    return _Rewrite(name, tier, text, _reasons(sites), tuple((made, why) for made, why in alone if made))


def _reasons(sites: Sequence[Site]) -> str:
    told = list(dict.fromkeys(site.reason for site in sites))
    return "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")


_FIRST = (
    "isqrt_bound",
    "root_bound",
    "recurrence",
    "memo",
    "counter",
    "set_before_loop",
    "generator_to_list",
    "any_to_loop",
    "hoist",
)


_LAST = ("enumerate_loop", "zip_loop", "bound_method")


def _ordered(names: Sequence[str]) -> list[str]:
    """Those that gain most first: what comes later is then measured against a low bar."""
    between = [name for name in names if name not in (*_FIRST, *_LAST)]
    return [name for name in (*_FIRST, *between, *_LAST) if name in names]
