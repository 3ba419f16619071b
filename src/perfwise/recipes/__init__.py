"""Recipes: where engines meet; each joins rooms that do not know each other."""
