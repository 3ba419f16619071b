"""Rows and states for calling a hook by itself, as the loop would."""

from typing import Any

import numpy as np

from perfwise.serving.contracts import REPLICA, Shape
from perfwise.serving.trace import Trace

__all__ = ["replicas_of", "shape_of"]


def replicas_of(count: int, **fields: Any) -> Any:
    """Idle replicas of 100 blocks of 16 tokens, unless the fields say otherwise."""
    rows = np.zeros(count, REPLICA).view(np.recarray)
    rows.index = np.arange(count)
    rows.total_blocks = rows.free_blocks = fields.pop("blocks", 100)
    rows.block_tokens = 16
    rows.max_holders = rows.max_members = 128
    rows.stages, rows.speed = 1, 1.0
    rows.first_waiting = rows.last_waiting = -1
    for name, value in fields.items():
        setattr(rows, name, value)
    return rows


def shape_of(trace: Trace | None = None, **fields: Any) -> Shape:
    """What a method is told of a run over the trace."""
    given = {
        "replicas": 1,
        "requests": len(trace) if trace else 1,
        "prefixes": int(trace.prefixes.max()) + 1 if trace and len(trace.prefixes) else 0,
        "prefix_tokens": trace.prefix_tokens if trace else 0,
        "total_blocks": 100,
        "block_tokens": 16,
        "max_tokens": int((trace.prompt + trace.output).max()) if trace else 64,
        "kv_bytes_per_token": 1000.0,
        "seed": 0,
    }
    return Shape(**{**given, **fields})
