"""The families of interchange, by package."""

__all__ = ["FAMILIES"]

FAMILIES = tuple(f"perfwise.interchange.{name}" for name in ("importers", "exporters"))
