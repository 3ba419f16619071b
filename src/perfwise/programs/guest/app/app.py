"""Entry of the guest: what the world exports. Importing it, at build time, is what the snapshot holds.

Everything a candidate may import is imported here, because a running guest has no files. Collection is off during runs
(one costs more than most programs), and what the snapshot holds is frozen out of it.
"""

import builtins
import gc
import json
import random
import sys

import candidate
import judge as judging
import library

library.import_everything()
_reseed = random.seed
# The runtime reseeds `random` from 2,496 bytes of host entropy at the first export of every instance, which costs more
# than most programs. `load` and `open_task` put `seed` back and seed it themselves.
random.seed = lambda *_: None
sys.set_int_max_str_digits(0)
gc.disable()
streams = sys.stdin, sys.stdout, sys.stderr
candidate.warm_up()
sys.stdin, sys.stdout, sys.stderr = streams


def _awake(seed: int) -> None:
    random.seed = _reseed
    random.seed(seed)


class WitWorld:
    """The exports, by the names that the world gives them."""

    def load(self, source: str, entry_point: str, seed: int) -> str:
        """Read a program in. Returns: "" or a failure as JSON [kind, message]."""
        _awake(seed)
        return candidate.load(source, entry_point)

    def take(self, arguments: str) -> None:
        """Take the arguments of the next call in."""
        candidate.take(arguments)

    def call(self) -> int:
        """The metered call. Returns: 0 answered, 1 raised."""
        return candidate.call()

    def give(self) -> str:
        """Give the answer of the last call out."""
        return candidate.give()

    def open_task(self, task: str) -> str:
        """Make a task's cases. Returns: JSON."""
        _awake(0)
        gc.enable()
        return judging.open_task(json.loads(task))

    def input(self, index: int) -> str:
        """The arguments of a case, as marshalled bytes in Latin-1."""
        return judging.input_of(index)

    def judge(self, answers: str) -> str:
        """Judge a candidate's answers. Returns: JSON."""
        random.seed(0)
        return judging.judge(answers)


vars(builtins).update(exit=sys.exit, quit=sys.exit)  # `site` is not there to provide them
gc.collect()
gc.freeze()
