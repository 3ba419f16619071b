"""Logs parsed as they come: rows, templates, resuming, values, drift."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidInput, InvalidOption
from perfwise.telemetry.drift import drift_of
from perfwise.telemetry.headers import Header, guessed_header
from perfwise.telemetry.learning.saving import load, save
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parameters import Slots
from perfwise.telemetry.parsers.drain import Drain
from perfwise.telemetry.parsing import Parsing, Places
from perfwise.telemetry.scanning.masks import typed_masks

DRAIN = Drain(masks=typed_masks())


def log(count, first=0):
    return "".join(
        f"2024-05-01 10:00:{i % 60:02} INFO user {i} from 10.0.0.{i % 7} took {i}ms\n"
        if i % 3
        else f"2024-05-01 10:00:{i % 60:02} WARN disk d{i % 5} is {i % 100}% full\n"
        for i in range(first, first + count)
    )


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_rows_have_ids_versions_and_values_that_make_the_line_again(tmp_path):
    (tmp_path / "a.log").write_text(log(50))
    places = Places(tmp_path / "a.jsonl", tmp_path / "t.jsonl")
    summary = Parsing(DRAIN).run([str(tmp_path / "a.log")], places)
    rows, templates = rows_of(places.out), rows_of(places.templates)
    texts = {(each["template_id"], each["version"]): each["text"] for each in templates}
    assert summary.headers == {str(tmp_path / "a.log"): "<Date> <Time> <Level> <Content>"}
    contents = [line.split(" ", 3)[3] for line in log(50).splitlines()]
    made = [Slots(texts[each["template_id"], each["version"]], DRAIN.masks).line(each["params"]) for each in rows]
    assert made == contents
    assert [each["line"] for each in rows] == list(range(1, 51))
    assert (summary.lines, summary.unsplit, summary.clusters) == (50, 0, len(summary.templates))


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_run_goes_on_from_its_state_as_if_it_had_never_ended(tmp_path, ending):
    path, whole = tmp_path / "a.log", log(400)
    path.write_text(whole)
    once = Places(tmp_path / f"once{ending}", tmp_path / "once-t.jsonl")
    Parsing(DRAIN).run([str(path)], once)
    twice = Places(tmp_path / f"twice{ending}", tmp_path / "twice-t.jsonl", tmp_path / "state")
    path.write_text(log(150))
    Parsing(DRAIN).run([str(path)], twice)
    with twice.out.open("a") as file:
        file.write("what a killed run wrote after it had saved its state")
    path.write_text(whole)
    summary = Parsing(DRAIN).run([str(path)], twice)
    assert summary.lines == 250
    assert twice.out.read_bytes() == once.out.read_bytes()
    assert twice.templates.read_bytes() == once.templates.read_bytes()


def test_a_killed_run_leaves_a_state_that_can_be_gone_on_with(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(log(30_000))
    places = Places(tmp_path / "rows.jsonl", None, tmp_path / "state")
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from perfwise.telemetry import parsing\n"
        "from perfwise.telemetry.parsers.drain import Drain\n"
        "from perfwise.telemetry.scanning.masks import typed_masks\n"
        "from perfwise.telemetry.readers.plain import Plain\n"
        "parsing._SAVE_EVERY_BYTES = 50_000\n"
        "def told(lines):\n"
        "    if lines > 15_000: os.kill(os.getpid(), signal.SIGKILL)\n"
        "parsing.reader_for = lambda name, stream, wanted: (Plain(block_bytes=65536), stream)\n"
        "run = parsing.Parsing(Drain(masks=typed_masks()), progress=told)\n"
        "run.run([sys.argv[1]], parsing.Places(Path(sys.argv[2]), None, Path(sys.argv[3])))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path, places.out, places.state], check=False)
    assert done.returncode == -signal.SIGKILL
    summary = Parsing(DRAIN).run([str(path)], places)
    assert 0 < summary.lines < 30_000
    once = Places(tmp_path / "once.jsonl")
    Parsing(DRAIN).run([str(path)], once)
    assert places.out.read_bytes() == once.out.read_bytes()
    assert not os.path.exists(f"{places.state}.new")  # noqa: PTH110 - a name, not a path


def test_match_only_looks_up_and_counts_what_is_unknown(tmp_path):
    (tmp_path / "a.log").write_text("go 1 x\ngo 2 x\n")
    (tmp_path / "b.log").write_text("go 3 x\nnever seen before\n")
    places = Places(state=tmp_path / "state")
    Parsing(DRAIN).run([str(tmp_path / "a.log")], places)
    before = places.state.read_bytes()
    summary = Parsing(DRAIN, match_only=True).run([str(tmp_path / "b.log")], replace(places, out=tmp_path / "b.csv"))
    assert (summary.counts, summary.unmatched) == ({1: 1}, 1)
    assert places.state.read_bytes() == before
    with (tmp_path / "b.csv").open() as file:
        assert [row["params"] for row in csv.DictReader(file)] == ['["3"]', '["never seen before"]']


def test_states_of_other_settings_versions_or_junk_are_refused(tmp_path):
    (tmp_path / "a.log").write_text("a b\n")
    places = Places(state=tmp_path / "state")
    Parsing(DRAIN).run([str(tmp_path / "a.log")], places)
    with pytest.raises(InvalidOption, match="other settings"):
        Parsing(replace(DRAIN, sim_th=0.7)).run([str(tmp_path / "a.log")], places)
    state, about = load(places.state)
    save(places.state, state, {**about, "format": 99})
    with pytest.raises(InvalidInput, match="state-version"):
        load(places.state)
    places.state.write_bytes(b"junk")
    with pytest.raises(InvalidInput, match="malformed-state"):
        load(places.state)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(lines=st.lists(st.text('ab1 .:/="<*>\t\u00e9\u0663', max_size=30), max_size=25))
def test_values_always_make_the_words_of_the_line_again(lines):
    learnt = DRAIN.learner().learn(Lines.of(lines))
    texts = {(each.id, each.version): each.text for each in learnt.templates}
    for line, cluster, version in zip(lines, learnt.ids.tolist(), learnt.versions.tolist(), strict=True):
        slots = Slots(texts[cluster, version], DRAIN.masks)
        filled = slots.values(line)
        if filled.exact:
            assert slots.line(filled.values).split() == line.split()
            assert len(filled.values) == len(slots.types)
        else:
            assert filled.values == (line,)


def test_values_know_their_types():
    slots = Slots("from <IP> as <*> in /<NUM>/x", typed_masks())
    assert slots.types == ("IP", "*", "NUM")
    assert slots.values("from 10.0.0.1 as me in /7/x").values == ("10.0.0.1", "me", "7")


def test_headers_are_cut_given_and_guessed():
    lines = Lines.of(["081109 203615 148 INFO dfs.Data: Receiving block", "no header here"])
    contents, missing = Header.named("hdfs").cut(lines)
    assert ([*contents.texts()], missing) == (["Receiving block", "no header here"], 1)
    optional = Header("<Time> <Component>(\\[<Pid>\\])?: <Content>").cut(Lines.of(["1 sshd[7]: a", "1 cron: b"]))[0]
    assert [*optional.texts()] == ["a", "b"]
    assert guessed_header(Lines.of(["Jun 14 15:16:01 combo sshd(pam_unix)[19939]: failure"] * 3)).name == "syslog"
    assert guessed_header(Lines.of(["anything at all"])).format == "<Content>"
    with pytest.raises(InvalidOption, match="ends in <Content>"):
        Header("<Time> <Level>")
    with pytest.raises(InvalidOption, match="there is no header 'nope'"):
        Header.named("nope")


def test_rows_go_to_parquet_and_duckdb(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'perfwise[data]'")
    (tmp_path / "a.log").write_bytes(b"go 1\ngo 2\n\xff broken\n")
    Parsing(DRAIN).run([str(tmp_path / "a.log")], Places(tmp_path / "a.parquet"))
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table["template_id"].to_pylist() == [1, 1, 2]
    column = parquet.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(3)
    assert (column.path_in_schema, "RLE_DICTIONARY" in column.encodings) == ("template_id", True)
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb: pip install 'perfwise[data]'")
    Parsing(DRAIN).run([str(tmp_path / "a.log")], Places(tmp_path / "a.duckdb"))
    with duckdb.connect(str(tmp_path / "a.duckdb")) as database:
        assert database.execute("SELECT params FROM events WHERE line = 2").fetchone() == (["2"],)
    with pytest.raises(InvalidOption, match="cannot be gone on with"):
        Parsing(DRAIN).run([str(tmp_path / "a.log")], Places(tmp_path / "b.parquet", state=tmp_path / "s"))


def test_clocks_that_go_back_are_counted(tmp_path):
    (tmp_path / "a.csv").write_text("time,message\n5,a\n3,b\n4,c\n,d\n2,e\n")
    assert Parsing(DRAIN).run([str(tmp_path / "a.csv")]).backwards == 2


def test_memory_stays_bounded_and_evictions_are_told(tmp_path):
    (tmp_path / "a.log").write_text(
        "".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)} x{i}y z\n" for i in range(9000))
    )
    parsing = Parsing(Drain(sim_th=1.0, max_clusters=50))
    summary = parsing.run([str(tmp_path / "a.log")])
    assert (summary.clusters, summary.evicted) == (50, 8950)
    assert len(parsing._texts) <= 10_200


def test_drift_tells_new_vanished_burst_and_changed():
    before = ["user a in"] * 50 + ["disk full"] * 40 + ["tick"] * 10 + ["rare one here"]
    after = ["user a in"] * 40 + ["user b in"] * 5 + ["tick"] * 55 + ["boom now"] * 2
    found = {change.kind: change for change in drift_of(Lines.of(before), Lines.of(after), Drain()).changes}
    assert {kind: change.template for kind, change in found.items()} == {
        "new": "boom now",
        "vanished": "disk full",
        "burst": "tick",
        "changed": "user <*> in",
    }
    assert (found["changed"].was, found["burst"].before, found["burst"].after) == ("user a in", 10, 55)
    assert found["new"].ratio == np.inf
    with pytest.raises(InvalidOption, match="drift needs all templates"):
        drift_of(Lines.of(before), Lines.of(after), Drain(max_clusters=3))
