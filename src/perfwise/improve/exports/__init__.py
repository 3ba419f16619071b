"""Family: files for training made of archives, JSON Lines with counts as scores."""
