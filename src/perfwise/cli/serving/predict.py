"""`perfwise serving predict`: TTFT and TPOT of configurations in the steady state, one a row."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from perfwise.serving.predict import Prediction

__all__ = ["predict_rows"]

_SHOWN = 20  # rows, or reasons
_NAMED = 5


def predict_rows(
    rows: Annotated[
        Path,
        typer.Option(
            metavar="CSV",
            help="One configuration a row: model_path, system, backend, isl, osl, and where they apply "
            "concurrency or batch_size, tp_size, pp_size, attention_dp_size, moe_tp_size, moe_ep_size, precision, "
            "mode.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Write id, ttft_ms, tpot_ms and their bands ttft_lo to tpot_hi, a row for each row."
        ),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Learn from measurements first: rows of the same form with silicon_ttft_ms and silicon_tpot_ms.",
        ),
    ] = None,
    uncalibrated: Annotated[
        bool,
        typer.Option("--uncalibrated", help="Without what was learnt from measured systems: operator times alone."),
    ] = False,
) -> None:
    """Predict time to first token and time per output token of steady configurations, without a trace.

    Each answer has a band that holds 8 of 10 measurements; a row that cannot be predicted says why in the column
    'refused'. Where only averages under a constant number of requests are wanted, this is all that is needed; what a
    trace with bursts does to them, 'perfwise serving simulate' tells.
    """
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.terminal import errors, output
    from perfwise.errors import InvalidOption
    from perfwise.serving.configurations import read_configurations, read_measurements, write_predictions
    from perfwise.serving.predict import Correction, predict
    from perfwise.serving.steady_state import is_ready

    check_places([out], [rows, fit])
    if fit is not None and uncalibrated:
        raise InvalidOption("--fit learns from measurements, --uncalibrated forbids it; take one of them")
    asked = read_configurations(rows)
    if not is_ready():
        errors().print("First run: compiling the simulator for this machine. It takes about half a minute, once.")
    correction = Correction.none() if uncalibrated else None
    with errors().status(f"predicting {len(asked):,} configurations"):
        if fit is not None:
            correction = Correction.fit(read_measurements(fit), f"the measurements in {fit.name}")
        predictions = predict([configuration for _, configuration in asked], correction)
    identities = [identity for identity, _ in asked]
    if out is not None:
        write_predictions(out, identities, predictions)
    _print(identities, predictions, output())


def _print(identities: list[str], predictions: "list[Prediction]", console: "Console") -> None:
    from rich.text import Text

    from perfwise.cli.terminal import shown

    rows = list(zip(identities, predictions, strict=True))
    done = [(identity, each) for identity, each in rows if not each.refused]
    if done:
        console.print(_table(done[:_SHOWN]))
    if len(done) > _SHOWN:
        console.print(f"{len(done) - _SHOWN:,} more rows; --out FILE writes all of them")
    refused: dict[tuple[str, str], list[str]] = {}
    for identity, each in rows:
        if each.refused:
            refused.setdefault((each.refused, each.source), []).append(identity)
    console.print(f"{len(done):,} predicted, {len(rows) - len(done):,} refused")
    for (reason, message), names in list(refused.items())[:_SHOWN]:
        which = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
        console.print(Text(f"refused {shown(which)}: {shown(message)} [{reason}]"))
    if len(refused) > _SHOWN:
        console.print(f"{len(refused) - _SHOWN:,} more reasons; --out FILE writes all of them")
    for source, count in Counter(each.source for _, each in done).most_common(6):
        console.print(Text(f"{count:,} by {shown(source)}", style="dim"))


def _table(rows: "list[tuple[str, Prediction]]") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from perfwise.cli.serving.amounts import digits
    from perfwise.cli.terminal import shown

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("id", "model", "system"):
        table.add_column(f"\n{name}", overflow="fold")
    for name in ("TTFT\nms", "8 of 10\nlie in", "TPOT\nms", "8 of 10\nlie in"):
        table.add_column(name, justify="right", no_wrap=True)
    for identity, each in rows:
        about = each.configuration
        names = (about.model.rpartition("/")[2], about.system) if about else ("", "")
        cells = []
        for middle_s, band_s in ((each.ttft_s, each.ttft_band_s), (each.tpot_s, each.tpot_band_s)):
            cells += [digits(1e3 * middle_s), " - ".join(digits(1e3 * bound_s) for bound_s in band_s)]
        table.add_row(*(Text(shown(name)) for name in (identity, *names)), *cells)
    return table
