"""Samples: readers of published candidate formats. A method is one file."""
