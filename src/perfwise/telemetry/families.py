"""The families of the telemetry engine, by package."""

__all__ = ["FAMILIES"]

FAMILIES = tuple(f"perfwise.telemetry.{name}" for name in ("readers", "parsers", "detectors", "causes", "metrics"))
