"""Improve: propose a cheaper text, check it beyond the given tests, measure it exactly, keep what is better."""
