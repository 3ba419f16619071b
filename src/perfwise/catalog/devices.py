"""Accelerators: what a datasheet or a measurement says that they can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from perfwise.catalog import entries
from perfwise.errors import InvalidOption

__all__ = ["Device"]

_WIDER = {"fp4": "fp8", "fp8_block": "fp8", "fp8": "bf16", "int8": "bf16", "int4": "bf16"}


@dataclass(frozen=True, slots=True)
class Device:
    """One accelerator and its links.

    Args:
        name: short, e.g. `h100_sxm`.
        title: as its maker calls it.
        flops_per_s: dense peak of each number format: bf16, fp8, fp4, int8.
        memory_bytes: in all.
        memory_bytes_per_s: peak bandwidth.
        link_gpus: how many reach each other over the fast link.
        link_bytes_per_s: of that link, one direction.
        node_bytes_per_s: between those groups, one direction.
        host_bytes_per_s: to the host's memory, one direction.
        limit_w: thermal design power.
        sources: where each group of numbers comes from.
    """

    name: str
    title: str
    flops_per_s: Mapping[str, float]
    memory_bytes: float
    memory_bytes_per_s: float
    link_gpus: int
    link_bytes_per_s: float
    node_bytes_per_s: float
    host_bytes_per_s: float
    limit_w: float
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, name: str) -> Self:
        """The shipped entry. Raises: InvalidOption if there is none."""
        file, entry = entries.find("devices", name, "aliases")
        return cls(
            name=file,
            title=entry["title"],
            flops_per_s=entry["flops_per_s"],
            memory_bytes=float(entry["memory"]["bytes"]),
            memory_bytes_per_s=float(entry["memory"]["bytes_per_s"]),
            link_gpus=entry["links"]["gpus"],
            link_bytes_per_s=float(entry["links"]["bytes_per_s"]),
            node_bytes_per_s=float(entry["links"]["between_nodes_bytes_per_s"]),
            host_bytes_per_s=float(entry["links"]["host_bytes_per_s"]),
            limit_w=float(entry["power"]["limit_w"]),
            sources=entry["source"],
        )

    @staticmethod
    def names() -> list[str]:
        """All shipped entries."""
        return entries.names("devices")

    def peak_flops_per_s(self, dtype: str) -> float:
        """Dense peak in a format; one that the device lacks computes in the next wider one that it has.

        Raises: InvalidOption for an unknown format.
        """
        while dtype not in self.flops_per_s:
            if dtype not in _WIDER:
                raise InvalidOption(f"{self.name} has no rate for {dtype!r}; known are {', '.join(self.flops_per_s)}")
            dtype = _WIDER[dtype]
        return float(self.flops_per_s[dtype])
