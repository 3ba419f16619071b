from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.memory.paged import Paged
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import serve, trace_of


def test_a_prompt_takes_whole_blocks_and_leaves_the_watermark():
    rows, (replica,) = trace_of((0, 33, 1), (0, 65, 1)).rows(), replicas_of(1, blocks=8)
    state = Paged(0.25).state(shape_of(total_blocks=8))
    assert Paged.admit(0, rows, 0, replica, state)
    assert (rows.blocks[0], rows.capacity[0], replica.free_blocks) == (3, 48, 5)
    assert not Paged.admit(0, rows, 1, replica, state)  # 5 wanted, 2 must stay free
    assert (replica.short_blocks, replica.free_blocks, rows.blocks[1]) == (2, 5, 0)


def test_a_shared_beginning_needs_no_blocks():
    rows, (replica,) = trace_of((0, 40, 1)).rows(), replicas_of(1)
    rows.shared_tokens = 32
    assert Paged.admit(0, rows, 0, replica, Paged().state(shape_of()))
    assert (rows.blocks[0], rows.capacity[0]) == (1, 48)


def test_a_decode_grows_by_a_block_when_the_last_is_full():
    rows, (replica,) = trace_of((0, 16, 9)).rows(), replicas_of(1, blocks=2)
    state = Paged().state(shape_of(total_blocks=2))
    assert Paged.admit(0, rows, 0, replica, state)
    rows.processed = 16
    assert Paged.extend(0, rows, 0, replica, state)
    assert rows.blocks[0] == 1
    rows.processed = 17
    assert Paged.extend(0, rows, 0, replica, state)
    assert (rows.blocks[0], rows.capacity[0], replica.free_blocks) == (2, 32, 0)
    assert not Paged.extend(0, rows, 0, replica, state)  # a block must be free, even where none is taken
    Paged.release(0, rows, 0, replica, state)
    assert (rows.blocks[0], replica.free_blocks) == (0, 2)


def test_a_lone_request_that_fills_all_blocks_still_ends():
    # 4 blocks of 4: all are taken at 13 tokens, so it starts over at 14 and at 15.
    run = serve((0, 4, 12), blocks=4, block_tokens=4, batching=Sarathi())
    assert run.restarts == 2
    assert run.requests.completed_s[0] > 0
