"""Family: rewrites of Python programs, each with its precondition; whether one pays is left to the meter."""
