"""The telemetry engine: logs to templates, series to anomalies, anomalies to causes, each with its quality and cost."""
