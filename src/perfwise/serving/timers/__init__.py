"""Family: how long a step of a replica takes."""
