"""Lengths: where prompt and output lengths of generated requests come from. A method is one file."""
