"""Family: readers of logs and of metric series."""
