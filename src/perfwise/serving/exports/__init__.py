"""Exports: files made of a served trace. A method is one file."""
