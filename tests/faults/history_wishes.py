"""Random desired states as plain values, random edits of them, and their files."""

from __future__ import annotations

import csv
import json
import random
import shutil
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

NAMES = ("ann", "ben", "chloe", "dmitri", "eve", "farid", "zoë", "ines")
EMAILS = tuple(f"{name}@grace.example" for name in NAMES)
TAGS = ("student", "faculty", "staff")
SYSTEMS = {"books": "logos-library", "pool": "logos-library", "sub": "logos-subscription", "jam": "jamworks"}
ADMINS = ("ruth@grace.example", "omar@grace.example", "ann@grace.example")
ROSTERS = ("rosters/students.csv", "rosters/staff.yaml")
_COLUMNS = ("email", "given_name", "family_name", "student_id", "role", "tags")


@dataclass
class Person:
    email: str
    given_name: str = "Ann"
    family_name: str = "Lee"
    student_id: str = ""
    role: str = ""
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.email.lower()


@dataclass
class Roster:
    tags: tuple[str, ...] = ()
    people: list[Person] = field(default_factory=list)


@dataclass
class Rule:
    """A grant. ``to`` is as in the file, except that ``file`` has the e-mails or ids that the file lists."""

    library: str
    kind: str
    to: dict[str, Any]
    until: date | None = None
    resend: str = ""
    regrant: bool = False


@dataclass
class Wish:
    """The contents of all files of an institution."""

    id: str = "grace"
    was: str = ""
    retire: date | None = None
    name: str = "Grace"
    contacts: list[dict[str, str]] = field(default_factory=list)
    opt_out: bool = True
    admins: dict[str, str] = field(default_factory=lambda: {ADMINS[0]: "Ruth"})
    libraries: dict[str, dict[str, Any]] = field(default_factory=dict)
    rosters: dict[str, Roster] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    remind_after: tuple[int, ...] = ()
    max_revokes: str = "100"
    retain: bool = False
    approvals: list[dict[str, Any]] = field(default_factory=list)

    def people(self) -> list[tuple[Person, frozenset[str]]]:
        """All people with all their tags, in the order of the files."""
        return [
            (person, frozenset({*person.tags, *roster.tags}))
            for roster in self.rosters.values()
            for person in roster.people
        ]


# ── Random states ───────────────────────────────────────────────────────────────────────────────────────────────────


def first_wish(chance: random.Random) -> Wish:
    """Return a first state that is seldom refused."""
    wish = Wish(libraries={id: _library(id, chance.choice((4, 9))) for id in SYSTEMS})
    wish.rosters = {path: Roster((tag,)) for path, tag in zip(ROSTERS, ("student", "staff"), strict=True)}
    _new_people(wish, chance)
    wish.rules = [_rule(wish, chance) for _ in range(chance.randint(1, 4))]
    return wish


def next_wish(wish: Wish, chance: random.Random, today: date) -> Wish:
    """Return the same files after some edits."""
    after = deepcopy(wish)
    edits = [
        *(_new_people, _somebody_else, _somebody_else, _somebody_goes, _two_swap_addresses),
        *(_one_more_rule, _one_more_rule, _one_rule_less, _other_rules, _other_rule, _other_rule),
        *(_other_slots, _other_slots, _library_goes_or_comes, _other_system),
        *(_other_settings, _other_admins, _other_limits),
    ]
    for edit in chance.choices(edits, k=chance.choice((1, 1, 2, 4))):
        edit(after, chance)
    after.approvals = _approvals(after, chance, today)
    after.rules = [rule for rule in after.rules if rule.library in after.libraries]
    return after


def _library(id: str, slots: int) -> dict[str, Any]:
    return {"title": id.title(), "system": SYSTEMS[id], "slots": slots}


def _new_people(wish: Wish, chance: random.Random) -> None:
    """Return new rosters, in which each e-mail and each id is unique."""
    emails = chance.sample(EMAILS, chance.choice((0, 3, 5, 6, 7, 8)))
    ids = chance.sample(["", "", "", "S1", "S2", "S3", "S4", "S5"], len(emails))
    for roster in wish.rosters.values():
        roster.people = []
    for email, id in zip(emails, ids, strict=True):
        path = chance.choices(list(wish.rosters), [3] + [1] * (len(wish.rosters) - 1))[0]
        wish.rosters[path].people.append(_person(email, id, chance))


def _person(email: str, id: str, chance: random.Random) -> Person:
    return Person(
        email if chance.random() < 0.9 else email.upper(),
        chance.choice(("Ann", "Zoë", "Ли")),
        chance.choice(("Lee", "Lee", "Lee", "Ode")),
        id,
        chance.choice(("", "Student")),
        tuple(chance.sample(TAGS, chance.choice((0, 1, 2)))),
    )


