"""Functions over arrays that run as plain Python or, many times faster, compiled.

A function is written, read, called and debugged as plain Python. `@compilable` only says that it may be compiled;
`compiled(function)` makes the fast version when somebody needs it, together with every compilable function that it
calls, and keeps what has a signature on disk. The two take the same arguments and make the same decisions.

numba freezes what a function calls into the kept code, yet looks for edits in the function's own file only. So the
folder on disk is named by a digest of all files that the function reaches: an edit anywhere is a new folder. It has
numba's own cache, and the bare machine code, which later processes run without importing numba.
"""

import hashlib
import importlib.util
import os
import re
import sys
import types as python_types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import platformdirs

from perfwise.errors import InvalidCandidate, InvalidOption, MissingExtra
from perfwise.kit import machine_code
from perfwise.kit.machine_code import MachineCode, keep, kept, kept_file
from perfwise.kit.signatures import Bundle, Kind, Record, Rows, Signature, Table

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
    "eight_bytes",
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


@cache
def compiled(function: Callable[..., Any]) -> MachineCode:
    """The compiled version of a function with a signature, made on the first call; later processes read it from disk.

    Raises: MissingExtra without numba; InvalidOption where numba is switched off; InvalidCandidate with the code
        `not-compilable` for what numba does not know.
    """
    (signature,) = getattr(function, _MARK)
    name = f"{function.__module__}.{function.__name__}"
    folders = _folders(function)
    alone = not function.__closure__  # numba's cache knows what is in closures, the folder's name does not
    for folder in folders if alone else ():
        if found := kept(kept_file(folder), name, signature):
            return found
    made = _dispatcher(function)
    if not hasattr(made, "overloads"):
        raise InvalidOption("NUMBA_DISABLE_JIT forbids compiling; unset it, or run the plain functions")
    result = made.overloads[_numba_type(signature).signature.args]
    symbol = result.fndesc.llvm_func_name
    file = kept_file(_writable(folders))
    if alone and keep(file, result.library, symbol) and (found := kept(file, name, signature)):
        return found
    return MachineCode(name, signature, result.library.get_pointer_to_function(symbol), result.library)


def is_compilable(function: Callable[..., Any]) -> bool:
    """Whether the function is marked; others run as plain Python only."""
    return hasattr(function, _MARK)


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether the disk has it, so that `compiled` takes milliseconds."""
    return any(kept_file(folder).exists() or any(folder.rglob("*.nbc")) for folder in _folders(function))


def cache_folder() -> Path:
    """Where compiled functions are kept; NUMBA_CACHE_DIR overrides it."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else Path(platformdirs.user_cache_dir("perfwise")) / "compiled"


def borrowed(array: A) -> A:
    """The array. Where numba's own code runs, its references are not counted from here on; kept code counts none."""
    return array


def eight_bytes(text: Any, at: int) -> int:
    """Eight bytes of a uint8 array from `at` on as one integer, the first the lowest. There have to be as many."""
    return int.from_bytes(text[at : at + 8].tobytes(), "little", signed=True)


