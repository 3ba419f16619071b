"""Measured operator times: one noun, and a reader for each format that publishes them."""
