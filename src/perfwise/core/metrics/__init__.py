"""Quality against cost, of outcomes of any engine. A method is one file."""
