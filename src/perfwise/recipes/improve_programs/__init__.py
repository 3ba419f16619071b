"""Improve programs: the programs engine as a bench of the improve room."""
