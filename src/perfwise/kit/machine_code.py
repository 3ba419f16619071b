"""Machine code of compiled functions, kept in files and called without the compiler.

numba makes the code, but importing it takes most of a second. A later process needs only the code, LLVM's linker and
the convention by which numba passes arguments, both of which are here. What is kept is the one function with all that
it calls; code that would need numba's runtime is not kept, and numba then reads its own cache.
"""

import ctypes
import hashlib
import os
import pickle
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.kit.signatures import Bundle, Kind, Record, Rows, Signature, Table

__all__ = ["MachineCode", "keep", "kept", "kept_file"]

_FORMAT = b"perfwise machine code 1"
_NOTHING_WRONG = (0, -2)  # numba's status of a function that returned something, or None

# What numba calls to count references to arrays, and to ask Python for functions without an address; see `_simplified`.
_SIMPLIFIED_AWAY = {
    "NRT_MemInfo_call_dtor",
    "PyImport_ImportModule",
    "PyLong_AsVoidPtr",
    "PyObject_CallFunctionObjArgs",
    "PyObject_GetAttrString",
    "Py_DecRef",
    "numba_gil_ensure",
    "numba_gil_release",
    "numba_unpickle",
}
_COUNT = re.compile(r"^ *(?:tail )?call void @NRT_(?:incref|decref)\(.*$", re.MULTILINE)
_ASK = re.compile(r"^declare .*@numba_gil_ensure\(.*$", re.MULTILINE)


class MachineCode:
    """A compiled function; called with the arguments of its signature, it leaves the interpreter to other threads.

    Args:
        name: for messages.
        signature: what it takes and returns.
        address: of the code.
        owner: what must live as long as the code.
    """

    def __init__(self, name: str, signature: Signature, address: int, owner: object) -> None:
        self.name = name
        self.address = address
        self._signature = signature
        self._owner = owner
        result = _NUMBERS.get(signature.returns) if isinstance(signature.returns, str) else None
        self._result: Any = result or ctypes.c_void_p
        kinds = [kind for taken in signature.takes for kind in _machine_types(taken)]
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *kinds)(address)

    def __call__(self, *arguments: Any) -> Any:
        """Raises: TypeError for arguments that the signature does not take; what the function itself raises."""
        return self.prepared(*arguments)()

    def prepared(self, *arguments: Any) -> Callable[[], Any]:
        """The call, with the arguments as the code takes them.

        Raises: TypeError for arguments that the signature does not take.
        """
        takes = self._signature.takes
        if len(arguments) != len(takes):
            raise TypeError(f"No matching definition: {self.name} takes {len(takes)} arguments, not {len(arguments)}")
        passed = [number for kind, value in zip(takes, arguments, strict=True) for number in self._passed(kind, value)]

        def call(_held: object = arguments) -> Any:
            result, error = self._result(), ctypes.c_void_p()
            status = self._call(ctypes.addressof(result), ctypes.addressof(error), *passed)
            if status not in _NOTHING_WRONG:
                raise _raised(self.name, status, error.value)
            return None if self._signature.returns == "none" else result.value

        return call

    def _passed(self, kind: Kind, value: Any) -> Sequence[Any]:
        try:
            return _PASSED[type(kind)](kind, value)
        except (TypeError, AttributeError, ValueError) as cause:
            raise TypeError(f"No matching definition: {self.name} takes {kind}, not {type(value).__name__}") from cause


# How numba passes arguments: everything taken apart into numbers and pointers.

_NUMBERS: dict[str, Any] = {
    "f8": ctypes.c_double,
    "i8": ctypes.c_int64,
    "i4": ctypes.c_int32,
    "u8": ctypes.c_uint64,
    "u1": ctypes.c_uint8,
    "b1": ctypes.c_bool,
}
_DTYPES = {name: np.dtype(kind) for name, kind in _NUMBERS.items()}


def _machine_types(kind: Kind) -> list[Any]:
    match kind:
        case Rows():
            return [ctypes.c_ssize_t] * 7  # owner, parent, items, bytes of an item, data, shape, strides
        case Table(_, dimensions):
            return [ctypes.c_ssize_t] * (5 + 2 * dimensions)
        case Record():
            return [ctypes.c_ssize_t]
        case Bundle(_, parts):
            return [each for part in parts for each in _machine_types(part)]
        case Signature():
            return [ctypes.c_ssize_t] * 3  # a wrapper for C, the Python function, the code
        case _:
            return [_NUMBERS[kind]]


def _pass_array(value: Any, dtype: np.dtype[Any], dimensions: int) -> tuple[int, ...]:
    array = np.asarray(value)  # of a recarray the plain array, whose attributes are quick
    if array is not value and not isinstance(value, np.ndarray):
        raise TypeError
    if array.dtype != dtype or array.ndim != dimensions or not array.flags.carray:
        raise TypeError
    return (0, 0, array.size, array.itemsize, array.ctypes.data, *array.shape, *array.strides)


def _pass_rows(kind: Any, value: Any) -> Sequence[Any]:
    return _pass_array(value, kind.dtype, 1)


def _pass_table(kind: Any, value: Any) -> Sequence[Any]:
    return _pass_array(value, _DTYPES[kind.kind], kind.dimensions)


def _pass_record(kind: Any, value: Any) -> Sequence[Any]:
    if value.dtype != kind.dtype:
        raise TypeError
    return (np.frombuffer(value.data, np.uint8).ctypes.data,)


def _pass_bundle(kind: Any, value: Any) -> Sequence[Any]:
    parts = zip(kind.parts, value, strict=True)
    return [number for part, each in parts for number in _PASSED[type(part)](part, each)]


