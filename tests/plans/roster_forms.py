"""Rosters as the tests of plans write them, in every form: CSV, YAML, a workbook, and a OneRoster set with tags that end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.sources.rosters.sets.a_set import pack, table
from tests.sources.rosters.sets.a_set import write as write_set
from tests.sources.tables import workbooks

SUFFIXES = {"csv": ".csv", "yaml": ".yaml", "xlsx": ".xlsx", "set": "", "zip": ".zip"}
"""The forms of a roster, and how the names of their files end; a set without a suffix is a folder."""
SETS = ("set", "zip")
TERMS = (
    {"a": "2026-09-02", "b": "2026-09-04", "old": "2026-08-20", "x,y": "2027-05-01"},
    {"a": "2026-09-05", "b": "2026-09-04", "c": "2026-10-10", "x,y": "2026-09-01"},
)
"""The last days of the tags of a set. Those that are not there do not end."""


def every(step: int, position: int) -> bool:
    """Whether something concerns this row: no row with 0, each with 1, every second one with 2."""
    return step > 0 and position % step == 0


def cell(text: str, quoted: bool = False) -> str:
    return '"' + text.replace('"', '""') + '"' if quoted or set(text) & {'"', ","} else text


def csv_of(columns: list[str], roster: list[dict[str, str]], how: dict[str, Any]) -> str:
    lines = []
    for position, person in enumerate(roster):
        values, quoted = dict(person), every(how.get("quoted", 0), position)
        if every(how.get("tags_turned", 0), position):
            values["tags"] = ";".join(reversed(values.get("tags", "").split(";")))
        lines.append(",".join(how.get("around", "") + cell(values[name], quoted) for name in columns))
    if how.get("twice"):
        lines += lines[:1]
    if how.get("blank"):
        lines[1:1] = ["", "," * (len(columns) - 1)]
    end = how.get("ends", "\n")
    return str(end.join([",".join(columns), *lines]) + end)


def yaml_of(columns: list[str], roster: list[dict[str, str]], how: dict[str, Any]) -> str:
    def value(text: str, quoted: bool = False) -> str:
        plain = re.fullmatch(r"\w[\w '@.-]*", text) and not quoted
        return text if plain else json.dumps(text, ensure_ascii=False)

    def lines(position: int, person: dict[str, str]) -> Iterator[str]:
        turned, quoted = (every(how.get(name, 0), position) for name in ("tags_turned", "quoted"))
        for name in columns:
            if name == "tags":
                tags = person["tags"].split(";") if person["tags"] else []
                yield f"tags: [{', '.join(map(value, reversed(tags) if turned else tags))}]"
            elif name not in ("remark", "exit date") and (person[name] or not how.get("blank")):
                yield f"{name}: {value(person[name], quoted)}"

    people = ["- " + "\n  ".join(lines(position, person)) + "\n" for position, person in enumerate(roster)]
    if how.get("twice"):
        people += people[:1]
    return "".join(people)


def xlsx_of(columns: Sequence[str], roster: Sequence[Mapping[str, str]], how: Mapping[str, Any]) -> bytes:
    rows = [[person[name] for name in columns] for person in roster]
    if how.get("twice"):
        rows += rows[:1]
    if how.get("blank"):
        rows[1:1] = [[""] * len(columns)]
    cells = [[workbooks.text(value) if value else "" for value in row] for row in ([*columns], *rows)]
    return workbooks.xlsx({"People": workbooks.rows(cells)})


def set_of(roster: Sequence[Mapping[str, str]], how: dict[str, Any], ends: Mapping[str, str]) -> dict[str, str]:
    """The files of a OneRoster set in which each tag is a class, whose session has the last day that ``ends`` gives."""
    tags = ["a", "b", "c", "old", "x,y"]
    people = [
        {
            "sourcedId": f"u{person['email']}",
            "enabledUser": "true",
            "role": person["role"] or "teacher",
            "givenName": person["given_name"],
            "familyName": person["family_name"],
            "identifier": person["student_id"],
            "email": person["email"],
        }
        for person in roster
    ]
    if how.get("twice"):
        people += people[:1]
    columns = [*(people[0] if people else ["sourcedId"])][:: -1 if how.get("columns_turned") else 1]
    within = [
        {"classSourcedId": f"c{tags.index(tag)}", "userSourcedId": f"u{person['email']}", "role": "student"}
        for person in roster
        for tag in (person["tags"].split(";") if person["tags"] else [])
    ]
    return {
        "users.csv": csv_of(columns, people, how),
        "academicSessions.csv": table(
            *({"sourcedId": f"s{at}", "endDate": ends.get(tag, "")} for at, tag in enumerate(tags))
        ),
        "classes.csv": table(
            *({"sourcedId": f"c{at}", "classCode": tag, "termSourcedIds": f"s{at}"} for at, tag in enumerate(tags))
        ),
        "enrollments.csv": table(*within) if within else "classSourcedId,userSourcedId,role\n",
    }


def write_roster(
    folder: Path, name: str, form: str, columns: list[str], roster: list[dict[str, str]], how: dict[str, Any]
) -> None:
    """Write the roster ``name`` in one of ``SUFFIXES``."""
    if form in SETS:
        files = set_of(roster, how, TERMS[how.get("terms", 0)])
        (pack if form == "zip" else write_set)(folder, files, name)
    elif form == "xlsx":
        (folder / name).write_bytes(xlsx_of(columns, roster, how))
    else:
        text = (csv_of if form == "csv" else yaml_of)(columns, roster, how)
        (folder / name).write_text(text, encoding="utf-8", newline="")
