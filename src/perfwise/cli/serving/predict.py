"""`perfwise serving predict`: TTFT and TPOT of configurations in the steady state, one a row."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.serving.predict import Prediction

__all__ = ["predict_rows"]

_SHOWN = 20


def predict_rows(
    rows: Annotated[
        Path,
        typer.Option(
            help="CSV with one configuration a row: model_path, system, backend, isl, osl, and where they apply "
            "concurrency or batch_size, tp_size, pp_size, attention_dp_size, moe_tp_size, moe_ep_size, precision, mode."
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Write id, ttft_ms, tpot_ms and their bands ttft_lo to tpot_hi, a row for each row."),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Learn from measurements first: rows of the same form with silicon_ttft_ms and silicon_tpot_ms.",
        ),
    ] = None,
    uncalibrated: Annotated[
        bool, typer.Option("--uncalibrated", help="First principles and operator times alone.")
    ] = False,
) -> None:
    """Predict time to first token and time per output token of steady configurations, without a trace.

    Each answer has a band that holds 8 of 10 measurements; a row that cannot be predicted says why in the column
    'refused'. Where only averages under a constant number of requests are wanted, this is all that is needed; what a
    trace with bursts does to them, 'perfwise serving simulate' tells.
    """
    from perfwise.cli.json_files import check_place
    from perfwise.cli.terminal import output
    from perfwise.errors import InvalidOption
    from perfwise.serving.configurations import read_configurations, read_measurements, write_predictions
    from perfwise.serving.predict import Correction, predict

    if out is not None:
        check_place(str(out))
    if fit is not None and uncalibrated:
        raise InvalidOption("--fit learns from measurements, --uncalibrated forbids it; take one of them")
    asked = read_configurations(rows)
    correction = Correction.none() if uncalibrated else None
    if fit is not None:
        correction = Correction.fit(read_measurements(fit), f"the measurements in {fit.name}")
    predictions = predict([configuration for _, configuration in asked], correction)
    identities = [identity for identity, _ in asked]
    if out is not None:
        write_predictions(out, identities, predictions)
    _print(identities, predictions, output())


def _print(identities: list[str], predictions: "list[Prediction]", console: "Console") -> None:
    from rich import box
    from rich.table import Table

    from perfwise.cli.terminal import shown

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("id", "model", "system"):
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=16)
    for name in ("TTFT", "8 of 10 in", "TPOT", "8 of 10 in"):
        table.add_column(name, justify="right", no_wrap=True, min_width=7)
    for identity, each in list(zip(identities, predictions, strict=True))[:_SHOWN]:
        about = each.configuration
        names = (shown(about.model.rpartition("/")[2]), shown(about.system)) if about else ("", "")
        if each.refused:
            table.add_row(shown(identity), *names, f"refused: {each.refused}")
            continue
        cells = (_ms(each.ttft_s), _span(each.ttft_band_s), _ms(each.tpot_s), _span(each.tpot_band_s))
        table.add_row(shown(identity), *names, *cells)
    console.print(table)
    if len(predictions) > _SHOWN:
        console.print(f"{len(predictions) - _SHOWN:,} more rows; --out FILE writes all of them")
    refused = Counter(each.refused for each in predictions if each.refused)
    done = len(predictions) - sum(refused.values())
    console.print(f"{done:,} predicted, {sum(refused.values()):,} refused")
    for reason, count in sorted(refused.items()):
        first = next(each.source for each in predictions if each.refused == reason)
        console.print(f"  {count:,} {reason}: {shown(first)}", soft_wrap=True)
    for source, count in Counter(each.source for each in predictions if not each.refused).most_common(6):
        console.print(f"{count:,} by {shown(source)}", style="dim", soft_wrap=True)


def _ms(seconds: float) -> str:
    return f"{_number(1e3 * seconds)} ms" if seconds < 1 else f"{_number(seconds)} s"


def _span(band_s: tuple[float, float]) -> str:
    low_s, high_s = band_s
    if high_s < 1:
        return f"{_number(1e3 * low_s)}-{_number(1e3 * high_s)} ms"
    return f"{_number(low_s)}-{_number(high_s)} s"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
