"""Programs in C and C++ -> WebAssembly modules, by the compiler that `ziglang` carries; kept in the user's cache."""

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfwise.core.outcome import Failure
from perfwise.errors import HarnessError, MissingExtra
from perfwise.programs.contracts import Language
from perfwise.programs.guest.runtime import cache_folder, write_whole

__all__ = ["STACK_BYTES", "Recipe", "compiler_version", "is_prepared", "kept_module", "prepare", "recipe_identity"]

_INCLUDE = Path(__file__).with_name("include")
_STANDARDS: Mapping[str, str] = {"c": "gnu17", "c++": "gnu++20"}
_ENDINGS: Mapping[str, str] = {"c": "program.c", "c++": "program.cpp"}
STACK_BYTES = 64 << 20
"""Of every program, set aside in its memory."""
_CPU_S, _WALL_S, _MEMORY_BYTES, _FILE_BYTES = 30, 240, 4 << 30, 256 << 20
_BOUNDS = f"{_CPU_S} s of CPU time and {_MEMORY_BYTES >> 30} GiB"
_PREPARING_CPU_S, _PREPARING_WALL_S = 1200, 3600  # the library is compiled once a machine, about a minute of CPU
_MOST_KEPT = 1024  # modules in the cache

_FLAGS = (
    "-target", "wasm32-wasi", "-s", "-w", f"-Wl,-z,stack-size={STACK_BYTES}",
    "-fno-sanitize=undefined", "-UNDEBUG",  # whose opposites the compiler's driver would choose
    "-fno-gnu-inline-asm",  # its directives can copy any file of the host into the module
    "-H",  # tells every file that is included
    "-fno-caret-diagnostics", "-fno-color-diagnostics", "-ferror-limit=5", "-ftemplate-backtrace-limit=1",
    "-ftemplate-depth=900", "-fconstexpr-steps=10000000",
)  # fmt: skip
_C_FLAGS = (
    "-Wno-implicit-function-declaration", "-Wno-implicit-int", "-Wno-int-conversion", "-Wno-return-mismatch",
    "-Wno-incompatible-pointer-types",
)  # fmt: skip
_CXX_FLAGS = (
    "-fno-exceptions",  # there is no unwinder for this target
    "-D_LIBCPP_ENABLE_CXX17_REMOVED_FEATURES", "-D_LIBCPP_ENABLE_CXX20_REMOVED_FEATURES",
)  # fmt: skip

