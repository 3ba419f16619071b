"""`perfwise telemetry`: logs to templates to anomalies to causes."""
