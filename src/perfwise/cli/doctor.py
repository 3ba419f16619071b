"""`perfwise doctor`: what works on this machine, found out by trying."""

from typing import TYPE_CHECKING

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    from perfwise.programs.selfcheck import Finding

__all__ = ["examine"]

_MISSING_METER = 5


def examine(store: StoreOption = None) -> None:
    """Try the meters, the sandbox and the store on this machine, and say how to get what is missing.

    Ends with exit code 5 if the default meter or the sandbox does not work.
    """
    from perfwise.cli.first_start import load_with_notice
    from perfwise.cli.terminal import output, shown
    from perfwise.errors import MissingMeter

    console = output()
    try:
        load_with_notice()
    except MissingMeter as missing:
        console.print(f"missing  guest: {shown(str(missing))}", soft_wrap=True)
        raise typer.Exit(_MISSING_METER) from None

    from perfwise.programs.selfcheck import (
        check_clock,
        check_compiled,
        check_count,
        check_instructions,
        check_native_sandbox,
        check_sandbox,
    )

    needed = [_guest(), check_count(), check_sandbox()]
    native = [check_native_sandbox(), check_clock(), check_instructions("valgrind"), check_instructions("perf_event")]
    for finding in [*needed, check_compiled(), *native, _store(store), _postgresql()]:
        console.print(f"{'works  ' if finding.works else 'missing'}  {finding.subject}: {shown(finding.message)}")
    if not all(finding.works for finding in needed):
        raise typer.Exit(_MISSING_METER)


def _guest() -> "Finding":
    from perfwise.programs.guest.runtime import cache_folder, guest_record, is_compiled
    from perfwise.programs.selfcheck import Finding

    record = guest_record()
    kept = f"compiled in {cache_folder()}" if is_compiled() else f"could not be kept in {cache_folder()}"
    return Finding("guest", True, f"{record.interpreter}, digest {record.sha256[:16]}, {kept}")


def _store(place: str | None) -> "Finding":
    from perfwise.core.store import open_store
    from perfwise.errors import PerfwiseError
    from perfwise.programs.selfcheck import Finding

    try:
        with open_store(place) as store:
            newest = store.runs(limit=1)
            held = f"newest run {newest[0].id}" if newest else "no run yet"
            return Finding("store", True, f"{store.url}, {held}")
    except PerfwiseError as error:
        return Finding("store", False, str(error))


def _postgresql() -> "Finding":
    from importlib.util import find_spec

    from perfwise.programs.selfcheck import Finding

    if find_spec("psycopg"):
        return Finding("store on PostgreSQL", True, "psycopg is there; name a server with --store postgresql://...")
    return Finding("store on PostgreSQL", False, "optional; pip install 'perfwise[postgres]'")
