"""Run an evaluation with progress, and show what came of it; `eval` and `demo` share it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from perfwise.cli.document import evaluation_data
from perfwise.cli.first_start import load_with_notice, prepare_with_notice
from perfwise.cli.json_files import write_json
from perfwise.cli.progress import progress_bar
from perfwise.cli.render_candidate import print_candidate
from perfwise.cli.render_growth import print_growth
from perfwise.cli.render_ranking import print_scores
from perfwise.cli.terminal import complain, output
from perfwise.core.json import Json
from perfwise.core.store import open_store
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.evaluate import Evaluation, Question, begun, evaluate
from perfwise.programs.growth import growths
from perfwise.programs.reading import Inputs
from perfwise.programs.workers import Workers, cluster_workers, started_workers

__all__ = ["Keeping", "Where", "run", "show"]

_ALL_FAILED, _INTERRUPTED = 4, 130


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the outcomes go.

    Args:
        store: a file or URL; None: the user's own store.
        asked: what names the question, so that the same question can be resumed.
        resume: go on with the newest run of the same question.
    """

    store: str | None
    asked: dict[str, Json]
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """Where the programs run.

    Args:
        jobs: processes of this machine; 1: this process; 0: one for each processor.
        cluster: `dask://HOST:PORT` to run on a cluster instead.
    """

    jobs: int = 1
    cluster: str | None = None

    def workers(self, engine: ProgramEngine) -> AbstractContextManager[Workers | None]:
        """Started or joined. Raises: InvalidOption where both are asked for; what the two raise."""
        if self.cluster is None:
            return started_workers(self.jobs)
        if self.jobs != 1:
            raise InvalidOption("-j starts processes here and --executor uses a cluster's: give one of them")
        return cluster_workers(self.cluster, engine)


_HERE = Where()


def run(
    inputs: Inputs, engine: ProgramEngine, question: Question, keeping: Keeping, where: Where = _HERE
) -> Evaluation:
    """Evaluate, with a progress bar on a terminal. Raises: what `evaluate` raises; Exit after Ctrl-C."""
    load_with_notice()
    if engine.meter.name == "wasm":
        prepare_with_notice(candidate.language for candidate in inputs.candidates)
    spec: dict[str, Json] = {
        **keeping.asked,
        "meter": engine.meter.name,
        "fallback": None if engine.fallback is None else engine.fallback.name,
        "budget": engine.budget,
        "memory_bytes": engine.memory_bytes,
        "seed": question.seed,
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with where.workers(engine) as workers, open_store(keeping.store) as store, progress_bar("programs") as progress:
            record = begun(store, spec, inputs, now, resume=keeping.resume)
            return evaluate(inputs, engine, record, store, question, workers=workers, progress=progress)
    except KeyboardInterrupt:
        complain("interrupted; what was finished is kept, and the same command with --resume goes on from there")
        raise typer.Exit(_INTERRUPTED) from None


def show(
    evaluation: Evaluation, inputs: Inputs, json: str | None, *, verbose: bool = False, growth: bool = False
) -> None:
    """Print the result, write the document where one is asked for, and end with 4 if every program failed."""
    found = growths(evaluation.outcomes) if growth else None
    if json is not None:
        write_json(evaluation_data(evaluation, found), json)
    if json != "-":
        _print(evaluation, inputs, verbose=verbose)
        if found is not None:
            print_growth(found, output())
    candidates = [outcome for outcome in evaluation.outcomes if outcome.candidate_set != REFERENCE]
    if not any(outcome.succeeded for outcome in candidates):
        raise typer.Exit(_ALL_FAILED)


def _print(evaluation: Evaluation, inputs: Inputs, *, verbose: bool) -> None:
    console = output()
    if verbose:
        sources = {(one.task, one.candidate_set, one.id): one.source for one in inputs.candidates}
        for outcome in evaluation.outcomes:
            source = sources.get(outcome.attempt[:3])
            if source is not None:
                print_candidate(outcome, source, console)
    print_scores(evaluation.scores, console)
    console.print(f"Kept as run {evaluation.run.id} ({evaluation.run.name}).", style="dim")
