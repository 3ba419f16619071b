"""Import the whole standard library into the snapshot, once, at build time."""

import importlib
import pkgutil
import sys
import warnings

_LEFT_OUT = {"antigravity", "idlelib", "lib2to3", "test", "this", "tkinter", "turtle", "turtledemo", "ensurepip", "pip"}
missing: list[str] = []


def import_everything() -> None:
    """Import every module and submodule there is; what fails is left in `missing`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in sorted(sys.stdlib_module_names):
            if name in _LEFT_OUT:
                continue
            module = _import(name)
            if module is not None and hasattr(module, "__path__"):
                for found in pkgutil.walk_packages(module.__path__, name + ".", onerror=missing.append):
                    if not found.name.endswith("__main__") and ".test" not in found.name:
                        _import(found.name)


def _import(name: str) -> object | None:
    try:
        return importlib.import_module(name)
    except BaseException as error:  # a module for another platform may raise anything, even SystemExit
        missing.append(f"{name}: {type(error).__name__}")
        sys.modules.pop(name, None)
        return None
