"""Family: who is in the next step."""
