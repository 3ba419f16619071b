"""Masks as one scanner over bytes: patterns compiled to programs, lines cut into hashed words."""
