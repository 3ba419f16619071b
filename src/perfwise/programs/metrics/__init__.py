"""Metrics over outcomes of programs. A method is one file."""
