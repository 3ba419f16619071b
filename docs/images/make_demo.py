"""Draw demo.svg: what `perfwise demo` shows, without its clock, so that the picture never changes by itself."""

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from perfwise.cli.demo import INTRODUCTION, evaluated
from perfwise.cli.render_ranking import print_scores

__all__ = ["picture"]

_PICTURE = Path(__file__).with_name("demo.svg")


def picture() -> str:
    """The SVG text. It names no font of another host: a reader's own monospace one will do."""
    console = Console(record=True, width=88, file=io.StringIO(), force_terminal=True, markup=False, highlight=False)
    console.print("$ perfwise demo\n", style="bold")
    console.print(INTRODUCTION + "\n")
    with tempfile.TemporaryDirectory() as folder:
        evaluation, _ = evaluated(str(Path(folder) / "store.db"))
    print_scores(evaluation.scores, console)
    drawn = console.export_svg(title="perfwise demo", unique_id="demo")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "Menlo, Consolas, DejaVu Sans Mono")


if __name__ == "__main__":
    _PICTURE.write_text(picture(), "utf-8")