# The limits of this way to measure, which are not the program's fault, by what the compiler says.
_UNSUPPORTED = (
    (re.compile(r"with exceptions disabled"), "it throws or catches exceptions"),
    (re.compile(r"in namespace 'std'|pthread_|std::(j?thread|async|mutex)\b"), ""),
    (re.compile(r"GNU-style inline assembly is disabled"), "it holds assembly"),
    (re.compile(r"'[^']*' file not found"), "it includes a file that is not in the standard library"),
    (re.compile(r"configured without support for"), "it needs a part of the library that is not in the sandbox"),
    (re.compile(r"undefined symbol: (?!main\b|__main_)"), "it needs a part of the library that is not in the sandbox"),
)
_THREADS = re.compile(r"\b(j?thread|async|mutex|condition_variable|future|promise|packaged_task)\b|pthread_")
_FILES = re.compile(r"""(?:#|%:|\?\?=)\s*(embed\b|include(?:_next)?\s*["<]\s*[/\\])""")  # read at once, without end
_CREATED = re.compile(r"\b(?:pthread|thrd)_create\b")  # compiles, and fails when it runs


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a program is compiled.

    Args:
        language: `c` or `c++`.
        entry_point: function or `Class::method` that the host calls; empty: the whole program with its `main`.
        optimisation: 2 or 3, as in -O2 and -O3.
    """

    language: Language
    entry_point: str = ""
    optimisation: int = 2

    @property
    def flags(self) -> tuple[str, ...]:
        """Of the compiler, without files."""
        more = _CXX_FLAGS if self.language == "c++" else _C_FLAGS
        kind = ("-mexec-model=reactor",) if self.entry_point else ()
        return (f"-O{self.optimisation}", f"-std={_STANDARDS[self.language]}", *_FLAGS, *more, *kind)


def compiler_version() -> str:
    """Of `ziglang`. Raises: MissingExtra if it is not installed."""
    try:
        return importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtra("programs in C and C++ need a compiler: pip install 'perfwise[cpp]'") from None


def recipe_identity(language: Language, optimisation: int) -> str:
    """What decides the module beside the program: the compiler, its flags, our headers."""
    told = [compiler_version(), *Recipe(language, "", optimisation).flags, _headers_digest()]
    return f"ziglang {compiler_version()} -O{optimisation}, recipe {_digest(*told)}"


def kept_module(source: str, recipe: Recipe) -> bytes | Failure:
    """The program as a WebAssembly module, compiled now or before.

    Returns: a failure of kind `compile-error`, `no-entry-point`, `unsupported` or `forbidden` where there is none.
    Raises: MissingExtra if there is no compiler.
    """
    prepare()
    if refused := _refused(_spliced(source), recipe):
        return refused
    name = f"compiled-{_digest(compiler_version(), _headers_digest(), *recipe.flags, recipe.entry_point, source)}.wasm"
    path = cache_folder() / name
    try:
        return path.read_bytes()
    except OSError:
        pass
    made = _compiled(source, recipe)
    if isinstance(made, bytes):
        _make_room()
        write_whole(path, made)
    return made


def _refused(source: str, recipe: Recipe) -> Failure | None:
    """What is not even given to the compiler."""
    if found := _FILES.search(source):
        what = "embeds a file" if found[1].startswith("embed") else "includes a file outside the standard library"
        return Failure("forbidden", f"the program {what}")
    if _CREATED.search(source):
        return Failure("unsupported", "not measurable here: it uses threads")
    if not recipe.entry_point and not re.search(r"\bmain\b", source):  # the library's own would abort when it runs
        return Failure("no-entry-point", "the program defines no main")
    return None


def is_prepared() -> bool:
    """Whether the compiler's own library has been compiled on this machine."""
    return _mark().exists()


@functools.cache
def prepare() -> None:
    """Compile the compiler's own library, once a machine: about a minute of CPU. Raises: MissingExtra; HarnessError."""
    compiler_version()
    if is_prepared():
        return
    trusted = (("int main(void) { return 0; }\n", "c"), ("#include <bits/stdc++.h>\nint main() { return 0; }\n", "c++"))
    for source, language in trusted:
        recipe = Recipe("c" if language == "c" else "c++")
        made = _compiled(source, recipe, cpu_s=_PREPARING_CPU_S, wall_s=_PREPARING_WALL_S)
        if isinstance(made, Failure):
            raise HarnessError(f"the compiler of ziglang {compiler_version()} does not work here: {made}")
    write_whole(_mark(), b"")


def _mark() -> Path:
    return cache_folder() / f"zig-{compiler_version()}" / "prepared"


def _make_room() -> None:
    """Forget the oldest modules where there are too many."""
    files = sorted(cache_folder().glob("compiled-*"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - _MOST_KEPT)]:
        file.unlink(missing_ok=True)


