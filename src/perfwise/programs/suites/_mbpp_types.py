"""What JSON lost of MBPP's arguments: which of them are tuples, sets, complex numbers.

Source: the rules by task number are those that EvalPlus applies when it loads MBPP+ (evalplus/data/mbpp.py, v0.2.0).
"""

__all__ = ["argument_types"]

# Types of the arguments, in order; the last one holds for all that follow. The script knows what a name means.
_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("tuple",), "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809"),
    (("list of tuples",), "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780"),
    (("list of tuples", "as is"), "75 413 444 753"),
    (("as is", "tuple"), "106 750"),
    (("list of sets",), "115"),
    (("float", "complex"), "124"),
    (("tuple", "as is"), "250 307 405 446 617 720 763 808"),
    (("complex",), "252"),
    (("tuple of tuples",), "259 278 401 445"),
    (("dict of tuples", "as is"), "722"),
    (("tuples all the way",), "580 615 791"),
)
_TYPES = {int(number): types for types, numbers in _RULES for number in numbers.split()}


def argument_types(task_id: str) -> tuple[str, ...]:
    """Types of a task's arguments; `as is` for every task but some of MBPP's.

    >>> argument_types("Mbpp/75")
    ('list of tuples', 'as is')
    """
    suite, _, number = task_id.partition("/")
    return _TYPES.get(int(number), ("as is",)) if suite == "Mbpp" and number.isdigit() else ("as is",)
