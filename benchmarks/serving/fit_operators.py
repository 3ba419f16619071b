"""Fit smooth curves to measured operator tables, so that no table has to ship.

`python benchmarks/serving/fit_operators.py` reads the public aiconfigurator tables and writes
src/perfwise/serving/profiles/shipped/*.npz: times at a few knots, a least-squares fit of ours to all rows, straight
between knots in logarithms. It prints how far the rows are from the fit. `--timer FOLDER` of the
serving commands takes the tables themselves.
"""

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.linalg import lsqr

ROOT = Path(__file__).parents[2]
from perfwise.serving.profiles.aiconfigurator import AiConfigurator  # noqa: E402
from perfwise.serving.profiles.operator_times import OperatorTimes  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "serving" / "aiconfigurator"
SHIPPED = Path(os.environ.get("FIT_OUT") or ROOT / "src" / "perfwise" / "serving" / "profiles" / "shipped")

Array = NDArray[np.float64]

# kind: (leading columns that stay apart, knots of each other column)
KNOTS = {
    "linear": (0, (7, 7, 11)),
    "decode": (2, (7, 7)),
    "prefill": (2, (6, 8)),
    "latent_decode": (1, (7, 7)),
    "latent_prefill": (1, (6, 8)),
    "experts": (6, (7,)),
    "all_reduce": (1, (9,)),
    "all_gather": (1, (9,)),
    "all_to_all": (1, (9,)),
    "reduce_scatter": (1, (9,)),
}
APART = {"experts": 80}  # the most groups kept, those with most rows
LEFT_OUT = ("/64/",)  # head widths of models that the catalog does not need
STIFFNESS = 0.02  # of second differences, so that a knot without rows near it is guided by its neighbours


def knots_of(column: Array, count: int) -> Array:
    """Some of the values, spread evenly in logarithms, the ends among them."""
    values = np.unique(column)
    wanted = np.geomspace(values[0], values[-1], count)
    return np.unique([values[np.abs(np.log(values / each)).argmin()] for each in wanted])


def hats(axis: Array, column: Array) -> list[tuple[NDArray[np.int64], Array]]:
    """For each row its lower and upper knot, with their shares."""
    if axis.size == 1:
        return [(np.zeros(column.size, np.int64), np.ones(column.size))]
    low = np.clip(np.searchsorted(axis, column, side="right") - 1, 0, axis.size - 2)
    share = np.log(column / axis[low]) / np.log(axis[low + 1] / axis[low])
    return [(low, 1 - share), (low + 1, share)]


def fitted(rows: Array, counts: tuple[int, ...]) -> tuple[Array, Array]:
    """(knots, seconds) rows in place of (points, seconds) rows; and the logarithms of what each row misses."""
    axes = [knots_of(column, count) for column, count in zip(rows.T[:-1], counts, strict=True)]
    shape = tuple(axis.size for axis in axes)
    parts = [hats(axis, column) for axis, column in zip(axes, rows.T[:-1], strict=True)]
    at, cells, shares = np.arange(len(rows)), [], []
    for corner in np.ndindex(*(len(part) for part in parts)):
        chosen = [part[which] for part, which in zip(parts, corner, strict=True)]
        cells.append(np.ravel_multi_index([cell for cell, _ in chosen], shape))
        shares.append(np.prod([share for _, share in chosen], axis=0))
    size = int(np.prod(shape))
    basis = csr_matrix((np.concatenate(shares), (np.tile(at, len(cells)), np.concatenate(cells))), (len(rows), size))
    wanted = np.log(rows[:, -1])
    smooth = second_differences(shape)
    whole = vstack([basis, STIFFNESS * np.sqrt(len(rows) / max(smooth.shape[0], 1)) * smooth])
    found = lsqr(whole, np.concatenate([wanted, np.zeros(smooth.shape[0])]), atol=1e-10, btol=1e-10)[0]
    grid = np.stack([each.ravel() for each in np.meshgrid(*axes, indexing="ij")], axis=1)
    near = np.asarray(basis.sum(axis=0)).ravel() > 0  # knots that some row lies beside
    return np.column_stack([grid, np.exp(found)])[near], wanted - basis @ found


def second_differences(shape: tuple[int, ...]) -> csr_matrix:
    index = np.arange(int(np.prod(shape))).reshape(shape)
    parts = []
    for dimension in range(len(shape)):
        moved = np.moveaxis(index, dimension, 0)
        if len(moved) < 3:
            continue
        triples = np.stack([moved[:-2].ravel(), moved[1:-1].ravel(), moved[2:].ravel()])
        count = triples.shape[1]
        values = np.tile([1.0, -2.0, 1.0], (count, 1)).T.ravel()
        parts.append(csr_matrix((values, (np.tile(np.arange(count), 3), triples.ravel())), (count, index.size)))
    return vstack(parts) if parts else csr_matrix((0, index.size))


def table_fitted(kind: str, rows: Array) -> tuple[Array, Array]:
    apart, counts = KNOTS[kind]
    if not apart:
        return fitted(rows, counts)
    groups, place = np.unique(rows[:, :apart], axis=0, return_inverse=True)
    sizes = np.bincount(place.ravel())
    kept = np.argsort(-sizes, kind="stable")[: APART.get(kind, len(groups))]
    found, misses = [], []
    for group in sorted(kept.tolist()):
        part, miss = fitted(rows[place.ravel() == group][:, apart:], counts)
        found.append(np.column_stack([np.tile(groups[group], (len(part), 1)), part]))
        misses.append(miss)
    return np.concatenate(found), np.concatenate(misses)


def main() -> None:
    SHIPPED.mkdir(exist_ok=True)
    for system in ("a100_sxm", "h100_sxm"):
        for backend in ("vllm", "trtllm"):
            times = AiConfigurator(DATA / system, backend).read()
            tables = {}
            for name, rows in times.tables.items():
                if any(part in name for part in LEFT_OUT):
                    continue
                tables[name], misses = table_fitted(name.split("/")[0], rows)
                off = np.abs(np.expm1(np.abs(misses)))
                print(
                    f"{system} {backend} {name}: {len(rows)} rows, {len(tables[name])} knots, off by "
                    f"{np.median(off):.1%} in the middle, {np.quantile(off, 0.9):.1%} at most in 9 of 10"
                )
            source = f"a fit to {times.source}"
            path = SHIPPED / f"{system}_{backend}.npz"
            OperatorTimes(times.device, source, tables).save(path)
            print(
                f"{path.name}: {path.stat().st_size / 1e3:.0f} kB, {sum(map(len, tables.values()))} knots",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main()
