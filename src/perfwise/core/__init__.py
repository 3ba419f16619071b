"""The nouns: task, candidate, cost, outcome, engine, metric, study, store, family."""
