"""Print the commands of a block of README.md that a comment names: `<!-- ci: NAME -->` stands right before the block.

What continuous integration runs is thereby what a reader is told to run.
"""

import re
import sys
from pathlib import Path

__all__ = ["commands"]

_README = Path(__file__).resolve().parents[1] / "README.md"
_BLOCK = re.compile(
    r"^<!-- ci: (?P<name>[\w-]+) -->\n```(?:sh|console)\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE
)


def commands(name: str, text: str) -> str:
    """The block's lines. Raises: KeyError naming the blocks that there are."""
    blocks = {found["name"]: found["commands"] for found in _BLOCK.finditer(text)}
    if name not in blocks:
        raise KeyError(f"README.md marks no block {name!r}; there are {', '.join(sorted(blocks)) or 'none'}")
    return blocks[name]


if __name__ == "__main__":
    sys.stdout.write(commands(sys.argv[1], _README.read_text("utf-8")))
