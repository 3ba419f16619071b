"""This machine's Python and processor: what native meters run, and what decides their numbers."""

import functools
import hashlib
import os
import platform
import re
import site
import sys
import sysconfig
from pathlib import Path

__all__ = ["interpreter", "interpreter_build", "interpreter_path", "module_path", "processor"]


def interpreter() -> str:
    """Its name and version."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def module_path() -> tuple[str, ...]:
    """The folders of installed packages, which programs may import from; not the user's own project."""
    folders = {*site.getsitepackages([sys.prefix, sys.base_prefix]), *_installed()}
    return tuple(sorted(os.path.realpath(each) for each in folders if Path(each).is_dir()))


def _installed() -> list[str]:
    return [each for each in sys.path if Path(each).name in {"site-packages", "dist-packages"}]


def interpreter_path() -> str:
    """This interpreter's own program file, behind the links of a virtual environment."""
    return os.path.realpath(sys.executable)


@functools.cache
def interpreter_build() -> str:
    """The beginning of a digest of the interpreter and its shared library, and the C library's version."""
    library = Path(sysconfig.get_config_var("LIBDIR") or "/", sysconfig.get_config_var("INSTSONAME") or ".")
    digest = hashlib.sha256(Path(interpreter_path()).read_bytes())
    if library.is_file():
        digest.update(library.read_bytes())
    return f"python {digest.hexdigest()[:16]}, {' '.join(platform.libc_ver())}"


def processor() -> str:
    """Its name: libraries choose their code by what the processor can do."""
    try:
        described = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return "unknown processor"
    found = re.search(r"^model name\s*:\s*(.+)$", described, re.MULTILINE)
    return found[1].strip() if found else "unknown processor"
