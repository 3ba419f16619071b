"""Family: how keys and values are laid out in a replica's memory."""
