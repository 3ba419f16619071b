"""The families of the programs engine, by package."""

__all__ = ["FAMILIES"]

FAMILIES = tuple(f"perfwise.programs.{name}" for name in ("meters", "suites", "samples", "metrics", "inputs"))
