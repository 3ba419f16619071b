"""Exporters: files made of outcomes. A method is one file."""