def _pass_function(kind: Any, value: Any) -> Sequence[Any]:
    if value._signature is not kind and value._signature != kind:
        raise TypeError
    return (0, 0, value.address)


def _pass_number(kind: Any, value: Any) -> Sequence[Any]:
    return (float(value) if kind == "f8" else bool(value) if kind == "b1" else value.__index__(),)


_PASSED: dict[type, Callable[[Any, Any], Sequence[Any]]] = {
    Rows: _pass_rows,
    Table: _pass_table,
    Record: _pass_record,
    Bundle: _pass_bundle,
    Signature: _pass_function,
    str: _pass_number,
}


def _raised(name: str, status: int, error: int | None) -> BaseException:
    """The exception that numba has written down for a status: (class, arguments, place), pickled."""
    unknown = SystemError(f"{name} failed when compiled (status {status})")
    if status < 1 or not error:
        return unknown
    data = ctypes.c_void_p.from_address(error).value
    size = ctypes.c_int32.from_address(error + ctypes.sizeof(ctypes.c_void_p)).value
    try:
        kind, arguments, *_ = pickle.loads(ctypes.string_at(data or 0, size))  # noqa: S301 - of code that we have compiled
        raised = kind(*(arguments or ()))
    except Exception:  # whatever is wrong with it, something was raised
        return unknown
    return raised if isinstance(raised, BaseException) else unknown


# Files


def kept_file(folder: Path) -> Path:
    """Where the code of a function is kept for this processor and these settings of numba."""
    return folder / f"{_processor()}.code"


@cache
def _processor() -> str:
    from llvmlite import __version__, binding

    settings = sorted(
        item for item in os.environ.items() if item[0].startswith("NUMBA_") and item[0][6:] != "CACHE_DIR"
    )
    features = binding.get_host_cpu_features().flatten()
    what = (__version__, binding.get_process_triple(), binding.get_host_cpu_name(), features, settings)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def keep(path: Path, library: Any, symbol: str) -> bool:
    """Write the code of one function; False where it needs numba when it runs, or the file cannot be written.

    Args:
        path: of the file, whose name is another for any other code.
        library: of numba, with the function in it.
        symbol: the function's name in there.
    """
    if library.has_dynamic_globals or library._reload_init:
        return False
    try:
        made = _made(library, symbol, f"perfwise_{hashlib.sha256(str(path).encode()).hexdigest()}")
    except (AttributeError, RuntimeError):  # an older LLVM has other passes and writes its language otherwise
        return False
    if made is None:
        return False
    try:
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_bytes(made)
        unfinished.replace(path)
    except OSError:
        return False
    return True


def _made(library: Any, symbol: str, name: str) -> bytes | None:
    """What the file has: a line each of the format, a digest, the name, what is called; then the code."""
    from llvmlite import binding

    machine = library.codegen._tm
    module = binding.parse_bitcode(library._get_module_for_linking().as_bitcode())
    _keep_only(module, symbol, machine)
    if not all(each in _SIMPLIFIED_AWAY or _is_everywhere(each) for each in _needs(module)):
        return None
    module = binding.parse_assembly(_simplified(str(module)))
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(2))
    builder.getModulePassManager().run(module, builder)
    _keep_only(module, symbol, machine)
    needs = sorted(_needs(module))
    if not all(map(_is_everywhere, needs)):
        return None
    module.get_function(symbol).name = name
    code = machine.emit_object(module)
    return b"\n".join(
        (_FORMAT, hashlib.sha256(code).hexdigest().encode(), name.encode(), " ".join(needs).encode(), code)
    )


def _keep_only(module: Any, symbol: str, machine: Any) -> None:
    """Drop what the function does not need, such as the wrappers for Python and C."""
    from llvmlite import binding

    for function in module.functions:
        if not function.is_declaration:
            function.linkage = "external" if function.name == symbol else "internal"
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(module, binding.create_pass_builder(machine, binding.create_pipeline_tuning_options()))


def _simplified(text: str) -> str:
    """The same in LLVM's language without what is not needed where all comes from outside and lives there.

    References to arrays are not counted, and no function is without an address, for which numba would ask Python.
    """
    text = _COUNT.sub("", text)
    return _ASK.sub("define internal void @numba_gil_ensure(ptr %0) alwaysinline { unreachable }", text)


def _needs(module: Any) -> Iterator[str]:
    """Names of what is called but not in the module."""
    for each in (*module.functions, *module.global_variables):
        if each.is_declaration and not each.name.startswith("llvm."):
            yield each.name


def _is_everywhere(name: str) -> bool:
    """Whether a later process has it without numba: a function of C's or its mathematical library."""
    return sys.platform != "win32" and not name.startswith(("Py", "_Py")) and hasattr(ctypes.CDLL(None), name)


def kept(path: Path, name: str, signature: Signature) -> MachineCode | None:
    """The function whose code the file has; None without a file, or where it is not whole."""
    try:
        form, digest, symbol, needs, code = path.read_bytes().split(b"\n", 4)
    except (OSError, ValueError):
        return None
    if form != _FORMAT or hashlib.sha256(code).hexdigest().encode() != digest:
        return None
    from llvmlite import binding

    linker = _linker()
    if any(binding.address_of_symbol(name) is None for name in needs.decode().split()):
        return None
    linker.add_object_file(binding.ObjectFileRef.from_data(code))
    linker.finalize_object()
    return MachineCode(name, signature, linker.get_function_address(symbol.decode()), linker)


@cache
def _linker() -> Any:
    """LLVM's linker, which puts code into memory."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(jit=True)
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
