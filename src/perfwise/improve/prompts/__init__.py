"""Templates of what models are asked; lines that begin with `#:` say what a template contains and are not sent."""
