"""Stores of older versions: brought up to date when they are opened, or refused."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from perfwise.core._schema import SCHEMA_VERSION, metadata, schema
from perfwise.errors import StoreDamaged, StoreError, StoreVersion

__all__ = ["MIGRATIONS", "bring_up_to_date", "version_of"]

MIGRATIONS: Mapping[int, Callable[[sa.Connection], None]] = {}
"""By version: what makes the tables of the next version of it. Version 1 is the first.

A migration says what it changes in statements of its own, never by today's `metadata`, which later versions change.
"""


def version_of(connection: sa.Connection, shown: str) -> int | None:
    """Version of the store, None where there is none yet; every version up to this one can be brought up to date.

    Args:
        connection: to the database.
        shown: name of the store for people.
    Raises: StoreError where the database is another program's; StoreVersion for a version that this perfwise does not
        know; StoreDamaged where tables are missing.
    """
    names = sa.inspect(connection).get_table_names()
    if schema.name not in names:
        if names and connection.dialect.name == "sqlite":
            raise StoreError(f"{shown} is a database of another program; name another file")
        return None
    versions = connection.execute(sa.select(schema.c.version)).scalars().all()
    if len(versions) != 1:
        found = ", ".join(map(str, versions)) or "none"
        raise StoreDamaged(f"the store {shown} must have one schema version, not {found}")
    version = int(versions[0])
    _check(version, shown)
    if version == SCHEMA_VERSION and (missing := sorted(metadata.tables.keys() - set(names))):
        raise StoreDamaged(f"the store {shown} lacks {', '.join(missing)}; take a copy of it from a backup")
    return version


def _check(version: int, shown: str) -> None:
    if version > SCHEMA_VERSION:
        advice = "update perfwise, or name another store"
    elif any(step not in MIGRATIONS for step in range(version, SCHEMA_VERSION)):
        advice = "use the perfwise that wrote it, or name another store"
    else:
        return
    raise StoreVersion(
        f"the store {shown} has schema version {version}, this perfwise reads version {SCHEMA_VERSION}; {advice}"
    )


def bring_up_to_date(connection: sa.Connection, version: int) -> None:
    """Run every migration from that version on, within the caller's transaction: all of them or none."""
    for step in range(version, SCHEMA_VERSION):
        MIGRATIONS[step](connection)
    if version < SCHEMA_VERSION:
        connection.execute(sa.update(schema).values(version=SCHEMA_VERSION))
