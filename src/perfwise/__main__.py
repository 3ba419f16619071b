"""`python -m perfwise`."""

from perfwise.cli import main

__all__: list[str] = []

if __name__ == "__main__":  # worker processes import this module again
    main()
