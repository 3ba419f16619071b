"""Family: which replica an arriving request goes to."""
