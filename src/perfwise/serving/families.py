"""The families of the serving engine, by package."""

__all__ = ["FAMILIES"]

FAMILIES = tuple(
    f"perfwise.serving.{name}"
    for name in (
        *("batching", "memory", "preemption", "retention", "dispatch"),
        *("arrivals", "lengths", "traces", "timers", "measurements", "metrics", "exports"),
    )
)
