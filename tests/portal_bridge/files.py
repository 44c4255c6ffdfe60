"""The files of an institution whose seats are at vendors: reading, editing at random, and what they ask for."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.support.vendors.logos import PERMANENT, TEMPORARY

COLUMNS = ("email", "given_name", "family_name", "student_id", "role", "tags")
TITLES = {"books": "Biblical Studies", "sub": "Logos Subscription", "jam": "Jamworks"}
SYSTEMS = {"books": "logos-library", "sub": "logos-subscription", "jam": "jamworks"}
SLOTS = 25
TAGS = ("student", "graduate", "staff")
_GIVEN = ("Ann", "Ben", "Chloë", "Dmitri", "Eve", "Farid", "Zoë", "Ли", "=1+1", "Jean-Luc", "O'Neil")
_FAMILY = ("Lee", "Ode", "Ray", "Núñez", "Иванов", "@home", "van der Berg", "Smith, Jr.", "-Kent")

Row = dict[str, str]


class Place(NamedTuple):
    """A person's row: the file, and all rows of it."""

    path: str
    rows: list[Row]
    row: Row


class Files:
    """The folder. It is read again for each edit, because ``seatsync import`` adds to it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.left: list[Row] = []
        self._left_before: list[Row] = []
        self._numbers = iter(range(1, 10_000))
        folder.mkdir(parents=True)
        libraries = {
            id: {"title": TITLES[id], "system": SYSTEMS[id], "slots": SLOTS, "delivered_by": "vendor"} for id in TITLES
        }
        self.write_config(
            {
                "version": 1,
                "institution": {
                    "id": "grace",
                    "name": "Grace",
                    "admins": [{"email": "ruth@grace.example", "given_name": "Ruth", "family_name": "Abel"}],
                    "opt_out": True,
                },
                "libraries": libraries,
                "rosters": [{"path": "rosters/students.csv", "tags": ["grace"]}],
                "grants": [
                    {"library": "books", "kind": "temporary", "to": {"tags": ["student"]}},
                    {"library": "books", "kind": "permanent", "to": {"tags": ["graduate"]}},
                    {"library": "sub", "to": {"everyone": True}},
                    {"library": "jam", "to": {"tags": ["student"]}},
                ],
                "limits": {"max_revokes": 1000, "permanent": "retain"},
            }
        )
        self.write_rows("rosters/students.csv", [self._person() for _ in range(6)])

    # ── Reading and writing ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load((self.folder / "seatsync.yaml").read_text(encoding="utf-8"))
        return config

    def write_config(self, config: dict[str, Any]) -> None:
        text = "".join(f"{name}: {_yaml(value)}\n" for name, value in config.items())
        (self.folder / "seatsync.yaml").write_text(text, encoding="utf-8")

    def rows(self, path: str) -> list[Row]:
        """Return the rows of a CSV file."""
        text = (self.folder / path).read_text(encoding="utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [{name: _without_guard(cell) for name, cell in row.items()} for row in rows]

    def write_rows(self, path: str, rows: list[Row]) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def contents(self) -> dict[str, bytes]:
        """Return all files, to put them back with ``restore``."""
        self._left_before = [*self.left]
        paths = [self.folder / "seatsync.yaml", *self.folder.glob("rosters/*"), *self.folder.glob("grants/*")]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths if path.exists()}

    def restore(self, contents: dict[str, bytes]) -> None:
        """Put the files of ``contents`` back, as people do after a plan is blocked."""
        self.left = self._left_before
        for path, content in contents.items():
            (self.folder / path).write_bytes(content)

    def people(self) -> Iterator[Place]:
        for entry in self.config["rosters"]:
            rows = self.rows(entry["path"])
            for row in rows:
                yield Place(entry["path"], rows, row)

    def emails_by_id(self) -> dict[str, str]:
        """Return everybody's e-mail, by student id."""
        rows = [place.row for place in self.people()]
        return {row["student_id"]: row["email"].lower() for row in rows if row.get("student_id")}

    # ── What the files ask for ──────────────────────────────────────────────────────────────────────────────────────

    def wanted(self, today: date) -> dict[tuple[str, str], str]:
        """Return the kind of license that the files ask for, by library and e-mail."""
        config = self.config
        tags = {entry["path"]: entry.get("tags", []) for entry in config["rosters"]}
        people = {
            place.row["email"].lower(): {*tags[place.path], *filter(None, place.row.get("tags", "").split(";"))}
            for place in self.people()
        }
        wanted: dict[tuple[str, str], str] = {}
        for grant in _grants(config, self):
            if "until" in grant and date.fromisoformat(str(grant["until"])) < today:
                continue
            kind = PERMANENT if grant.get("kind") == "permanent" else TEMPORARY
            for email, tagged in people.items():
                if _reaches(grant["to"], email, tagged) and wanted.get((grant["library"], email)) != PERMANENT:
                    wanted[grant["library"], email] = kind
        return wanted

    # ── Edits ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def edit(self, today: date) -> str:
        """Make some edits. Return their names."""
        edits = [
            *(
                self.arrive,
                self.arrive,
                self.leave,
                self.come_back,
                self.correct_name,
                self.correct_email,
                self.swap_emails,
            ),
            *(self.correct_id, self.tag, self.tag, self.graduate, self.grant, self.grant_less, self.resend),
        ]
        names = []
        chosen = self.chance.choices(edits, k=self.chance.choice((1, 1, 2, 3)))
        if (
            self.swap_emails in chosen
        ):  # alone: else who leaves, or gets another id, keeps an e-mail that another has now
            chosen = [self.swap_emails]
        for edit in chosen:
            edit()
            names.append(edit.__name__)
        if self.chance.random() < 0.2:
            self.end(today)
            names.append("end")
        return ", ".join(names)

    def arrive(self) -> None:
        path = self.chance.choice(self.config["rosters"])["path"]
        rows = self.rows(path)
        if len(list(self.people())) < 14:
            new = [self._person() for _ in range(self.chance.choice((1, 1, 3)))]
            self.write_rows(path, [*rows, *({name: row[name] for name in (rows[0] if rows else row)} for row in new)])

    def leave(self) -> None:
        if place := self._somebody():
            place.rows.remove(place.row)
            self.left.append(place.row)
            self.write_rows(place.path, place.rows)

    def come_back(self) -> None:
        taken = {place.row["email"].lower() for place in self.people()}
        ids = {place.row.get("student_id", "") for place in self.people()} - {""}
        back = [row for row in self.left if row["email"].lower() not in taken and row.get("student_id") not in ids]
        if back:
            row = self.chance.choice(back)
            self.left.remove(row)
            rows = self.rows("rosters/students.csv")
            self.write_rows("rosters/students.csv", [*rows, {name: row.get(name, "") for name in COLUMNS}])

    def correct_name(self) -> None:
        if place := self._somebody():
            name, names = self.chance.choice((("given_name", _GIVEN), ("family_name", _FAMILY)))
            place.row[name] = self.chance.choice(names)
            self.write_rows(place.path, place.rows)

    def correct_email(self) -> None:
        if place := self._somebody():
            place.row["email"] = f"m{next(self._numbers)}@grace.example"
            self.write_rows(place.path, place.rows)

    def swap_emails(self) -> None:
        """Two people of one file who have ids exchange their e-mails."""
        path = self.chance.choice(self.config["rosters"])["path"]
        rows = self.rows(path)
        known = [row for row in rows if row.get("student_id")]
        if len(known) > 1:
            one, other = self.chance.sample(known, 2)
            one["email"], other["email"] = other["email"], one["email"]
            self.write_rows(path, rows)

    def correct_id(self) -> None:
        place = self._somebody()
        if place and "student_id" in place.row:
            place.row["student_id"] = f"S{next(self._numbers)}"
            self.write_rows(place.path, place.rows)

    def tag(self) -> None:
        place = self._somebody()
        if place and "tags" in place.row:
            place.row["tags"] = ";".join(self.chance.sample(TAGS, self.chance.choice((0, 1, 1, 2))))
            self.write_rows(place.path, place.rows)

    def graduate(self) -> None:
        place = self._somebody()
        if place and "tags" in place.row:
            place.row["tags"] = "graduate"
            self.write_rows(place.path, place.rows)

    def grant(self) -> None:
        if place := self._somebody():
            library, kind = self.chance.choice((("books", "temporary"), ("books", "permanent"), ("sub", "temporary")))
            to = self.chance.choice([{"emails": [place.row["email"]]}, {"tags": [self.chance.choice(TAGS)]}])
            config = self.config
            config["grants"].append({"library": library, "kind": kind, "to": to})
            self.write_config(config)

    def grant_less(self) -> None:
        config = self.config
        grant = self.chance.choice(config["grants"])
        if "to" in grant and len(config["grants"]) > 3:
            config["grants"].remove(grant)
            self.write_config(config)

    def resend(self) -> None:
        config = self.config
        grant = self.chance.choice(config["grants"])
        if "to" in grant and grant["library"] != "jam":
            grant["resend"] = f"r{next(self._numbers)}"
            self.write_config(config)

    def end(self, today: date) -> None:
        config = self.config
        grant = self.chance.choice(config["grants"])
        if "to" in grant and grant.get("kind") != "permanent":
            grant["until"] = (today + timedelta(self.chance.choice((3, 20, 60)))).isoformat()
            self.write_config(config)

    def buy(self, more: int) -> str:
        """Change the slots of a library. Return its id."""
        config = self.config
        library = self.chance.choice(list(config["libraries"]))
        config["libraries"][library]["slots"] += more
        self.write_config(config)
        return str(library)

    def _person(self) -> Row:
        number = next(self._numbers)
        return {
            "email": f"m{number}@grace.example",
            "given_name": self.chance.choice(_GIVEN),
            "family_name": self.chance.choice(_FAMILY),
            "student_id": self.chance.choice(("", f"S{number}", f"00{number}")),
            "role": self.chance.choice(("", "Student")),
            "tags": ";".join(self.chance.sample(TAGS, self.chance.choice((0, 1, 1, 2)))),
        }

    def _somebody(self) -> Place | None:
        people = list(self.people())
        return self.chance.choice(people) if len(people) > 2 else None


