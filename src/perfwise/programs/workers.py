"""Where a study of programs runs: processes of this machine, or the workers of a cluster."""

import functools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import perfwise
from perfwise.core.study import leave_with_parent
from perfwise.errors import InvalidOption, NotComparable
from perfwise.kit.cluster import Cluster, joined
from perfwise.programs.engine import ProgramEngine

__all__ = ["Workers", "cluster_workers", "started_workers"]

_DASK = "dask://"


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes for a study.

    Args:
        executor: that runs them.
        count: how many there are.
    """

    executor: Executor
    count: int


@contextmanager
def started_workers(jobs: int) -> Iterator[Workers | None]:
    """Processes for a study; none for one job, which runs in this process.

    Args:
        jobs: number of processes; 0: one for each processor.
    Raises: InvalidOption for a negative number.
    """
    if jobs < 0:
        raise InvalidOption(f"the number of jobs must be at least 0, not {jobs}")
    count = jobs or os.cpu_count() or 1
    if count == 1:
        yield None
        return
    # Forking a process that has threads, as the guest's and the store's, can hang; a spawned one starts clean.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, context, initializer=_begin_worker)
    try:
        yield Workers(executor, count)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _begin_worker() -> None:
    """Ctrl-C reaches the whole group; the parent alone decides what it means, and nobody outlives it."""
    leave_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def cluster_workers(address: str, engine: ProgramEngine) -> Iterator[Workers]:
    """The workers of a running Dask cluster.

    Args:
        address: `dask://HOST:PORT` of its scheduler.
        engine: what they shall run; each must measure with it as this process would.
    Raises: InvalidOption for another form of address, or where nobody answers; MissingExtra; NotComparable naming the
        workers that would measure something else, or nothing.
    """
    host, _, port = address.removeprefix(_DASK).rpartition(":")
    if not address.startswith(_DASK) or not host or not port.isdecimal():
        raise InvalidOption(f"an executor is named dask://HOST:PORT, the address of a Dask scheduler; not {address!r}")
    with joined(f"{host}:{port}") as cluster:
        _check_alike(cluster, engine)
        yield Workers(cluster, cluster.count)


def _check_alike(cluster: Cluster, engine: ProgramEngine) -> None:
    """Workers that join later are caught by the study: their outcomes would carry other keys."""
    here = _measures_as(engine)
    differences = []
    for worker, there in sorted(cluster.everywhere(functools.partial(_measures_as, engine)).items()):
        if isinstance(there, BaseException):
            differences.append(f"{worker}: {type(there).__name__}: {there}")
        else:
            told = [
                f"{name} {there.get(name)!r} instead of {here[name]!r}"
                for name in here
                if there.get(name) != here[name]
            ]
            differences += [f"{worker}: {', '.join(told)}"] if told else []
    if differences:
        raise NotComparable(
            "\n  ".join(["workers of the cluster would not measure as this machine does:", *differences])
            + "\nInstall the same perfwise and wasmtime on every worker and restart it",
            differences,
        )


def _measures_as(engine: ProgramEngine) -> dict[str, str]:
    """What decides the numbers in the process that calls it."""
    found = {"perfwise": perfwise.__version__, **engine.provenance.comparable()}
    if engine.fallback is not None:
        spare = replace(engine, meter=engine.fallback, fallback=None).provenance.comparable()
        found |= {f"fallback's {name}": part for name, part in spare.items()}
    return found
