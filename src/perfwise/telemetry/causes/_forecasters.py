"""Forecasters that attend over series, with an encoder trained by contrast; on the CPU, by torch."""

from typing import Any

import numpy as np

from perfwise.errors import MissingExtra
from perfwise.telemetry.series import Floats

__all__ = ["attentions"]

_WIDTH = 128  # of an encoding
_SMOOTH = 25  # points of the moving average that splits off the trend
_BATCH = 128
_RATE = 1e-3
_TRAINED = 0.75  # share of the points


def attentions(values: Floats, window: int, epochs: int, seed: int, *, shared: bool) -> Floats:
    """How much attention the forecast of each series gives to each series; 1 is where all begin.

    Args:
        values: (points, series), standardised.
        window: points that a forecast sees.
        epochs: of the contrast and of the forecasters, each.
        seed: same seed, same attentions.
        shared: one encoder for all forecasters.
    Returns: (series forecast, series attended to).
    Raises: MissingExtra without torch.
    """
    try:
        import torch
    except ImportError as cause:
        raise MissingExtra("run needs torch: pip install 'perfwise[torch]', or take robust_deviation") from cause
    series, threads = values.shape[1], torch.get_num_threads()
    trained = values[: max(2 * window, int(len(values) * _TRAINED))]
    torch.set_num_threads(1)  # several only wait for each other on matrices this small
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            data = torch.tensor(trained, dtype=torch.float32).T.contiguous()  # (series, points)
            encoder = _encoder(torch, series, window)
            _contrast(torch, encoder, data, window, epochs)
            groups = [list(range(series))] if shared else [[target] for target in range(series)]
            state = {name: part.clone() for name, part in encoder.state_dict().items()}
            rows = []
            for targets in groups:
                encoder.load_state_dict(state)
                rows.append(_forecast(torch, encoder, data, targets, window, epochs))
    finally:
        torch.set_num_threads(threads)
    return np.concatenate(rows).astype(np.float64)


def _encoder(torch: Any, series: int, window: int) -> Any:
    """DLinear: trend and rest each go through one linear layer of their series."""

    class Encoder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            bound = window**-0.5
            self.weight = torch.nn.Parameter((torch.rand(2, series, window, _WIDTH) * 2 - 1) * bound)
            self.offset = torch.nn.Parameter(torch.zeros(series, 1, _WIDTH))

        def forward(self, windows: Any) -> Any:
            """(series, batch, window) -> (series, batch, width)."""
            padded = torch.nn.functional.pad(windows, (_SMOOTH // 2, _SMOOTH // 2), mode="replicate")
            trend = torch.nn.functional.avg_pool1d(padded, _SMOOTH, stride=1)
            encoded = torch.bmm(trend, self.weight[0]) + torch.bmm(windows - trend, self.weight[1])
            return encoded + self.offset

    return Encoder()


def _contrast(torch: Any, encoder: Any, data: Any, window: int, epochs: int) -> None:
    """Two overlapping crops of the same time are alike, at every scale; one side learns, the other stands still."""
    series, points = data.shape
    projector = torch.nn.Linear(series, series)
    optimiser = torch.optim.Adam([*encoder.parameters(), *projector.parameters()], lr=_RATE)
    for _ in range(epochs):
        for starts in _batches(torch, points - window - window // 2, _BATCH):
            shift = torch.randint(1, window // 2 + 1, (len(starts),))
            first = encoder(_cut(data, starts, window)).permute(1, 2, 0)  # (batch, width, series)
            second = encoder(_cut(data, starts + shift, window)).permute(1, 2, 0)
            loss = _hierarchical(torch, projector(first), second.detach())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def _hierarchical(torch: Any, first: Any, second: Any) -> Any:
    """Cross-entropy of finding the same place in the other crop, halved in length until one place is left."""
    functional = torch.nn.functional
    loss, levels = first.new_zeros(()), 0
    while first.shape[1] > 1:
        likeness = functional.normalize(first, dim=2) @ functional.normalize(second, dim=2).transpose(1, 2)
        wanted = torch.arange(first.shape[1]).expand(first.shape[0], -1)
        loss = loss + functional.cross_entropy(likeness.flatten(0, 1), wanted.reshape(-1))
        first, second = (functional.max_pool1d(each.transpose(1, 2), 2).transpose(1, 2) for each in (first, second))
        levels += 1
    return loss / max(levels, 1)


def _forecast(torch: Any, encoder: Any, data: Any, targets: list[int], window: int, epochs: int) -> Floats:
    """Train the forecasts of the next point of some series; their attentions, (targets, series)."""
    series, points = data.shape
    attention = torch.nn.Parameter(torch.ones(len(targets), series))
    heads = torch.nn.Parameter((torch.rand(len(targets), _WIDTH) * 2 - 1) * _WIDTH**-0.5)
    optimiser = torch.optim.Adam([*encoder.parameters(), attention, heads], lr=_RATE)
    wanted = data[targets]
    for _ in range(epochs):
        for starts in _batches(torch, points - window, _BATCH):
            encoded = encoder(_cut(data, starts, window))  # (series, batch, width)
            mixed = torch.einsum("ts,sbw->tbw", torch.softmax(attention, dim=1), encoded)
            error = torch.einsum("tbw,tw->tb", mixed, heads) - wanted[:, starts + window]
            loss = (error**2).mean(dim=1).sum()  # each forecast learns as if it were alone
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    result: Floats = attention.detach().numpy()
    return result


def _batches(torch: Any, count: int, size: int) -> Any:
    """Every start once, shuffled."""
    return torch.randperm(count).split(size)


def _cut(data: Any, starts: Any, window: int) -> Any:
    """(series, batch, window)."""
    return data.unfold(1, window, 1)[:, starts]