def _somebody(wish: Wish, chance: random.Random) -> tuple[Roster, Person] | None:
    found = [(roster, person) for roster in wish.rosters.values() for person in roster.people]
    return chance.choice(found) if found else None


def _somebody_else(wish: Wish, chance: random.Random) -> None:
    """Change the name, role, tag, id or e-mail of one member, or add a member."""
    taken = {person.key for person, _ in wish.people()}
    free = [email for email in EMAILS if email not in taken]
    ids = {"S1", "S2", "S3", "S4", "S5"} - {person.student_id for person, _ in wish.people()}
    found = _somebody(wish, chance)
    if found is None or (free and chance.random() < 0.3):
        id = chance.choice(["", *sorted(ids)])
        chance.choice(list(wish.rosters.values())).people.append(_person(chance.choice(free), id, chance))
        return
    roster, person = found
    email = chance.choice([person.email, person.email, *free[:1]])
    id = chance.choice([person.student_id, person.student_id, "", *sorted(ids)])
    roster.people[roster.people.index(person)] = _person(email, id, chance)


def _somebody_goes(wish: Wish, chance: random.Random) -> None:
    if found := _somebody(wish, chance):
        found[0].people.remove(found[1])


def _two_swap_addresses(wish: Wish, chance: random.Random) -> None:
    people = [person for person, _ in wish.people()]
    if len(people) > 1:
        one, other = chance.sample(people, 2)
        one.email, other.email = other.email, one.email


def _rule(wish: Wish, chance: random.Random) -> Rule:
    library = chance.choice(list(wish.libraries))
    has_both = wish.libraries[library]["system"] == "logos-library"
    kind = chance.choice(("temporary", "permanent")) if has_both or chance.random() < 0.03 else "temporary"
    ids = [person.student_id for person, _ in wish.people() if person.student_id]
    some_tags = chance.sample(TAGS, chance.choice((1, 2)))
    to: dict[str, Any] = chance.choice(
        [
            {"everyone": True},
            {"tags": some_tags},
            {"any_tags": some_tags},
            {"any_tags": some_tags, "not_tags": [chance.choice(TAGS)]},
            {"not_tags": some_tags},
            {"emails": chance.sample(EMAILS, chance.randint(1, 4))},
            {"tags": some_tags[:1], "emails": chance.sample(EMAILS, 3)},
            {"file": chance.sample(EMAILS, chance.randint(1, 4))},
            {"file": ids or [EMAILS[0]]},
            {"tags": [f"imported:2026-09-{chance.randint(1, 9):02}"]},
        ]
    )
    until = (
        date(2026, 9, 1) + timedelta(chance.randint(0, 60)) if kind == "temporary" and chance.random() < 0.4 else None
    )
    return Rule(library, kind, to, until, chance.choice(("", "", "once", "twice")), chance.random() < 0.4)


def _one_more_rule(wish: Wish, chance: random.Random) -> None:
    if wish.libraries:
        wish.rules.append(_rule(wish, chance))


def _one_rule_less(wish: Wish, chance: random.Random) -> None:
    if wish.rules:
        wish.rules.remove(chance.choice(wish.rules))


def _other_rules(wish: Wish, chance: random.Random) -> None:
    wish.rules = [_rule(wish, chance) for _ in range(chance.randint(1, 4)) if wish.libraries]


def _other_rule(wish: Wish, chance: random.Random) -> None:
    """Change the kind, day or invitation of a rule, but not its people."""
    if wish.rules:
        rule = chance.choice(wish.rules)
        rule.resend, rule.regrant = chance.choice(("once", "twice", "thrice")), chance.random() < 0.5
        if wish.libraries.get(rule.library, {}).get("system") == "logos-library" and chance.random() < 0.5:
            rule.kind, rule.until = "permanent", None


def _other_slots(wish: Wish, chance: random.Random) -> None:
    if wish.libraries:
        wish.libraries[chance.choice(list(wish.libraries))]["slots"] = chance.choice((0, 2, 4, 6, 9, 12))


def _library_goes_or_comes(wish: Wish, chance: random.Random) -> None:
    id = chance.choice(list(SYSTEMS))
    if wish.libraries.pop(id, None) is None or chance.random() < 0.3:
        wish.libraries[id] = _library(id, 9)


def _other_system(wish: Wish, chance: random.Random) -> None:
    if wish.libraries and chance.random() < 0.5:
        id = chance.choice(list(wish.libraries))
        wish.libraries[id]["system"] = chance.choice(list(SYSTEMS.values()))