def _grants(config: dict[str, Any], files: Files) -> Iterator[dict[str, Any]]:
    for grant in config["grants"]:
        if "path" not in grant:
            yield grant
            continue
        for row in files.rows(grant["path"]):
            until = {"until": row["until"]} if row.get("until") else {}
            emails = [place.row["email"] for place in files.people() if _is_named(place.row, row)]
            to = {"emails": [email.lower() for email in emails]}
            yield {"library": row["library"], "kind": row.get("kind", ""), "to": to, **until}


def _is_named(person: Row, by: Row) -> bool:
    """Whether a row of a grants file names this person: by the student id, if both have one, else by the e-mail."""
    if by.get("student_id") and person.get("student_id"):
        return by["student_id"] == person["student_id"]
    return by["email"].lower() == person["email"].lower()


def _reaches(to: dict[str, Any], email: str, tags: set[str]) -> bool:
    return all(
        {
            "everyone": True,
            "tags": tags >= {*to.get("tags", ())},
            "emails": email in [address.lower() for address in to.get("emails", ())],
        }[name]
        for name in to
    )


def _without_guard(cell: str) -> str:
    """Return a value without the apostrophe that ``import`` writes before what a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _yaml(value: object) -> str:
    """Return YAML in the form of JSON, but with lists in lines, so that entries can be added."""
    if isinstance(value, list) and value:
        return "".join(f"\n  - {json.dumps(entry, ensure_ascii=False)}" for entry in value)
    return json.dumps(value, ensure_ascii=False)
