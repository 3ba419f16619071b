"""Family: what cuts log lines into templates and parameters."""
