"""The parsers that see the whole log, and Spell, on lines small enough to follow by hand."""

from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parsers.ael import Ael
from perfwise.telemetry.parsers.brain import Brain
from perfwise.telemetry.parsers.drain_original import DrainOriginal
from perfwise.telemetry.parsers.iplom import Iplom
from perfwise.telemetry.parsers.spell import Spell
from perfwise.telemetry.scanning.masks import Mask


def texts(parser, *lines):
    found = parser.parse(Lines.of(lines))
    return [found.templates[each] for each in found.ids.tolist()]


def test_short_lines_never_join_in_the_original_drain():
    # depth 5 chooses by two leading words: lines of at most two words stay as they are
    assert texts(DrainOriginal(depth=5), "go a", "go b", "go x a", "go x b", "go a") == [
        "go a",
        "go b",
        "go x <*>",
        "go x <*>",
        "go a",
    ]


def test_ael_merges_what_differs_in_few_places():
    lines = ("open file a now", "open file b now", "open file c now", "shut it all down")
    assert texts(Ael(min_event_count=2, merge_percent=0.25), *lines) == ["open file <*> now"] * 3 + ["shut it all down"]
    assert texts(Ael(min_event_count=4), *lines) == list(lines)


def test_brain_makes_columns_of_many_words_variable():
    lines = [*(f"user {name} left" for name in "abc"), "user x came"]
    # Words of the first three lines are found 4, 1 and 3 times, each once in a line, so that "user" is their root; of
    # the other columns one has three words. The last line's root is the two words that are found once.
    assert texts(Brain(threshold=3), *lines) == ["user <*> left"] * 3 + ["user x came"]
    assert texts(Brain(threshold=4), *lines) == lines


def test_brain_ends_words_at_separators_and_takes_words_with_digits_for_values():
    assert texts(Brain(threshold=9), "k=12ab v", "k=1x v") == ["k= <*> v", "k= <*> v"]


def test_spell_keeps_the_longest_common_subsequence():
    assert texts(Spell(), "link eth0 is up", "link eth1 is up") == ["link <*> is up"] * 2
    assert texts(Spell(tau=0.9), "link eth0 is up", "link eth1 is up") == ["link eth0 is up", "link eth1 is up"]
    assert texts(Spell(), "a b c d", "a b c d e f") == ["a b c d"] * 2  # all words of the template occur


def test_iplom_splits_by_the_column_with_the_fewest_words():
    lines = ("start a x 1", "start b y 2", "stop c x 3", "stop d y 4", "stop e y 5")
    # The first column has two words, as the third has, and comes first. In each part columns two and three are as
    # different as any; one to one they would split, but a quarter of the columns has one word, which is enough.
    assert texts(Iplom(ct=0.2), *lines) == ["start <*> <*> <*>"] * 2 + ["stop <*> <*> <*>"] * 3


def test_masks_are_deleted_in_iplom_and_named_elsewhere():
    masks = (Mask(r"\d+"),)
    assert texts(Iplom(masks=masks), "job 12 done", "job 7 done") == ["job done"] * 2
    assert texts(Ael(masks=masks), "job 12 done", "job 7 done") == ["job <*> done"] * 2