def _spliced(source: str) -> str:
    """The text as the preprocessor sees its directives: continued lines joined, comments gone."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", re.sub(r"\\[ \t]*\r?\n", "", source), flags=re.DOTALL)


def _compiled(source: str, recipe: Recipe, cpu_s: int = _CPU_S, wall_s: int = _WALL_S) -> bytes | Failure:
    with tempfile.TemporaryDirectory(prefix="perfwise-") as folder:
        scratch = Path(folder)
        file = scratch / _ENDINGS[recipe.language]
        try:
            file.write_text(source, encoding="utf-8")
        except UnicodeEncodeError:
            return Failure("compile-error", "the source holds lone surrogates, which no encoding can carry")
        if recipe.entry_point:
            driven = '#include "perfwise_driver.hpp"\n#include "program.cpp"\n'
            (scratch / "driven.cpp").write_text(f"{driven}PERFWISE_CALLS({recipe.entry_point})\n", encoding="utf-8")
        told = _run(scratch, recipe, "driven.cpp" if recipe.entry_point else file.name, cpu_s, wall_s)
        outside = _outside(told, scratch)
        if outside:
            return Failure("forbidden", f"the program includes a file outside the standard library: {outside}")
        module = scratch / "program.wasm"
        return module.read_bytes() if module.exists() else _failure(told, recipe)


def _run(scratch: Path, recipe: Recipe, file: str, cpu_s: int, wall_s: int) -> str:
    """Run the compiler within bounds; what it said."""
    zig = _zig()
    command = [str(zig), "c++" if recipe.language == "c++" else "cc", *recipe.flags, "-I", str(_INCLUDE)]
    bounds = {"cpu_s": cpu_s, "memory": _MEMORY_BYTES, "file": _FILE_BYTES}
    process = subprocess.Popen(  # noqa: S603 - our own launcher and compiler; the program is a file it reads
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, repr(bounds), *command, "-o", "program.wasm", file],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=scratch,
        env={
            "ZIG_GLOBAL_CACHE_DIR": str(_mark().parent),
            "ZIG_LOCAL_CACHE_DIR": str(scratch / "cache"),
            "TMPDIR": str(scratch),
            "HOME": str(scratch),
            "PATH": os.defpath,
        },
        start_new_session=True,
    )
    try:
        _, told = process.communicate(timeout=wall_s)
    except subprocess.TimeoutExpired:
        told = b""
    finally:
        _end(process)
    return told.decode("utf-8", "replace")


# Resource limits must be set in the child; a function run between fork and exec is not safe beside threads.
_LAUNCHER = """
import ast, os, sys
try:
    import resource
    bounds = ast.literal_eval(sys.argv[1])
    for name, bound in (("CPU", bounds["cpu_s"]), ("AS", bounds["memory"]), ("FSIZE", bounds["file"]), ("CORE", 0)):
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (bound, bound))
except ImportError:
    pass
os.execv(sys.argv[2], sys.argv[2:])
"""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the compiler and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, OSError):
        process.kill()
    process.wait()


@functools.cache
def _zig() -> Path:
    found = importlib.util.find_spec("ziglang")
    if found is None or found.origin is None:
        raise MissingExtra("programs in C and C++ need a compiler: pip install 'perfwise[cpp]'")
    return Path(found.origin).with_name("zig.exe" if os.name == "nt" else "zig")


@functools.cache
def _headers_digest() -> str:
    return _digest(*(file.read_text("utf-8") for file in sorted(_INCLUDE.rglob("*")) if file.is_file()))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _outside(told: str, scratch: Path) -> str:
    """The first included file that is neither the compiler's, nor ours, nor the program; empty if there is none."""
    own = [folder.resolve() for folder in (_zig().parent, _mark().parent, _INCLUDE, scratch)]
    for name in re.findall(r"^\.+ (.+)$", told, re.MULTILINE):
        path = (scratch / name).resolve()
        if not any(path.is_relative_to(folder) for folder in own):
            return str(name)
    return ""


def _failure(told: str, recipe: Recipe) -> Failure:
    """What the compiler's first error says, without paths of this machine or lines of files."""
    errors = re.findall(r"^(?:(\S+?):(\d+):\d+: )?(?:fatal )?error: (.*)$", told, re.MULTILINE)
    place, line, message = errors[0] if errors else ("", "", f"the compiler did not finish within {_BOUNDS}")
    if "too large" in message:
        return Failure("compile-error", f"the module does not fit into {_FILE_BYTES >> 20} MiB")
    for mark, meaning in _UNSUPPORTED:
        named = next((said for _, _, said in errors if mark.search(said)), None)
        if named is not None and (meaning or _THREADS.search(named)):
            return Failure("unsupported", f"not measurable here: {meaning or 'it uses threads'} ({_clean(named)})")
    if place.endswith("driven.cpp") and "undeclared identifier" in message:
        return Failure("no-entry-point", f"the program defines no function {recipe.entry_point}")
    if place.endswith("perfwise_driver.hpp"):
        message = f"{recipe.entry_point} takes or gives a type that is not plain data ({message})"
    where = f"line {line}: " if place.endswith(_ENDINGS[recipe.language]) else ""
    return Failure("compile-error", where + _clean(message))


def _clean(message: str) -> str:
    return re.sub(r"(?:/[\w.+-]+)+/([\w.+-]+)", r"\1", message)[:300]
