"""Suites: readers of published task formats. A method is one file."""
