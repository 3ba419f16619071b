"""AIPerf: profile_export_aiperf.json of `aiperf profile`."""

from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.core.outcome import Failure
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import moment, nested, refuse_version, text
from perfwise.interchange.importers._profiles import has_latencies, profile_of
from perfwise.interchange.measured import Origin, Shelf
from perfwise.interchange.serving import SERVER_UNKNOWN, served_share
from perfwise.kit.textfiles import Faults, Record

__all__ = ["AiPerf"]


@dataclass(frozen=True)
class AiPerf:
    """A file is one task, named by its place in a sweep, else `profile`; its cost is the mean latency of the requests.

    Quality is the share of requests that did not fail. A run that was cancelled or broke off has failed.

    Source: docs.nvidia.com/aiperf/reference/json-export-schema; `export_models.py` of aiperf 0.13.0, schema 1.4.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it says that AIPerf wrote it."""
        document = file.document
        return "aiperf_version" in document and ("schema_version" in document or has_latencies(file))

    def read(self, file: ResultFile) -> list[Results]:
        """The one profile. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        schema = text(root, "schema_version")
        if schema.partition(".")[0] != "1":
            refuse_version(root, "AIPerf", schema, "1.x")
            faults.check()
        profile, run = profile_of(root), nested(root, "run_info")
        variation = text(run, "variation_label")
        quality, failure = served_share(profile.served, profile.failed)
        if broken := _broken(root):
            quality, failure = 0.0, broken
        detail: dict[str, Json] = {**profile.detail, "requests": profile.served, "failed_requests": profile.failed}
        shelf.add(
            "profile" if variation in ("", "base") else variation,
            file.set_name,
            Origin(
                "aiperf",
                "client's clock",
                "mean over the served requests",
                versions=(("aiperf", text(root, "aiperf_version")),),
            ),
            profile.costs,
            quality=quality,
            failure=failure,
            caveats=(SERVER_UNKNOWN,),
            detail={**detail, "run": text(run, "run_label")},
        )
        faults.check()
        return [Results(tuple(shelf.outcomes), moment(root, "start_time"))]


def _broken(root: Record) -> Failure | None:
    if root.fields.get("was_cancelled") is True:
        return Failure("cancelled", "the run was cancelled")
    if root.fields.get("is_complete") is False:
        return Failure("incomplete", text(root, "incomplete_reason"))
    return None
