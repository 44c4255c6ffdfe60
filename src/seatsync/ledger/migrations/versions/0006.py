"""A column for searching and sorting the lists of the administrators' pages."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from seatsync.ledger.migrations.steps import Index, put, ranges

revision = "0006"

MEMBERS = """SELECT given_name, family_name, email, student_id, number, found_by FROM member
WHERE member.institution = :institution AND number BETWEEN :first AND :last"""


def columns() -> dict[str, list[sa.Column[Any]]]:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return {"member": [sa.Column("found_by", kind, nullable=False, server_default=sa.text("''"))]}


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    for batch in ranges(connection, institution):
        found = connection.execute(sa.text(MEMBERS), batch).all()
        texts = [(found_by(*person), number, known) for *person, number, known in found]
        changed = [(text, number) for text, number, known in texts if text != known]
        put(connection, institution, "member", {"found_by": "text", "number": "integer"}, changed)
        yield


def found_by(given: str, family: str, email: str, student_id: str) -> str:
    return f"{family}\x1f{given}\x1f{given} {family}\n{email}\n{student_id}".casefold()


INDEXES = (Index("member_found_by", "member", ("institution", "found_by")),)
