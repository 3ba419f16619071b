"""Coverage-guided fuzzing of the readers of logs and of the scanner behind Drain; run by hand, never by pytest.

    pip install atheris && python -m tests.telemetry.fuzz_readers -runs=20000

The first byte chooses a reader; the rest is its input. Nothing may raise, what cannot be read has to be told with a
code, and Drain has to give every line one of the ids that Drain3 gives.
"""

import sys

import atheris

from perfwise.core.family import Family
from tests.telemetry.parsers.test_drain import alike  # first, so that what numba compiles is not instrumented

with atheris.instrument_imports(include=["perfwise.telemetry.readers"]):
    READERS = Family("perfwise.telemetry.readers")
    KINDS = [READERS.get(name) for name in READERS.names() if not name.endswith("_table")]  # tables: libraries' code
    from tests.telemetry.readers.test_readers import read


def one(data: bytes) -> None:
    if not data:
        return
    texts, _, faults = read(KINDS[data[0] % len(KINDS)](), data[1:])
    assert all(fault.code and fault.message for fault in faults)
    lines = [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in texts]
    if lines and sum(map(len, lines)) < 400:
        alike(lines)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
