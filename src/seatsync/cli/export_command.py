"""``seatsync export``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from seatsync.cli.listing import Filters, filters, holds, select_members, write_csv
from seatsync.cli.options import Run, common, day, folder, past
from seatsync.cli.reading import present_of

_OF_MEMBERS = ("role", "student_id", "given_name", "family_name", "email")
COLUMNS = ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address", "Tags")


@click.command("export")
@folder
@filters
@past
@common()
def command(run: Run, folder: Path, as_of: datetime | None, **chosen: Any) -> None:
    """Export user data as CSV.

    \b
    seatsync export > members.csv
    seatsync export --tag faculty > faculty.csv

    Names, e-mails, ids, tags, and license kind and status for each library, under the Logos portal's column names.
    `seatsync import` reads it back.
    """
    from seatsync.domain.license import ABSENT
    from seatsync.domain.names import IMPORTED, TAG_SEPARATOR

    wanted = Filters(**chosen)
    _, snapshot = present_of(folder, run, day(as_of))
    libraries = [wanted.library] if wanted.library else list(snapshot.libraries)
    headers = [f"{library} License {what}" for library in libraries for what in ("Kind", "Status")]
    rows = []
    for number, m in select_members(snapshot, wanted, run):
        held = [snapshot.licenses.get(library, {}).get(number, ABSENT) for library in libraries]
        if not holds(wanted, held):
            continue
        tags = TAG_SEPARATOR.join(filter(None, (m.tags, IMPORTED + m.imported_on)))
        who = m._asdict() if run.redactor is None else run.redactor.row(m._asdict())
        row = [*map(who.__getitem__, _OF_MEMBERS), tags]
        row += [value for license in held for value in (license.kind.value, license.status.value)]
        rows.append(row)
    write_csv([*COLUMNS, *headers], rows)
