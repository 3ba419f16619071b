"""Outcomes as pages: a report in one file, and live pages of a store; outcomes of every engine alike."""
