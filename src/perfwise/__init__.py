"""What quality do I get, at what cost? perfwise measures, scores and compares anything that computes."""

__version__ = "0.1.0"
