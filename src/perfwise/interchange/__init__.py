"""Interchange: other tools' results become outcomes, and outcomes become files."""
