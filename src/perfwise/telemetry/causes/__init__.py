"""Family: which series, of many, a fault began with."""
