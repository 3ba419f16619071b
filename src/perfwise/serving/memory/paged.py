"""Paged memory: blocks of a few tokens, taken when they are needed."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import ADMIT, EXTEND, RELEASE, Row, RowArray, Shape, State
from perfwise.serving.mechanism import blocks_to_start

__all__ = ["Paged"]


@compilable(ADMIT)
def admit(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> bool:
    """All blocks of the prompt at once, if the watermark stays free."""
    row = requests[request]
    shared = row.shared_tokens // replica.block_tokens
    blocks = blocks_to_start(row, replica) - shared
    lacking = blocks + int(state[0]) - replica.free_blocks
    if lacking > 0:
        replica.short_blocks = lacking
        return False
    replica.free_blocks -= blocks
    row.blocks = blocks
    row.capacity = (blocks + shared) * replica.block_tokens
    return True


@compilable(EXTEND)
def extend(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> bool:
    """One block where the last is full; like vLLM, a decode needs a free block even where it would not take it."""
    if replica.free_blocks < 1:
        replica.short_blocks = 1
        return False
    row = requests[request]
    if row.processed > row.capacity:
        row.blocks += 1
        row.capacity += replica.block_tokens
        replica.free_blocks -= 1
    return True


@compilable(RELEASE)
def release(now_s: float, requests: RowArray, request: int, replica: Row, state: State) -> None:
    """All blocks are free again."""
    row = requests[request]
    replica.free_blocks += row.blocks
    row.blocks = 0


@dataclass(frozen=True, slots=True)
class Paged:
    """PagedAttention's block tables: a prompt takes its blocks on admission, a decode one block at a time.

    Args:
        watermark: share of all blocks that an admission leaves free; a running request may take them.

    Source: Kwon et al., Efficient Memory Management for Large Language Model Serving with PagedAttention, SOSP 2023,
        arXiv:2309.06180.
    """

    watermark: float = 0.01
    admit = staticmethod(admit)
    extend = staticmethod(extend)
    release = staticmethod(release)

    def state(self, shape: Shape) -> State:
        """(1,): blocks of the watermark."""
        return np.array([int(self.watermark * shape.total_blocks)], dtype=np.float64)
