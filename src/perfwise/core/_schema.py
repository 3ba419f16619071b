"""The store's tables, and a text column that every Python string survives."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["ATTEMPT", "SCHEMA_VERSION", "AnyText", "metadata", "outcomes", "provenances", "runs", "schema"]

SCHEMA_VERSION = 1

_ESCAPE = "\x1a"  # SUBSTITUTE: JSON writes it as \u001a, so that only hostile text ever needs the slow path
_UNSAFE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class AnyText(TypeDecorator[str]):
    """Text of any code points: PostgreSQL refuses NUL and UTF-8 has no lone surrogates, so both are escaped.

    Sorts by bytes on both databases, so that they page in the same order.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[str]:
        """Text compared by bytes, which is SQLite's way anyhow."""
        return dialect.type_descriptor(sa.Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Escape what the database could not hold."""
        if value is None or (value.isascii() and "\x00" not in value and _ESCAPE not in value):
            return value
        return _UNSAFE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Inverse of `process_bind_param`."""
        return value if value is None or _ESCAPE not in value else unescaped(value)


def unescaped(text: str) -> str:
    """What `AnyText` made the text of."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def is_escaped(texts: Iterable[str]) -> bool:
    """Whether any of the texts has something that `AnyText` escaped."""
    return _ESCAPE in "".join(texts)


metadata = sa.MetaData()

schema = sa.Table("perfwise_schema", metadata, sa.Column("version", sa.Integer, nullable=False))

runs = sa.Table(
    "perfwise_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", AnyText, unique=True),
    sa.Column("created_at", AnyText, nullable=False),
    sa.Column("engine", AnyText, nullable=False),
    sa.Column("spec_digest", AnyText, nullable=False, index=True),
    sa.Column("planned", sa.BigInteger, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False, default=False),
    sa.Column("spec", AnyText, nullable=False),
)

provenances = sa.Table(
    "perfwise_provenances",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", AnyText, nullable=False, unique=True),
    sa.Column("body", AnyText, nullable=False),
)

# The primary key serves everything: an attempt is kept once, pages of a run or of one set are walked along it in the
# same order whatever finished first, and `done` and `count` read it alone. Small columns stand before `detail`, so that
# a scan for keys never reads a row's overflow.
outcomes = sa.Table(
    "perfwise_outcomes",
    metadata,
    sa.Column("run_id", sa.ForeignKey(runs.c.id), nullable=False),
    sa.Column("candidate_set", AnyText, nullable=False),
    sa.Column("task", AnyText, nullable=False),
    sa.Column("candidate", AnyText, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("quality", sa.Double),
    sa.Column("provenance_id", sa.ForeignKey(provenances.c.id), nullable=False),
    sa.Column("failure_kind", AnyText),
    sa.Column("failure_message", AnyText),
    sa.Column("cost", AnyText, nullable=False),
    sa.Column("caveats", AnyText, nullable=False),
    sa.Column("detail", AnyText, nullable=False),
    sa.PrimaryKeyConstraint("run_id", "candidate_set", "task", "candidate", "seed"),
)

ATTEMPT = (outcomes.c.candidate_set, outcomes.c.task, outcomes.c.candidate, outcomes.c.seed)
"""The columns that name an outcome within its run, in the order of the primary key."""
