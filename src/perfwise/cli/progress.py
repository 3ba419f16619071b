"""How far a run is: committed outcomes, their rate, the time that is left. Shown on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from perfwise.cli.terminal import errors

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """What a study calls with (committed, all); None where standard error is no terminal."""
    console = errors()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    class Rate(ProgressColumn):
        """Outcomes a second."""

        def render(self, task: "Task") -> "Text":
            return _rate(task.speed)

    columns = (TextColumn(title), BarColumn(bar_width=None), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    # Twice a second is often enough to read, and drawing costs CPU time that the programs could use.
    with Progress(*columns, console=console, refresh_per_second=2, transient=True) as progress:
        bar = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _rate(speed: float | None) -> "Text":
    from rich.text import Text

    return Text("" if speed is None else f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s")
