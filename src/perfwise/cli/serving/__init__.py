"""`perfwise serving`: what serving a trace costs, before buying."""
