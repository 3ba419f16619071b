"""A CSV of single steps of an engine and how long they took."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.textfiles import Faults
from perfwise.serving.contracts import STEP
from perfwise.serving.measurements._csv import GROUP, named
from perfwise.serving.observation import Measurements, StepTimes
from perfwise.serving.traces._columns import Columns, floats, header_of, read_columns, wholes

__all__ = ["Steps"]

Wholes = NDArray[np.int64]

_NEEDED = (floats("step_ms"), wholes("decodes"), wholes("decode_context"), wholes("prefill_tokens"))
_MORE = (
    wholes("prefills", optional=True),
    wholes("prefill_context", optional=True),
    wholes("longest_decode", optional=True),
    GROUP,
)


@dataclass(frozen=True)
class Steps:
    """Columns step_ms, decodes, decode_context, prefill_tokens; also prefills, prefill_context, longest_decode, group.

    `decodes` are sequences that make one more token, `decode_context` the sum of what they have behind them;
    `prefill_tokens` are prompt tokens of the step, of so many `prefills` (default 1), with `prefill_context` tokens of
    the same prompts before them in all (default 0). Steps of one group are left out together; by default those with
    about as many decodes and prompt tokens.

    Source: our own format; see docs/serving-calibration.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the columns."""
        return {column.name for column in _NEEDED} <= header_of(path)

    def read(self, path: Path) -> Measurements:
        """All steps. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        columns = read_columns(path, (*_NEEDED, *_MORE), faults)
        _check(columns, faults)
        faults.check()
        groups = [
            name or own for name, own in zip(named(columns, "group", len(columns.lines)), _sizes(columns), strict=True)
        ]
        return Measurements(str(path), (), StepTimes(_steps(columns), columns["step_ms"] * 1e-3, tuple(groups)))


def _check(columns: Columns, faults: Faults) -> None:
    for row in range(len(columns.lines)):
        if not (np.isfinite(columns["step_ms"][row]) and columns["step_ms"][row] > 0):
            text = f"step_ms must be above 0, not {columns['step_ms'][row]}"
            faults.add(columns.where(row), "not-a-time", text)
        if columns["decodes"][row] + columns["prefill_tokens"][row] < 1:
            faults.add(columns.where(row), "zero-tokens", "a step needs a decode or a prompt token")
        for name, column in columns.values.items():
            if name not in ("step_ms", "group") and column[row] < 0:
                faults.add(columns.where(row), "negative-count", f"{name} must be at least 0, not {column[row]}")


def _steps(columns: Columns) -> "np.recarray[tuple[int], np.dtype[np.void]]":
    decodes, prompt = columns["decodes"], columns["prefill_tokens"]
    steps = np.zeros(len(decodes), STEP).view(np.recarray)
    prefills = np.where(prompt > 0, np.maximum(_or(columns, "prefills", 1), 1), 0)
    chunk = prompt / np.maximum(prefills, 1)
    steps.decodes, steps.decode_context = decodes, columns["decode_context"]
    steps.longest_decode = np.maximum(
        _or(columns, "longest_decode", 0), columns["decode_context"] // np.maximum(decodes, 1)
    )
    steps.prefills, steps.prefill_tokens = prefills, prompt
    steps.prefill_context = _or(columns, "prefill_context", 0)
    steps.prefill_squares = (chunk * prompt).round()
    steps.prefill_pairs = (prompt * (steps.prefill_context / np.maximum(prefills, 1) + (chunk + 1) / 2)).round()
    steps.tokens, steps.members, steps.sampled = decodes + prompt, decodes + prefills, decodes + prefills
    return steps


def _or(columns: Columns, name: str, otherwise: int) -> Wholes:
    found = columns.get(name)
    return found if len(found) else np.full(len(columns.lines), otherwise, np.int64)


def _sizes(columns: Columns) -> list[str]:
    """Powers of two of decodes and prompt tokens."""
    decodes, prompt = (np.log2(np.maximum(columns[name], 0.5)).round() for name in ("decodes", "prefill_tokens"))
    return [f"{int(first)}/{int(second)}" for first, second in zip(decodes, prompt, strict=True)]
