"""Readers of what users measured with load generators, or wrote down themselves."""
