"""Mechanisms without opinions: each file one mechanism, none knows a perfwise noun."""
