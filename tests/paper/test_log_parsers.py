"""Parsers on loghub's ten logs of 2,000 lines: what was measured of Drain3 0.9.11 and logparser3 1.0.4 on the same.

The figures are rounded to four decimals there. Labels as published and as corrected; settings are logparser's own.
"""

import csv
import importlib.util
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from perfwise.telemetry.engine import LogEngine, ParserCandidate
from perfwise.telemetry.labelled import read_labelled
from tests.data_folder import shared

pytestmark = pytest.mark.paper

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "telemetry" / "_settings.py"
_SPEC = importlib.util.spec_from_file_location("telemetry_settings", _PATH)
_SETTINGS = importlib.util.module_from_spec(_SPEC)
sys.modules["telemetry_settings"] = _SETTINGS
_SPEC.loader.exec_module(_SETTINGS)
# AEL's groups are equal; the texts of what it merged differ from logparser's, see the evidence.
_TEXTS_DIFFER = {("ael", "Android"), ("ael", "HDFS"), ("ael", "Linux")}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loghub")
    with tarfile.open(shared("telemetry/loghub_2k.tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    return folder / "loghub_2k"


@pytest.fixture(scope="module")
def measured():
    with shared("telemetry/logparse_measured.csv").open() as file:
        return {(row["parser"], row["dataset"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("dataset", _SETTINGS.DATASETS)
def test_parsers_have_the_measured_accuracy(logs, measured, dataset):
    log = logs / dataset / f"{dataset}_2k.log"
    labels = [log.with_name(f"{log.name}_structured{kind}.csv") for kind in ("", "_corrected")]
    first, corrected = (read_labelled(log, each) for each in labels)
    tasks = [first, replace(corrected, lines=first.lines)]  # the corrected tables lost some white space
    for name in _SETTINGS.PARSERS:
        theirs = measured[(_SETTINGS.THEIRS[name].replace("Drain3", "Drain3 core"), dataset)]
        candidate = ParserCandidate(_SETTINGS.published(name, dataset))
        first, corrected = (LogEngine().run(task, candidate, 0).detail for task in tasks)
        ours = {
            "GA": first["scores"]["GA"],
            "FGA": first["scores"]["FGA"],
            "n_pred": first["templates"],
            "GA_corrected": corrected["scores"]["GA"],
            "FGA_corrected": corrected["scores"]["FGA"],
            **{each: corrected["scores"][each] for each in ("PA", "PTA", "RTA", "FTA")},
        }
        if (name, dataset) in _TEXTS_DIFFER:
            ours = {key: value for key, value in ours.items() if not key.endswith(("PA", "TA"))}
        assert ours == pytest.approx({key: float(theirs[key]) for key in ours}, abs=6e-5), name
