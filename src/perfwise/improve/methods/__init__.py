"""Family: how candidates are proposed, and which of the accepted ones is the result."""
