"""The families of the improve room, by package."""

__all__ = ["FAMILIES"]

FAMILIES = tuple(f"perfwise.improve.{name}" for name in ("methods", "rules", "cpp_rules", "exports"))
