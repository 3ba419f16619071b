"""Family: how unusual each point of a series is."""
