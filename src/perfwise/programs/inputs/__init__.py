"""Inputs: ways to make inputs that tell programs apart. A method is one file."""
