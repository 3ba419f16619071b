"""Arrivals: processes that say when requests come. A method is one file."""
