"""drain has the ids of Drain3, whatever the lines and the settings."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidOption
from perfwise.telemetry.learning.learner import TreeLearner
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers.drain import Drain
from perfwise.telemetry.scanning.masks import Mask

WORDS = st.sampled_from(
    ["a", "b", "c", "x1", "y2", "<*>", "12", "\u00e9", "\u0663", "long-word-of-more-than-eight", "k=v"]
)
LINES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=40)
SETTINGS = st.fixed_dictionaries(
    {
        "sim_th": st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]),
        "depth": st.integers(3, 6),
        "max_children": st.integers(1, 5),
        "parametrize_numeric_tokens": st.booleans(),
    }
)
MASKS = (Mask(r"(\d+\.){3}\d+(:\d+)?"), Mask(r"\b\d+\b", "NUM"))


def peer(lines, *, masks=(), max_clusters=0, extra_delimiters=(), **parameters):
    """Drain3's ids, templates and itself."""
    drain3 = pytest.importorskip("drain3.drain", reason="needs drain3: pip install drain3==0.9.11")
    masking = pytest.importorskip("drain3.masking", reason="needs drain3: pip install drain3==0.9.11")
    drain = drain3.Drain(max_clusters=max_clusters or None, extra_delimiters=extra_delimiters, **parameters)
    masker = masking.LogMasker([masking.MaskingInstruction(each.pattern, each.name) for each in masks], "<", ">")
    ids = [drain.add_log_message(masker.mask(line))[0].cluster_id for line in lines]
    return ids, {each.cluster_id: each.get_template() for each in drain.clusters}, (drain, masker)


def alike(lines, **parameters):
    ids, templates, _ = peer(lines, **parameters)
    found = Drain(**parameters).parse(Lines.of(lines))
    assert found.ids.tolist() == ids
    assert {each: found.templates[each] for each in templates} == templates


@settings(max_examples=25, deadline=None, derandomize=True)
@given(lines=LINES, parameters=SETTINGS)
def test_ids_and_templates_are_those_of_drain3(lines, parameters):
    alike(lines, **parameters)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(lines=LINES, parameters=SETTINGS, most=st.integers(1, 4))
def test_so_they_are_when_clusters_have_to_go(lines, parameters, most):
    alike(lines, max_clusters=most, **parameters)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(lines=LINES, parameters=SETTINGS)
def test_so_they_are_with_delimiters(lines, parameters):
    alike(lines, extra_delimiters=("=", "-"), **parameters)


def test_words_that_end_in_bytes_of_value_zero_are_words_of_their_own():
    alike(["\x03", "\x00\x00", "\x00", "\x00\x00\x00", "a", "a\x00", "12345678\x00", "12345678"])


def made(count, seed=3):
    generator = random.Random(seed)
    kinds = [
        "send {} bytes to {}",
        "user {} logged in from {}",
        "job {} took {} ms",
        "\u00fcber {} gro\u00df {}",
        "x{} {}",
        "{}",
    ]
    return [
        generator.choice(kinds).format(generator.randint(0, 10**6), f"10.0.0.{generator.randint(0, 255)}:80")
        for _ in range(count)
    ]


def test_many_lines_with_masks_grow_every_array():
    alike(made(3000), masks=MASKS)
    alike(
        [" ".join(f"w{i % 701}{j}" for j in range(i % 9)) for i in range(4000)], sim_th=1.0, depth=5, max_children=1000
    )


def test_a_mask_that_re_has_to_find_gives_the_same_ids():
    masks = (Mask(r"(?<=to )\S+", "DEST"), *MASKS)
    assert not masks[0].compiled
    alike(made(300), masks=masks)
    assert "DEST" in Drain(masks=masks).parse(Lines.of(made(3))).notes[0]


def test_blocks_and_threads_change_nothing():
    lines = made(2000)
    whole = Drain(masks=MASKS).parse(Lines.of(lines))
    assert Drain(masks=MASKS, threads=3).parse(Lines.of(lines)).ids.tolist() == whole.ids.tolist()
    learner = Drain(masks=MASKS).learner()
    ids = [each for at in range(0, 2000, 77) for each in learner.learn(Lines.of(lines[at : at + 77])).ids.tolist()]
    assert ids == whole.ids.tolist()


def test_match_is_that_of_drain3_and_learns_nothing():
    lines = made(800)
    _, _, (drain, masker) = peer(lines[:400], masks=MASKS)
    learner = Drain(masks=MASKS).learner()
    learner.learn(Lines.of(lines[:400]))
    expected = [drain.match(masker.mask(line)) for line in lines[400:]]
    found = learner.match(Lines.of(lines[400:]))
    assert found.ids.tolist() == [each.cluster_id if each else 0 for each in expected]
    assert learner.match(Lines.of(["never seen that"])).ids.tolist() == [0]


def test_a_row_keeps_the_version_of_its_template():
    learner = TreeLearner(Drain().learner().settings)
    learnt = learner.learn(Lines.of(["go a b", "go a b", "go c b"]))
    assert learnt.ids.tolist() == [1, 1, 1]
    assert learnt.versions.tolist() == [1, 1, 2]
    assert [(each.id, each.version, each.line, each.text) for each in learnt.templates] == [
        (1, 1, 0, "go a b"),
        (1, 2, 2, "go <*> b"),
    ]


def test_memory_is_bounded_by_bytes_and_evictions_are_counted():
    learner = Drain(sim_th=1.0, max_bytes=20_000, max_children=5).learner()
    learner.learn(Lines.of([f"w{i} x y{i} z" for i in range(5000)]))
    assert learner.evicted == 5000 - learner.clusters
    assert 20 < learner.clusters < 100
    assert learner.state.tokens.nbytes + learner.state.text.nbytes < 1 << 18


def test_an_enormous_line_is_a_line():
    lines = ["a b c", "word " * 200_000, "x" * 1_000_000, "7 " * 100_000]
    assert Drain(masks=MASKS).parse(Lines.of(lines)).ids.tolist() == [1, 2, 3, 4]


def test_settings_out_of_range_are_refused_together():
    with pytest.raises(InvalidOption, match=r"sim_th.*depth.*max_children"):
        Drain(sim_th=2, depth=2, max_children=0)