def _other_settings(wish: Wish, chance: random.Random) -> None:
    wish.name = chance.choice(("Grace", "Grace Seminary"))
    wish.opt_out = chance.random() < 0.8
    wish.retire = date(2026, 9, 1) + timedelta(chance.randint(0, 90)) if chance.random() < 0.3 else None
    wish.contacts = [{"name": "Dana Fox", "email": "dana@vendor.example", "role": chance.choice(("", "Sales"))}]


def _other_admins(wish: Wish, chance: random.Random) -> None:
    wish.admins = {email: chance.choice(("Ruth", "Omar")) for email in chance.sample(ADMINS, chance.randint(1, 3))}


def _other_limits(wish: Wish, chance: random.Random) -> None:
    wish.remind_after = chance.choice(((), (3, 7), (2,)))
    wish.max_revokes = chance.choice(("100", "100", "1", "10%", "0", "2.5%"))
    wish.retain = chance.random() < 0.6


def _approvals(wish: Wish, chance: random.Random, today: date) -> list[dict[str, Any]]:
    until = (today + timedelta(chance.choice((-1, 0, 5)))).isoformat()
    rosters: list[dict[str, Any]] = [{"roster": path} for path in wish.rosters]
    found = [
        {"refusal": "empty-roster", "until": until, "reason": "meant", **roster}
        for roster in [{}, *rosters]
        if chance.random() < 0.5
    ]
    more = {"refusal": "too-many-revokes", "until": until, "reason": "meant", "count": chance.choice((1, 3, 9))}
    found += [more | {"library": library} for library in SYSTEMS if chance.random() < 0.2]
    keys = [person.key for person, _ in wish.people()]
    if keys and chance.random() < 0.6:
        who = {
            "member": sorted(chance.sample(keys, chance.randint(1, len(keys)))),
            "is": chance.choice(("same", "new")),
        }
        found.append({"refusal": "identity-changed", "until": until, "reason": "meant", **who})
    return found


# ── As files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_files(wish: Wish, folder: Path) -> None:
    """Write all files."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "rosters").mkdir(parents=True)
    (folder / "lists").mkdir()
    for path, roster in wish.rosters.items():
        _write_roster(folder / path, roster)
    rules = [_written_rule(rule, folder, f"lists/{number}.csv") for number, rule in enumerate(wish.rules)]
    config = {
        "version": 1,
        "institution": {
            "id": wish.id,
            **({"was": wish.was} if wish.was else {}),
            **({"retire": wish.retire.isoformat()} if wish.retire else {}),
            "name": wish.name,
            "contacts": [{name: value for name, value in entry.items() if value} for entry in wish.contacts],
            "admins": [
                {"email": email, "given_name": name, "family_name": "Abel"} for email, name in wish.admins.items()
            ],
            "opt_out": wish.opt_out,
        },
        "libraries": wish.libraries,
        "rosters": [{"path": path, "tags": list(roster.tags)} for path, roster in wish.rosters.items()],
        "grants": rules,
        "invites": {"remind_after": [f"{days}d" for days in wish.remind_after]},
        "limits": {"max_revokes": wish.max_revokes, "permanent": "retain" if wish.retain else "refuse"},
        "approvals": wish.approvals,
    }
    text = "".join(f"{name}: {_yaml(value)}\n" for name, value in config.items())
    (folder / "seatsync.yaml").write_text(text, encoding="utf-8")


def _yaml(value: object) -> str:
    """Return YAML in the form of JSON, but with lists in lines, so that entries can be added."""
    if isinstance(value, list) and value:
        return "".join(f"\n  - {json.dumps(entry, ensure_ascii=False)}" for entry in value)
    return json.dumps(value, ensure_ascii=False)


def _write_roster(path: Path, roster: Roster) -> None:
    if path.suffix == ".yaml":
        people = [{**vars(person), "tags": list(person.tags)} for person in roster.people]
        path.write_text(json.dumps(people, indent=1, ensure_ascii=False), encoding="utf-8")
        return
    write_csv(path, _COLUMNS, [{**vars(person), "tags": ";".join(person.tags)} for person in roster.people])


def _written_rule(rule: Rule, folder: Path, list_path: str) -> dict[str, Any]:
    to = dict(rule.to)
    if "file" in to:
        column = "email" if "@" in to["file"][0] else "student_id"
        write_csv(folder / list_path, (column,), [{column: name} for name in to["file"]])
        to["file"] = list_path
    written = {"library": rule.library, "kind": rule.kind, "to": to, "resend": rule.resend, "regrant": rule.regrant}
    if rule.until:
        written["until"] = rule.until.isoformat()
    return {name: value for name, value in written.items() if value not in ("", False)}


def write_csv(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
