"""Which log parser is better on a labelled log, and what it costs: parsers are candidates like any other."""

import tempfile
from pathlib import Path

from perfwise import Side, compare
from perfwise.core.metric import evaluate
from perfwise.core.study import Study
from perfwise.telemetry.demo import write_demo
from perfwise.telemetry.engine import LogEngine, ParserCandidate
from perfwise.telemetry.labelled import read_labelled
from perfwise.telemetry.metrics.fga import Fga
from perfwise.telemetry.metrics.ga import Ga
from perfwise.telemetry.parsers.drain import Drain
from perfwise.telemetry.parsers.spell import Spell
from perfwise.telemetry.scanning.masks import typed_masks

with tempfile.TemporaryDirectory() as folder:
    task = read_labelled(*write_demo(Path(folder)))
print(f"{len(task.lines)} lines, {len(task.true.templates)} true templates")

parsers = {"drain": Drain(masks=typed_masks()), "spell": Spell(masks=typed_masks(named=False))}
candidates = [ParserCandidate(parser, candidate_set=name) for name, parser in parsers.items()]
outcomes = list(Study.product([task], candidates, LogEngine()).run())
for name in parsers:
    own = [outcome for outcome in outcomes if outcome.candidate_set == name]
    print(f"{name}: GA = {evaluate(Ga(), own).value:.3f}, FGA = {evaluate(Fga(), own).value:.3f}")

sides = [Side(name, [outcome for outcome in outcomes if outcome.candidate_set == name]) for name in parsers]
print(f"compared by {compare(*sides, cost='cpu_s').cost}")
