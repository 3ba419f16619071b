"""What is said of a trace."""

import json

import numpy as np
import pytest

from perfwise.serving.reading import read_trace
from perfwise.serving.trace import Trace
from perfwise.serving.trace_summary import reused_tokens, trace_summary
from tests.data_folder import shared


def with_prefixes(*hashes, prompt=None, tokens=10):
    counts = np.array([len(own) for own in hashes])
    prompts = np.array(prompt or [tokens * len(own) for own in hashes])
    flat = np.array([each for own in hashes for each in own])
    ones = np.ones(len(hashes))
    return Trace(
        "t",
        np.arange(len(hashes)),
        np.maximum(prompts, 1),
        ones,
        prefixes=flat,
        prefix_start=np.cumsum(counts) - counts,
        prefix_count=counts,
        prefix_tokens=tokens,
    )


def test_rate_and_burstiness_are_of_the_gaps():
    said = trace_summary(Trace("t", np.array([5.0, 6.0, 9.0]), np.array([1, 2, 3]), np.array([4, 4, 4])))
    assert (said["requests"], said["duration_s"], said["rate_per_s"]) == (3, 4.0, 0.5)
    assert said["burstiness"] == pytest.approx(0.5)  # gaps 1 and 3: deviation 1, mean 2
    assert (said["prompt"]["p50"], said["prompt"]["sum"], said["output"]["mean"]) == (2.0, 6, 4.0)


def test_requests_at_one_moment_have_no_rate():
    said = trace_summary(Trace("t", np.zeros(2), np.ones(2), np.ones(2)))
    assert (said["duration_s"], said["rate_per_s"], said["burstiness"]) == (0.0, None, None)
    json.dumps(said, allow_nan=False)


def test_only_the_leading_hashes_that_came_before_are_reused():
    made = with_prefixes((1, 2, 3), (1, 2, 9), (5, 2), (1, 8, 2), (5, 2, 7))
    assert reused_tokens(made).tolist() == [0, 20, 0, 10, 20]
    assert trace_summary(made)["prefix"] == {"requests_share": 1.0, "hashes": 7, "reuse_share": pytest.approx(50 / 140)}


def test_a_hash_twice_in_one_prompt_is_no_reuse():
    assert reused_tokens(with_prefixes((1, 1))).tolist() == [0]


def test_a_last_part_that_is_not_full_counts_with_what_is_in_it():
    assert reused_tokens(with_prefixes((1, 2), (1, 2), prompt=[13, 13])).tolist() == [0, 13]


def test_requests_without_hashes_reuse_nothing():
    assert reused_tokens(with_prefixes((), (1,), (), (1,))).tolist() == [0, 0, 0, 10]


def test_conversations_and_later_turns_are_counted():
    made = Trace(
        "t",
        np.array([0.0, 1.0, np.nan]),
        np.ones(3),
        np.ones(3),
        conversation=np.array([0, -1, 0]),
        next_turn=np.array([2, -1, -1]),
        notes=("seen",),
    )
    said = trace_summary(made)
    assert (said["conversations"], said["later_turns"], said["notes"]) == (1, 1, ["seen"])
    assert said["duration_s"] == 1.0


@pytest.mark.paper
def test_reuse_in_mooncakes_conversations_is_what_a_walk_through_all_prefixes_finds():
    """kvcache-ai/Mooncake 3b5a594, conversation trace: a set of seen prefixes, request by request."""
    made = read_trace(shared("serving/mooncake/conversation_trace.jsonl.gz"))
    seen, reused = set(), []
    for start, count, prompt in zip(made.prefix_start, made.prefix_count, made.prompt, strict=True):
        own = made.prefixes[start : start + count].tolist()
        leading = next((place for place, each in enumerate(own) if each not in seen), len(own))
        reused.append(min(leading * 512, prompt))
        seen.update(own)
    assert reused_tokens(made).tolist() == reused
    assert trace_summary(made)["prefix"]["reuse_share"] == pytest.approx(0.3736, abs=1e-4)
