"""Family: who gives memory back when there is none left, and at what price."""
