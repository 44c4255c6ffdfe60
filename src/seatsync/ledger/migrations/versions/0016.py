"""Sort and search members without the accents of their names."""

import re
from collections.abc import Iterator
from unicodedata import normalize

import sqlalchemy as sa

from seatsync.ledger.migrations.steps import put, ranges

revision = "0016"

MEMBERS = """SELECT given_name, family_name, email, student_id, number, found_by FROM member
WHERE member.institution = :institution AND number BETWEEN :first AND :last"""
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
ACCENTS = re.compile("[\u0300-\u036f]+")


def fill(connection: sa.Connection, institution: str) -> Iterator[None]:
    for batch in ranges(connection, institution):
        found = connection.execute(sa.text(MEMBERS), batch).all()
        texts = [(found_by(*person), number, known) for *person, number, known in found]
        changed = [(text, number) for text, number, known in texts if text != known]
        put(connection, institution, "member", {"found_by": "text", "number": "integer"}, changed)
        yield


def found_by(given: str, family: str, email: str, student_id: str) -> str:
    sorted_by, others = f"{family}\x1f{given}", f"{given} {family}\n{email}\n{student_id}"
    return f"{plain(sorted_by)}\x1f{others.casefold()}"


def plain(text: str) -> str:
    folded = text.casefold()
    if folded.isascii():
        return folded
    return normalize("NFC", ACCENTS.sub("", normalize("NFD", folded))).translate(LETTERS)
