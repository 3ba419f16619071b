"""Functions over arrays that run as plain Python or, many times faster, compiled.

A function is written, read, called and debugged as plain Python. `@compilable` only says that it may be compiled;
`compiled(function)` makes the fast version when somebody needs it, together with every compilable function that it
calls, and keeps what has a signature on disk. The two take the same arguments and make the same decisions.

numba freezes what a function calls into the kept code, yet looks for edits in the function's own file only. So the
folder on disk is named by a digest of all files that the function reaches: an edit anywhere is a new folder.
"""

import hashlib
import os
import re
import sys
import types as python_types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias, TypeVar

import numpy as np
import platformdirs

from perfwise.errors import InvalidCandidate, MissingExtra

__all__ = [
    "Bundle",
    "Record",
    "Rows",
    "Signature",
    "Table",
    "borrowed",
    "cache_folder",
    "compilable",
    "compiled",
    "is_compilable",
    "is_compiled",
]

A = TypeVar("A")
F = TypeVar("F", bound=Callable[..., Any])

Row: TypeAlias = Any
"""A row of a structured array, by reference: `row.field`."""
RowArray: TypeAlias = Any
"""A structured array as a `numpy.recarray`: `rows[i].field`, `rows.field`."""

_MARK = "__compilable__"


@dataclass(frozen=True, slots=True)
class Rows:
    """A one-dimensional array of structured rows; `rows[i].field` reads and writes."""

    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of such an array, by reference."""

    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """An array of numbers in C order."""

    kind: str
    dimensions: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """A named tuple whose parts are given in its order."""

    name: type
    parts: tuple["Kind", ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and returns: "f8", "i8", "i4", "u8", "u1", "b1" for numbers, "none", and the kinds above.

    A signature among the arguments of another stands for a function that is handed in.
    """

    returns: "Kind"
    takes: tuple["Kind", ...]


Kind = str | Rows | Record | Table | Bundle | Signature


def compilable(signature: Signature | None = None) -> Callable[[F], F]:
    """Mark a function as one that may be compiled; it stays what it is.

    Args:
        signature: needed where the function is handed to another one or entered from outside; it is then kept on disk.
            Without one the function is compiled into those that call it.
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, (signature,))
        return function

    return mark


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The compiled version, made on the first call and read from disk in later processes.

    Raises: MissingExtra without numba; InvalidCandidate with the code `not-compilable` for what numba does not know.
    """
    return _dispatcher(function)


def is_compilable(function: Callable[..., Any]) -> bool:
    """Whether the function is marked; others run as plain Python only."""
    return hasattr(function, _MARK)


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether the disk has it, so that `compiled` takes milliseconds."""
    return any(_folder(function).rglob("*.nbc"))


def cache_folder() -> Path:
    """Where compiled functions are kept; NUMBA_CACHE_DIR overrides it."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else Path(platformdirs.user_cache_dir("perfwise")) / "compiled"


def borrowed(array: A) -> A:
    """The array. In compiled code its references are not counted from here on, which takes time in tight loops.

    For arrays that whoever called the compiled function holds anyway.
    """
    return array


