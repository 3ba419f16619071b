"""perfwise: the outcomes that a page of `perfwise report` carries."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import nested, parts, refuse_version
from perfwise.interchange.importers._own import outcomes_of
from perfwise.kit.textfiles import Faults, Record, beginning, text_of

__all__ = ["PerfwiseReport"]

_ELEMENT = re.compile(r"<script\b[^>]*\bid=\"perfwise-data\"[^>]*>(.*?)</script>", re.DOTALL)
_MOST_BYTES = 1 << 30  # unpacked; a page that claims more is no report of ours
_FORMAT = 1
_PLAIN = ("task", "set", "candidate", "seed", "key", "quality", "caveats")
_ABRIDGED = "details were left out of the report that this was read from"


@dataclass(frozen=True)
class PerfwiseReport:
    """The element `perfwise-data` of a report: the outcomes of its runs in columns, as JSON, gzipped, in base64.

    Every run of the page is a run. Where the report was abridged, the details that it left out stay unknown, a caveat
    says so, and the run is another one than that which the report was made of.

    Source: docs/report.md, format 1.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it is an HTML page with the element."""
        if not file.path.is_file() or "<html" not in beginning(file.path, 4096).lower():
            return False
        return 'id="perfwise-data"' in text_of(file.path, Faults())

    def read(self, file: ResultFile) -> list[Results]:
        """The runs of the page. Raises: InvalidInput naming every fault."""
        faults = Faults()
        page = text_of(file.path, faults)
        faults.check()
        root = Record(f"{file.path}: perfwise-data", _embedded(str(file.path), page, faults), faults)
        faults.check()
        if root.fields.get("format") != _FORMAT:
            refuse_version(root, "perfwise report", root.fields.get("format"), str(_FORMAT))
            faults.check()
        abridged, provenances = bool(root.fields.get("abridged")), root.items("provenances")
        set_name = file.set_name if file.named else None
        results = [_run(part, provenances, set_name, abridged=abridged) for part in parts(root, "parts")]
        faults.check()
        return results


def _run(part: Record, provenances: list[Any], set_name: str | None, *, abridged: bool) -> Results:
    run = nested(part, "run")
    spec = run.fields.get("spec")
    if isinstance(spec, dict) and abridged:
        spec = {**spec, "abridged": True}
    records = _rows(nested(part, "outcomes"), provenances, (_ABRIDGED,) if abridged else ())
    return Results(
        outcomes_of(records, set_name),
        run.text("created_at") if run.fields else None,
        run.text("name") if run.fields else part.text("title"),
        spec if isinstance(spec, dict) else None,
    )


def _rows(columns: Record, provenances: list[Any], caveats: tuple[str, ...]) -> Iterator[Record]:
    """Rows of `Outcome.row` out of the columns."""
    names = (*_PLAIN, "failure", "provenance", "detail")
    values = [columns.items(name) for name in names]
    costs = nested(columns, "cost")
    amounts = {name: costs.items(name) for name in costs.fields}
    if len({len(column) for column in (*values, *amounts.values())}) > 1:
        columns.add("wrong-value", "the columns are not of one length")
        return
    for place, row in enumerate(zip(*values, strict=True)):
        fields = dict(zip(names, row, strict=True))
        where = Record(f"{columns.where}[{place}]", fields, columns.faults)
        number, failure = fields["provenance"], fields["failure"]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(provenances):
            where.add("wrong-value", f"there is no provenance {number!r}")
            continue
        fields["provenance"] = provenances[number]
        fields["cost"] = {name: column[place] for name, column in amounts.items() if column[place] is not None}
        if isinstance(failure, list) and len(failure) == 2:
            fields["failure"] = {"kind": failure[0], "message": failure[1]}
        if caveats and isinstance(fields["caveats"], list):
            fields["caveats"] = [*fields["caveats"], *caveats]
        yield where


def _embedded(where: str, page: str, faults: Faults) -> Mapping[str, Any]:
    """What the page carries; empty, with a fault noted, if it cannot be unpacked."""
    element = _ELEMENT.search(page)
    if element is None:
        faults.add(where, "missing-field", "the page has no element `perfwise-data`")
        return {}
    try:
        packed = base64.b64decode("".join(element[1].split()), validate=True)
        unpacking = zlib.decompressobj(wbits=31)
        data = unpacking.decompress(packed, _MOST_BYTES)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise ValueError("it is cut off, or larger than 1 GiB")
        document = json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as cause:
        faults.add(where, "malformed-data", f"what the page carries cannot be unpacked: {cause}")
        return {}
    if isinstance(document, dict):
        return document
    faults.add(where, "malformed-data", "what the page carries is no JSON object")
    return {}
