"""Load the guest, and say beforehand why the first time takes long."""

from collections.abc import Iterable

from perfwise.cli.terminal import errors

__all__ = ["load_with_notice", "prepare_with_notice", "tell_of_parsers"]


def load_with_notice() -> None:
    """Load the guest in this process; workers started afterwards find it compiled.

    Raises: MissingMeter if this machine cannot run it.
    """
    try:
        from perfwise.programs.guest.runtime import is_compiled, load_guest
    except ImportError as cause:
        from perfwise.errors import MissingMeter

        raise MissingMeter(f"the sandbox needs {cause.name}: pip install {cause.name}") from cause
    if not is_compiled():
        errors().print(
            "First start: compiling the guest interpreter for this machine. It takes about 20 s of CPU time, once; "
            "it is kept in your cache folder, and later starts take milliseconds."
        )
    load_guest()


def prepare_with_notice(languages: Iterable[str]) -> None:
    """Have the compiler ready, where one of the languages needs it. Raises: MissingExtra."""
    if not {"c", "c++"} & set(languages):
        return
    from perfwise.programs.compiled.compiler import compiler_version, is_prepared, prepare

    compiler_version()
    if not is_prepared():
        errors().print(
            "First program in C or C++: compiling the standard library for the sandbox. It takes about a minute of CPU "
            "time, once; it is kept in your cache folder."
        )
    prepare()


def tell_of_parsers() -> None:
    """Say beforehand that the first parsing on a machine compiles what reads and learns lines."""
    from perfwise.kit.compiled import is_compiled
    from perfwise.telemetry.learning.tree import learn
    from perfwise.telemetry.scanning.kernels import hash_words

    if not (is_compiled(learn) and is_compiled(hash_words)):
        errors().print("First run: compiling the parser for this machine. It takes about 20 s of CPU time, once.")
