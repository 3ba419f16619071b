"""Traces: readers of recorded request traces. A method is one file."""
