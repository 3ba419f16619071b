"""Family: what stays in memory when a request has gone."""
