"""genai-perf: profile_export_genai_perf.json of `genai-perf profile`."""

from dataclasses import dataclass

from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import nested
from perfwise.interchange.importers._profiles import has_latencies, profile_of
from perfwise.interchange.measured import Origin, Shelf
from perfwise.interchange.serving import SERVER_UNKNOWN, served_share
from perfwise.kit.textfiles import Faults, Record

__all__ = ["GenAiPerf"]

_CAVEAT = "genai-perf reports nothing of failed requests"


@dataclass(frozen=True)
class GenAiPerf:
    """A file is one task, named by its load, such as `concurrency=8`; its cost is the mean latency of the requests.

    The file has no version, and statistics in place of requests; a metric in an unknown unit is refused.

    Source: `json_exporter.py` and `statistics.py` of genai-perf 0.0.8 and 0.0.16.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has latencies, and the settings of genai-perf and not of its successor."""
        settings = file.document.get("input_config")
        ours = isinstance(settings, dict) and bool({"perf_analyzer", "model"} & settings.keys())
        return ours and has_latencies(file) and "schema_version" not in file.document

    def read(self, file: ResultFile) -> list[Results]:
        """The one profile. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        profile = profile_of(root)
        quality, failure = (1.0, None) if profile.served is None else served_share(profile.served, profile.failed)
        shelf.add(
            _load(nested(root, "input_config")),
            file.set_name,
            Origin("genai-perf", "client's clock", "mean over the requests"),
            profile.costs,
            quality=quality,
            failure=failure,
            caveats=(SERVER_UNKNOWN, _CAVEAT),
            detail={**profile.detail, "requests": profile.served},
        )
        faults.check()
        return [Results(tuple(shelf.outcomes))]


def _load(settings: Record) -> str:
    """What was asked for: since 0.0.9 within `perf_analyzer.stimulus`, before that at the top."""
    stimulus = settings.fields.get("perf_analyzer")
    known = stimulus.get("stimulus") if isinstance(stimulus, dict) else settings.fields
    known = known if isinstance(known, dict) else {}
    told = [f"{name}={known[name]}" for name in ("concurrency", "request_rate") if known.get(name) is not None]
    return " ".join(told) or "profile"