@cache
def _offer_borrowed() -> None:
    """Teach numba what `borrowed` is: the same array without an owner."""
    from numba.core import cgutils
    from numba.extending import intrinsic, overload
    from numba.np.arrayobj import make_array

    @intrinsic  # type: ignore[untyped-decorator,unused-ignore]
    def without_owner(_context: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            structure = make_array(signature.args[0])(context, builder, arguments[0])
            structure.meminfo = cgutils.get_null_value(structure.meminfo.type)
            return structure._getvalue()

        return array(array), generate

    @overload(borrowed)
    def _(array):  # type: ignore[no-untyped-def]  # noqa: ARG001 - numba compares the lambda's parameters with these
        return lambda array: without_owner(array)  # noqa: PLW0108


@cache
def _dispatcher(function: Callable[..., Any]) -> Callable[..., Any]:
    numba = _numba()
    from numba.core import config

    _offer_borrowed()
    (signature,) = getattr(function, _MARK)
    inner = python_types.FunctionType(
        function.__code__, _compiled_globals(function), function.__name__, function.__defaults__, function.__closure__
    )
    inner.__qualname__ = function.__qualname__
    inner.__module__ = function.__module__
    if signature is None:
        fast: Callable[..., Any] = numba.njit(inner, nogil=True)
        return fast
    exact = _numba_type(signature).signature
    before, config.CACHE_DIR = config.CACHE_DIR, str(_writable(_folder(function)))
    try:
        fast = numba.njit(exact, cache=True, nogil=True)(inner)
    except (numba.core.errors.NumbaError, numba.core.errors.UnsupportedBytecodeError) as cause:
        raise _not_compilable(function, str(cause)) from cause
    finally:
        config.CACHE_DIR = before
    _remember_addresses(fast, exact)
    return fast


def _not_compilable(function: Callable[..., Any], said: str) -> InvalidCandidate:
    """What to say: the reason that numba gives, without its preamble."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("Failed in ")]
    reason = re.sub(r"Record\([^)]*\)", "rows", " ".join(lines[:3]))  # its fields are a page of text
    return InvalidCandidate(
        f"{function.__module__}.{function.__name__} cannot be compiled: {reason}; write it in what numba "
        "knows, or leave the mark away and it runs as plain Python",
        code="not-compilable",
    )


def _remember_addresses(fast: Any, exact: Any) -> None:
    """Have the function's addresses at hand: numba looks them up anew, 0.1 ms each, whenever it is handed over."""
    result = fast.get_compile_result(exact)
    names = (result.fndesc.llvm_cfunc_wrapper_name, result.fndesc.llvm_func_name)
    addresses = {name: result.library.get_pointer_to_function(name) for name in names}
    library = SimpleNamespace(get_pointer_to_function=addresses.__getitem__)
    remembered = SimpleNamespace(fndesc=result.fndesc, library=library)
    fast.get_compile_result = lambda _: remembered


def _compiled_globals(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: _dispatcher(value) if hasattr(value, _MARK) and name in function.__code__.co_names else value
        for name, value in function.__globals__.items()
    }


def _folder(function: Callable[..., Any]) -> Path:
    return cache_folder() / f"{function.__module__}.{function.__name__}-{_digest(function)}"


@cache
def _digest(function: Callable[..., Any]) -> str:
    numba = _numba()
    # numba keeps apart what other Pythons and other copies of the files compiled; so do the folders.
    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {function.__code__.co_filename}".encode())
    for path in sorted({each.__code__.co_filename for each in _reached(function, set())} | {__file__}):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _reached(function: Callable[..., Any], seen: set[Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    """The function and all compilable ones that it calls."""
    if function in seen:
        return
    seen.add(function)
    yield function
    for name in function.__code__.co_names:
        value: Any = function.__globals__.get(name)
        if hasattr(value, _MARK):
            yield from _reached(value, seen)


def _writable(folder: Path) -> Path:
    """The folder, made; another one that lasts as long as the machine's temporary files where that is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else 0
    elsewhere = Path(tempfile.gettempdir()) / f"perfwise-compiled-{user}" / folder.name
    elsewhere.mkdir(parents=True, exist_ok=True, mode=0o700)
    return elsewhere


def _numba_type(kind: Kind) -> Any:
    from numba import from_dtype, types
    from numba.core.typing import signature as make_signature

    match kind:
        case Rows(dtype):
            return types.Array(from_dtype(dtype), 1, "C")
        case Record(dtype):
            return from_dtype(dtype)
        case Table(number, dimensions):
            return types.Array(_number(number), dimensions, "C")
        case Bundle(name, parts):
            return types.NamedTuple([_numba_type(part) for part in parts], name)
        case Signature(returns, takes):
            return types.FunctionType(make_signature(_numba_type(returns), *map(_numba_type, takes)))
        case _:
            return _number(kind)


def _number(kind: str) -> Any:
    from numba import types

    known = {"f8": types.float64, "i8": types.int64, "i4": types.int32, "u8": types.uint64, "u1": types.uint8}
    return {**known, "b1": types.boolean, "none": types.none}[kind]


def _numba() -> Any:
    try:
        import numba
    except ImportError as cause:
        raise MissingExtra("compiling needs numba: pip install 'perfwise[serving]' or 'perfwise[telemetry]'") from cause
    return numba
