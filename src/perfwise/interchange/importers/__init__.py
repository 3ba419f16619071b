"""Importers: readers of result files. A method is one file."""
