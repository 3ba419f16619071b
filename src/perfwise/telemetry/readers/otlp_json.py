"""Logs as OpenTelemetry exports them in JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from perfwise.errors import Fault
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.readers._records import Entry, in_blocks, json_lines, plain_text

__all__ = ["OtlpJson"]


@dataclass(frozen=True)
class OtlpJson:
    """OTLP logs as JSON, a request a line, as the collector's file exporter writes them.

    Source: OpenTelemetry, OTLP 1.5, JSON Protobuf encoding of ExportLogsServiceRequest.
    Differs: of structured bodies the JSON is the text; attributes beside service.name are left out.
    """

    def knows(self, name: str, beginning: bytes) -> bool:  # noqa: ARG002 - the field tells
        """Objects with resourceLogs."""
        return beginning.lstrip().startswith(b"{") and b'"resourceLogs"' in beginning[:4096]

    def entries(self, stream: BinaryIO) -> Iterator[Entries]:
        """Entries in blocks."""
        return in_blocks(self._found(stream))

    def _found(self, stream: BinaryIO) -> Iterator[Entry | Fault]:
        for each in json_lines(stream):
            if isinstance(each, Fault):
                yield each
                continue
            record, _, offset = each
            for resource in _items(record, "resourceLogs"):
                service = _service(resource.get("resource"))
                for scope in _items(resource, "scopeLogs"):
                    for found in _items(scope, "logRecords"):
                        yield Entry(_body(found.get("body")), _seconds(found), service, offset)


def _items(record: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    values = record.get(name)
    return (each for each in (values if isinstance(values, list) else ()) if isinstance(each, dict))


def _service(resource: object) -> str:
    for attribute in _items(resource, "attributes") if isinstance(resource, dict) else ():
        if attribute.get("key") == "service.name":
            return _body(attribute.get("value"))
    return ""


def _body(value: object) -> str:
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        return plain_text(inner)
    return plain_text(value)


def _seconds(record: Mapping[str, object]) -> float:
    for name in ("timeUnixNano", "observedTimeUnixNano"):
        value = str(record.get(name, ""))
        if value.isdigit() and int(value):
            return int(value) / 1e9
    return float("nan")
