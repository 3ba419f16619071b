"""Meters: what a program costs. A method is one file."""
