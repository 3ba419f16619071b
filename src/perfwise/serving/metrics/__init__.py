"""Metrics over outcomes of serving runs. A method is one file."""
