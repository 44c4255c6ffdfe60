""" "Select by CSV": the members that an uploaded file lists by e-mail or student id, read as ``--select`` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import read_snapshot
from seatsync.sources.files import Folder
from seatsync.sources.selections import read_selection

MOST_ROWS = 20_000
"""Of a file: a class, a cohort, a faculty, and not a whole university, which needs no selection. It is read, sought and
answered in a second or two."""


@dataclass(frozen=True)
class Selected:
    """The ``numbers`` of members on the roster whom the file lists; the ``lost`` lines, which list nobody; what was ``found``
    wrong with the file, in which case nobody is selected."""

    numbers: Sequence[int] = ()
    lost: Sequence[tuple[int, str]] = ()
    found: Sequence[Diagnostic] = field(default=())


def select_by_csv(connection: Connection, institution: str, data: bytes, name: str) -> Selected:
    """The members whom the CSV in ``data`` lists. It is read, and kept nowhere."""
    folder = Folder(Path())
    text = folder.text_of(data, name)
    selection = read_selection(text, name, folder.found, MOST_ROWS) if text is not None else None
    if selection is None or any(found.severity is Severity.ERROR for found in folder.found):
        return Selected(found=folder.found)
    found = numbers_of(connection, institution, selection.keys, selection.student_ids)
    numbers = sorted(number for number, is_there in found.items() if is_there)
    members = read_snapshot(connection, institution, numbers).members.values()
    known = {member.key for member in members}, {member.student_id for member in members}
    lost = [
        (line, printable(email or id))
        for id, email, line in selection.rows
        if not ((email and email_key(email) in known[0]) or (id and id in known[1]))
    ]
    return Selected(numbers, lost, folder.found)
