"""The plugin's hooks. pytest imports this at every start, so whatever is heavy is imported when a test measures."""

import json
from collections.abc import Generator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from perfwise.errors import PerfwiseError

if TYPE_CHECKING:
    from perfwise.pytest_plugin.baselines import Baselines
    from perfwise.pytest_plugin.fixture import Measuring
    from perfwise.pytest_plugin.keeping import Keeper
    from perfwise.pytest_plugin.recording import Record, Tolerance

__all__ = [
    "perfwise",
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_call",
]

_MEASURING: "pytest.StashKey[Measuring]" = pytest.StashKey()
_MARKER = (
    "perfwise(max_wasm_instructions=None, max_ratio=None, baseline=None): bounds for what the test measures with the"
    " fixture perfwise; baseline is a function or a number of instructions, else the baseline file's"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them `--perfwise-...`."""
    group = parser.getgroup("perfwise", "exact costs (perfwise)")
    group.addoption(
        "--perfwise-gate", action="store_true", help="Fail tests whose measurements got dearer than their baselines."
    )
    group.addoption(
        "--perfwise-update", action="store_true", help="Keep what passing tests measured as their baselines."
    )
    group.addoption(
        "--perfwise-baselines",
        metavar="FILE",
        help="The baseline file; without it perfwise-baselines.json in pytest's root folder.",
    )
    group.addoption(
        "--perfwise-store",
        metavar="STORE",
        help="Keep the baselines in a store instead, a file or a URL: each update is a run there.",
    )
    group.addoption(
        "--perfwise-project",
        metavar="NAME",
        help="Whose baselines they are in the store; without it the name of pytest's root folder.",
    )
    group.addoption(
        "--perfwise-tolerance",
        metavar="SHARE",
        default="0.2%",
        help="How much dearer counts as the same, beside 1,000 instructions: 3%% or 0.03. Default: 0.2%%.",
    )
    group.addoption("--perfwise-json", metavar="FILE", help="Write all measurements of the session to a JSON file.")


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker; with an option given, check what it needs before any test runs."""
    config.addinivalue_line("markers", _MARKER)
    options = config.option
    if any(
        (
            options.perfwise_gate,
            options.perfwise_update,
            options.perfwise_json,
            options.perfwise_store,
            options.perfwise_project,
        )
    ):
        try:
            _check(config)
        except PerfwiseError as error:
            raise pytest.UsageError(f"perfwise: {error}") from error
    if not hasattr(config, "workerinput"):  # xdist's workers leave the telling to the controller
        config.pluginmanager.register(_Session(config), "perfwise-session")


@pytest.fixture
def perfwise(request: pytest.FixtureRequest) -> "Measuring":
    """Measures exactly: perfwise.measure(function, *arguments), perfwise.compare(first, second, *arguments)."""
    from perfwise.pytest_plugin.fixture import Bounds, Measuring, bounds_of

    node, config = request.node, request.config
    marker = node.get_closest_marker("perfwise")
    bounds = Bounds() if marker is None else bounds_of(marker.args, marker.kwargs)
    held = _baselines_to_hold(config)
    gate, updating = config.option.perfwise_gate, config.option.perfwise_update
    measuring = Measuring(node.nodeid, bounds, held, _tolerance(config), gate, updating)
    node.stash[_MEASURING] = measuring
    return measuring


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hand the measurements of a test on, and fail it for what they broke."""
    try:
        result = yield
    finally:
        measuring = item.stash.get(_MEASURING, None)
        for record in () if measuring is None else measuring.records:
            item.user_properties.append(("perfwise", record.packed()))
    if measuring is not None and measuring.broken:
        pytest.fail("\n".join(f"perfwise: {each}" for each in measuring.broken), pytrace=False)
    if item.get_closest_marker("perfwise") is not None and (measuring is None or not measuring.records):
        pytest.fail(
            "perfwise: the test is marked, but measures nothing: take the fixture perfwise and call"
            " perfwise.measure(function, *arguments)",
            pytrace=False,
        )
    return result


class _Session:
    """What is gathered over a session, in the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[tuple[str, str], Record] = {}
        self._failed: set[str] = set()
        self._notes: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records of a test in, from this process or a worker."""
        if report.failed:
            self._failed.add(report.nodeid)
        packed = [value for name, value in report.user_properties if name == "perfwise"]
        if report.when == "teardown" and packed:
            from perfwise.pytest_plugin.recording import Record

            for record in (Record.unpacked(str(text)) for text in packed):
                self._records[record.test, record.name] = record

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files that were asked for."""
        options = self._config.option
        try:
            if options.perfwise_update and self._records:
                self._update()
            elif options.perfwise_update:
                self._notes.append("no test measured anything; the baselines are as they were")
            if options.perfwise_json:
                self._write_report(Path(options.perfwise_json))
        except PerfwiseError as error:
            self._notes.append(str(error))
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A table of the measurements."""
        if not self._records and not self._notes:
            return
        from perfwise.pytest_plugin.recording import table

        terminalreporter.write_sep("-", "perfwise: WebAssembly instructions, the same on every machine")
        records = list(self._records.values())
        lines = table(records, len(records)) if self._config.get_verbosity() > 0 else table(records)
        for line in [*(lines if records else []), *self._notes]:
            terminalreporter.write_line(line)

    def _update(self) -> None:
        from perfwise.pytest_plugin.baselines import Baselines
        from perfwise.pytest_plugin.recording import costs_of

        keeper, meter = _keeper(self._config), _meter()
        costs = costs_of(record for record in self._records.values() if record.test not in self._failed)
        before = keeper.read() or Baselines(meter)
        if dict(before.meter) != meter:
            self._notes.append(
                "the old baselines were counted by another meter; those of tests not run now are dropped"
            )
        keeper.write(before.updated(meter, costs))
        self._notes.append(f"wrote the baselines of {len(costs)} tests to {keeper}")
        skipped = len({record.test for record in self._records.values()} - costs.keys())
        if skipped:
            self._notes.append(f"{skipped} tests failed; their baselines are as they were")

    def _write_report(self, path: Path) -> None:
        from perfwise.kit.wholefiles import write_text
        from perfwise.pytest_plugin.recording import report_document

        document = report_document(list(self._records.values()), _meter(), _tolerance(self._config))
        write_text(path, json.dumps(document, indent=2) + "\n")


def _check(config: pytest.Config) -> None:
    """Raises: PerfwiseError where the gate has nothing to hold against, or the options contradict each other."""
    from perfwise.errors import InvalidOption

    _tolerance(config)
    if config.option.perfwise_gate and config.option.perfwise_update:
        raise InvalidOption("--perfwise-gate holds to the baselines and --perfwise-update replaces them; give one")
    if config.option.perfwise_store and config.option.perfwise_baselines:
        raise InvalidOption("--perfwise-store and --perfwise-baselines both say where the baselines are; give one")
    if config.option.perfwise_project and not config.option.perfwise_store:
        raise InvalidOption("--perfwise-project names baselines in a store; give --perfwise-store too")
    if config.option.perfwise_gate and _baselines_to_hold(config) is None:
        kept = "" if config.option.perfwise_store else " and commit the file"
        raise InvalidOption(
            f"there are no baselines in {_keeper(config)}; make them with pytest --perfwise-update{kept}"
        )


def _baselines_to_hold(config: pytest.Config) -> "Baselines | None":
    """The kept baselines, refused if another meter counted; None without one, or when it is about to be replaced."""
    if config.option.perfwise_update:
        return None
    if _BASELINES not in config.stash:
        keeper = _keeper(config)
        baselines = keeper.read()
        if baselines is not None:
            baselines.check(_meter(), keeper)
        config.stash[_BASELINES] = baselines
    return config.stash[_BASELINES]


_BASELINES: "pytest.StashKey[Baselines | None]" = pytest.StashKey()


def _keeper(config: pytest.Config) -> "Keeper":
    from perfwise.pytest_plugin.keeping import BaselineFile, BaselineStore

    here, store, file = config.invocation_params.dir, config.option.perfwise_store, config.option.perfwise_baselines
    if store:
        project = config.option.perfwise_project or config.rootpath.name
        return BaselineStore(store if "://" in store else str(here / Path(store).expanduser()), project, _now)
    return BaselineFile(config.rootpath / "perfwise-baselines.json" if file is None else here / file)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _tolerance(config: pytest.Config) -> "Tolerance":
    from perfwise.pytest_plugin.recording import Tolerance

    return Tolerance.of(config.option.perfwise_tolerance)


def _meter() -> dict[str, str]:
    from perfwise.pytest_plugin.measuring import meter_in_use

    return asdict(meter_in_use())
