"""A Dask cluster as an executor of `concurrent.futures`, one function at a time in each of its processes."""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from perfwise.errors import InvalidOption, MissingExtra

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Cluster", "joined"]

P = ParamSpec("P")
R = TypeVar("R")


class Cluster(Executor):
    """Sends functions to the workers of a running Dask cluster.

    A function whose worker dies is run again by another one, by Dask's own rule: up to
    `distributed.scheduler.allowed-failures` times (3), then its future raises. Functions and values must be known to
    the workers' Python: they need what this process has installed.

    Args:
        client: connected to the cluster's scheduler; whoever made it closes it.
    """

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._executor: Executor = client.get_executor(pure=False)

    @property
    def count(self) -> int:
        """Processes that work now; some may join or leave."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def everywhere(self, function: Callable[[], R]) -> Mapping[str, R | BaseException]:
        """What it returns, or raises, in each process, by the process's address."""
        found: dict[str, R | BaseException] = self._client.run(function, on_error="return")
        return found

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """As every executor does."""
        return self._executor.submit(_in_turn, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more; the cluster goes on."""
        self._executor.shutdown(wait=wait and not cancel_futures)


@contextmanager
def joined(address: str, *, wait_s: float = 10.0, workers_wait_s: float = 60.0) -> Iterator[Cluster]:
    """The cluster of a scheduler; what is left in it is withdrawn at the end.

    Args:
        address: `HOST:PORT`. Protocol and certificates are those of Dask's own configuration.
        wait_s: how long to wait for the scheduler.
        workers_wait_s: how long to wait for its first worker, which a batch system may have to start.
    Raises: MissingExtra without the package; InvalidOption where no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError as cause:
        raise MissingExtra("a Dask cluster needs distributed: pip install 'perfwise[cluster]'") from cause
    try:
        client = Client(address, timeout=wait_s, set_as_default=False)
    except (OSError, ValueError) as cause:  # what it raises for refused, unknown and silent hosts
        raise InvalidOption(
            f"no Dask scheduler answers at {address} ({type(cause).__name__}); start one, e.g. dask scheduler --port "
            f"{address.rpartition(':')[2]}, or mend the address"
        ) from cause
    with client:
        try:
            client.wait_for_workers(1, timeout=workers_wait_s)
        except TimeoutError as cause:
            raise InvalidOption(
                f"the Dask cluster at {address} has no workers; start some: dask worker {address} --nthreads 1"
            ) from cause
        cluster = Cluster(client)
        try:
            yield cluster
        finally:
            cluster.shutdown(cancel_futures=True)


def _in_turn(function: Callable[..., R], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> R:
    """A worker with several threads still runs one at a time: what runs keeps state for its whole process."""
    with _turn():
        return function(*args, **kwargs)


@functools.cache
def _turn() -> threading.Lock:
    return threading.Lock()
