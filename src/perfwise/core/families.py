"""The families that are for outcomes of every engine, by package."""

__all__ = ["FAMILIES"]

FAMILIES = ("perfwise.core.metrics",)
