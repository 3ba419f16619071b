"""The families of the improve room, by package."""

__all__ = ["FAMILIES"]

FAMILIES = ("perfwise.improve.methods", "perfwise.improve.rules", "perfwise.improve.cpp_rules")
