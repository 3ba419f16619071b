"""Drain's tree as arrays: compiled learning and matching, and the state that outlives a run."""
