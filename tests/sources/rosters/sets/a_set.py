"""Sets written by hand, and what is read of them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.person import RosterMember
from seatsync.domain.text.tags import split_ends, split_tags
from seatsync.sources.files import Folder
from seatsync.sources.rosters.how import HowToRead, Take
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.sets.read import read_set
from seatsync.sources.rosters.told import lacking, left_out, notices

Files = Mapping[str, str]
"""The text of each file by its name."""


class Read(NamedTuple):
    """What was read: the members by e-mail, the diagnostics, and the folder with its digests."""

    members: Mapping[str, RosterMember]
    found: Sequence[Diagnostic]
    folder: Folder

    def tags(self, email: str) -> dict[str, str]:
        """The member's tags, each with its last day or an empty text."""
        member = self.members[email]
        return {tag: split_ends(member.ends).get(tag, "") for tag in split_tags(member.tags)}

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.found]


def read(
    path: Path,
    name: str = "sis",
    left: int | None = None,
    take: Take = Take(),  # noqa: B008
    map: Mapping[str, str | None] | None = None,
    tags_from: Mapping[str, str | None] | None = None,
) -> Read:
    """Read the set ``name`` in the folder ``path``. ``left`` is the number of bytes that may be read."""
    folder = Folder(path) if left is None else Folder(path, left=left)
    where = Origin("seatsync.yaml", 9)
    how = HowToRead(map=map or {}, take=take, tags_from=tags_from or {}, place=lambda *_: where)
    reader = RosterReader(name, [], folder.found, how)
    read_set(folder, reader, None, where)
    found = [*folder.found, *lacking(reader), *left_out(reader), *notices(reader)]
    return Read({member.key: member for member in reader.members}, found, folder)


def write(path: Path, files: Files, name: str = "sis") -> Path:
    """Write the files into the folder ``name`` of ``path``; return ``path``."""
    for file, text in files.items():
        place = path / name / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return path


def pack(path: Path, files: Files, name: str = "sis.zip", within: str = "") -> Path:
    """Write the files into a zip file, in the folder ``within`` of it; return ``path``."""
    with zipfile.ZipFile(path / name, "w", zipfile.ZIP_DEFLATED) as packed:
        for file, text in files.items():
            packed.writestr(f"{within}{file}", text)
    return path


def table(*rows: Mapping[str, str]) -> str:
    """A CSV file with these rows."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def oneroster(**more: str) -> dict[str, str]:
    """A small OneRoster 1.1 set; ``more`` replaces files by name without suffix, an empty text deletes one."""
    people = [
        user("u1", "student", "Ann", "Lee", grades="11"),
        user("u2", "teacher", "Tom", "Ode"),
        user("u3", "guardian", "Pam", "Lee"),
        user("u4", "student", "Del", "Gone", status="tobedeleted"),
        user("u5", "student", "Off", "Line", enabledUser="false"),
    ]
    files = {
        "manifest": table(
            {"propertyName": "manifest.version", "value": "1.0"},
            {"propertyName": "oneroster.version", "value": "1.1"},
            {"propertyName": "file.users", "value": "bulk"},
            {"propertyName": "file.enrollments", "value": "bulk"},
            {"propertyName": "file.demographics", "value": "absent"},
        ),
        "users": table(*people),
        "orgs": table({"sourcedId": "o1", "name": "North School", "type": "school", "identifier": "N1"}),
        "academicSessions": table({"sourcedId": "FS2026", "title": "Fall", "type": "term", "endDate": "2026-12-18"}),
        "courses": table({"sourcedId": "k1", "title": "New Testament", "courseCode": "NT"}),
        "classes": table(
            {
                "sourcedId": "c1",
                "title": "Acts",
                "classCode": "NT501",
                "courseSourcedId": "k1",
                "termSourcedIds": "FS2026",
            }
        ),
        "enrollments": table(enrollment("u1", "student"), enrollment("u2", "teacher")),
    }
    return {f"{name}.csv": text for name, text in {**files, **more}.items() if text}


def user(id: str, role: str, given: str, family: str, **more: str) -> dict[str, str]:
    return {
        "sourcedId": id,
        "status": "",
        "enabledUser": "true",
        "orgSourcedIds": "o1",
        "role": role,
        "username": given.lower(),
        "givenName": given,
        "familyName": family,
        "identifier": f"10{id[1:]}",
        "email": f"{given.lower()}@school.example",
        "password": "",
        **more,
    }


def enrollment(person: str, role: str, **more: str) -> dict[str, str]:
    return {"sourcedId": f"e{person}", "classSourcedId": "c1", "userSourcedId": person, "role": role, **more}
