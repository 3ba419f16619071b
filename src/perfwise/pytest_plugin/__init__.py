"""The pytest plugin: exact costs of functions as tests, with baselines under version control and a gate."""
