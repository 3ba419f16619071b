import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwise.core.store import Store, open_store

from .postgres_server import postgres_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg: pip install 'perfwise[postgres]'")
    with postgres_server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store may be opened."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    import psycopg

    folder, name = request.getfixturevalue("postgres"), f"store_{next(_numbers)}"
    with psycopg.connect(host=folder, user="perfwise", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"create schema {name}")  # a schema of its own is as empty as a database, and made at once
    return f"postgresql://perfwise@/postgres?host={folder}&options=-csearch_path%3D{name}"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with open_store(place) as opened:
        yield opened
