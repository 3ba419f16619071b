import pytest

from perfwise.errors import InvalidCandidate, InvalidOption
from perfwise.serving.batching.orca import Orca
from perfwise.serving.memory.reserved import Reserved
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import serve, steps, trace_of


@pytest.mark.parametrize(
    ("memory", "blocks"),
    [
        (Reserved(), 6),  # 50 + 33 tokens
        (Reserved("power"), 8),  # 50 + 64
        (Reserved("power", 100), 7),  # no more than the model's 100
        (Reserved("longest"), 13),  # the trace's longest: 200
        (Reserved("longest", 1000), 63),
        (Reserved("longest", 10), 6),  # the request itself is longer
    ],
)
def test_a_request_takes_all_that_its_rule_says(memory, blocks):
    rows, (replica,) = trace_of((0, 50, 33)).rows(), replicas_of(1)
    assert memory.admit(0, rows, 0, replica, memory.state(shape_of(max_tokens=200)))
    assert (rows.blocks[0], rows.capacity[0], replica.free_blocks) == (blocks, 16 * blocks, 100 - blocks)


def test_an_output_that_is_a_power_of_two_is_not_rounded_up():
    rows, (replica,) = trace_of((0, 16, 32)).rows(), replicas_of(1)
    assert Reserved.admit(0, rows, 0, replica, Reserved("power").state(shape_of()))
    assert rows.blocks[0] == 3


def test_a_refusal_says_what_is_lacking_and_takes_nothing():
    rows, (replica,) = trace_of((0, 50, 33)).rows(), replicas_of(1, blocks=4)
    assert not Reserved.admit(0, rows, 0, replica, Reserved().state(shape_of(total_blocks=4, max_tokens=64)))
    assert (replica.short_blocks, replica.free_blocks, rows.blocks[0]) == (2, 4, 0)


def test_growing_needs_nothing_even_when_no_block_is_free():
    run = serve((0, 8, 8), (0, 8, 8), (0, 8, 8), blocks=2, batching=Orca(), memory=Reserved())
    assert run.restarts == 0
    assert steps(run)[0] == (2, 16, 16)
    assert run.replicas.least_free_blocks[0] == 0


def test_a_rule_that_is_not_there_or_room_that_is_not_are_refused():
    with pytest.raises(InvalidOption, match="exact, power, longest"):
        Reserved("most")
    with pytest.raises(InvalidOption, match="max_tokens must be at least 0"):
        Reserved(max_tokens=-1)
    with pytest.raises(InvalidOption, match="max_tokens is 65, but a replica has room for 64 tokens"):
        serve((0, 4, 4), blocks=4, memory=Reserved("longest", 65))


def test_what_fits_exactly_is_served():
    run = serve((0, 4, 4), blocks=4, memory=Reserved("longest", 64))
    assert steps(run) == [(1, 4, 4), (1, 1, 0), (1, 1, 0), (1, 1, 0)]


def test_a_request_longer_than_memory_is_named():
    with pytest.raises(Exception, match="request-too-long") as raised:
        serve((0, 4, 4), (0, 60, 5), blocks=4, memory=Reserved())
    assert not isinstance(raised.value, InvalidCandidate)
