"""The serving engine: what serving this trace costs under that plan, and how far reality is."""