@cache
def _offer_eight_bytes() -> None:
    """Teach numba to read them in one go, wherever they lie."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload
    from numba.np.arrayobj import make_array

    @intrinsic  # type: ignore[untyped-decorator,unused-ignore]
    def loaded(_context: Any, array: Any, at: Any) -> Any:  # noqa: ARG001 - its type is given below
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = make_array(signature.args[0])(context, builder, arguments[0]).data
            place = cgutils.gep(builder, data, arguments[1])
            return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

        return types.int64(array, types.int64), generate

    @overload(eight_bytes)
    def _(text, at):  # type: ignore[no-untyped-def]  # noqa: ARG001 - numba compares the lambda's parameters with these
        return lambda text, at: loaded(text, at)  # noqa: PLW0108


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
def _dispatcher(function: Callable[..., Any]) -> Any:
    """Of numba: the function with all that it calls; compiled already where it has a signature."""
    numba = _numba()
    from numba.core import config

    _offer_borrowed()
    _offer_eight_bytes()
    (signature,) = getattr(function, _MARK)
    inner = python_types.FunctionType(
        function.__code__, _compiled_globals(function), function.__name__, function.__defaults__, function.__closure__
    )
    inner.__qualname__ = function.__qualname__
    inner.__module__ = function.__module__
    if signature is None:
        return numba.njit(inner, nogil=True)
    exact = _numba_type(signature).signature
    before, config.CACHE_DIR = config.CACHE_DIR, str(_writable(_folders(function)))
    try:
        return numba.njit(exact, cache=True, nogil=True)(inner)
    except (numba.core.errors.NumbaError, numba.core.errors.UnsupportedBytecodeError) as cause:
        raise _not_compilable(function, str(cause)) from cause
    finally:
        config.CACHE_DIR = before


def _not_compilable(function: Callable[..., Any], said: str) -> InvalidCandidate:
    """What to say: the reason that numba gives, without its preamble."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("Failed in ")]
    reason = re.sub(r"Record\([^)]*\)", "rows", " ".join(lines[:3]))  # its fields are a page of text
    return InvalidCandidate(
        f"{function.__module__}.{function.__name__} cannot be compiled: {reason}; write it in what numba "
        "knows, or leave the mark away and it runs as plain Python",
        code="not-compilable",
    )


def _compiled_globals(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: _dispatcher(value) if hasattr(value, _MARK) and name in function.__code__.co_names else value
        for name, value in function.__globals__.items()
    }


def _folders(function: Callable[..., Any]) -> tuple[Path, Path]:
    """Where its code may be: among the user's caches or, where that is refused, among the machine's temporary files."""
    import tempfile

    name = f"{function.__module__}.{function.__name__}-{_digest(function)}"
    user = os.getuid() if hasattr(os, "getuid") else 0
    return cache_folder() / name, Path(tempfile.gettempdir()) / f"perfwise-compiled-{user}" / name


@cache
def _digest(function: Callable[..., Any]) -> str:
    reached = list(_reached(function, set()))
    # numba keeps apart what other Pythons and other copies of the files compiled; so do the folders.
    about = (_numba_version(), sys.version, function.__code__.co_filename, getattr(function, _MARK, None))
    digest = hashlib.sha256(repr((about, [_frozen(each) for each in reached])).encode())
    for path in sorted({each.__code__.co_filename for each in reached} | {__file__, machine_code.__file__}):
        digest.update(_digest_of_file(path))
    return digest.hexdigest()[:16]


def _frozen(function: Callable[..., Any]) -> tuple[object, ...]:
    """What becomes part of its code beside its file: the module's constants, which may come from other files."""
    values = [function.__globals__.get(name) for name in function.__code__.co_names]
    arrays = [(str(each.dtype), each.tobytes()) for each in values if isinstance(each, np.ndarray)]
    return function.__code__.co_code, [each for each in values if isinstance(each, int | float | str | tuple)], arrays


@cache
def _digest_of_file(path: str) -> bytes:
    return hashlib.sha256(Path(path).read_bytes()).digest()


@cache
def _numba_version() -> bytes:
    """Without importing it."""
    found = importlib.util.find_spec("numba")
    if found is None or found.origin is None:
        raise _missing_numba()
    return Path(found.origin).with_name("_version.py").read_bytes()


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


def _writable(folders: tuple[Path, Path]) -> Path:
    """The first that can be made and written to, made."""
    first, second = folders
    try:
        first.mkdir(parents=True, exist_ok=True)
        if os.access(first, os.W_OK):
            return first
    except OSError:
        pass
    second.parent.mkdir(exist_ok=True, mode=0o700)
    second.mkdir(exist_ok=True)
    return second


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
        raise _missing_numba() from cause
    return numba


def _missing_numba() -> MissingExtra:
    return MissingExtra("compiling needs numba: pip install 'perfwise[serving]' or 'perfwise[telemetry]'")
