"""The files of a folder that starts from a vendor's exports.

Who holds a seat is one row a person in ``grants/LIBRARY.csv``, which is right whatever the exports say. One thing is shorter and
still says exactly the same: if everybody with a tag, or everybody, has a temporary seat, a rule says so, and next month a row in
the roster is enough for a newcomer to get one. Permanent licenses are never given by such a rule, as nobody can take them back,
and a few people may have the same tag and the same seat by chance.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import NamedTuple

import yaml

from seatsync.cli.commands.init.reading import Adopted, Source, slug
from seatsync.domain.library import Library
from seatsync.domain.license import Kind, Status
from seatsync.domain.person import Person, person_of
from seatsync.domain.text.formulas import defused
from seatsync.domain.text.tags import split_tags
from seatsync.sources.portal.columns import as_csv
from seatsync.sources.tables.table import squeezed

ROSTER = "rosters/members.csv"
_GRANTS = ("library", "email", "kind", "until", "student_id")
_PLAIN = re.compile(r"[A-Za-z][\w-]*(?: [\w-]+)*", re.ASCII)
_FEW = 3
"""The fewest people for whom a rule is written."""
_DATED = re.compile(r"\d{2,4}[-./ ]\d{1,2}\b")
"""In the tags that the portals add by themselves: the day of an import says nothing of who should get a seat."""


_EXPORTS = """
# What the portals say. The first plan reads it, once.
exports:
"""


class Rule(NamedTuple):
    """Everybody with the ``tag`` has a temporary seat; with an empty one, everybody has."""

    tag: str

    @property
    def to(self) -> str:
        """The selector, in YAML."""
        return f"{{tags: [{scalar(self.tag)}]}}" if self.tag else "{everyone: true}"

    @property
    def who(self) -> str:
        """The same in words."""
        return f"everybody with the tag {self.tag}" if self.tag else "everybody"


def rules(adopted: Adopted) -> dict[str, Rule]:
    """Return the rule of each library for which one says exactly who has a temporary seat there.

    Who owns the library or has declined may be among those of the rule: it does not change their license.
    """
    tagged: dict[str, set[str]] = {}
    for member in adopted.members:
        for tag in split_tags(member.tags):
            tagged.setdefault(tag, set()).add(member.key)
    everybody = {member.key for member in adopted.members}
    groups = [*sorted((tag, keys) for tag, keys in tagged.items() if not _DATED.search(tag)), ("", everybody)]
    found = {}
    for id, holdings in adopted.holdings.items():
        held = adopted.held(id)
        temporary = {key for key, kind in held.items() if kind is Kind.TEMPORARY} & everybody
        may = held.keys() | {key for key, (_, status) in holdings.items() if status is Status.OPTED_OUT}
        fitting = (Rule(tag) for tag, keys in groups if temporary <= keys <= may)
        if len(temporary) >= _FEW and not adopted.ends.get(id) and (rule := next(fitting, None)) is not None:
            found[id] = rule
    return found


def texts(
    adopted: Adopted,
    libraries: Mapping[str, Library],
    chosen: Mapping[str, Rule],
    values: Mapping[str, str],
    exports: Mapping[str, str],
) -> dict[str, str]:
    """Return the roster, the grants and seatsync.yaml: path → text.

    ``values`` are those of an institution. ``exports`` are the entries of exports that the first plan is to read, by path.
    """
    made = {ROSTER: _csv(Person._fields, map(person_of, adopted.members))}
    grants = []
    for id, library in libraries.items():
        if (rule := chosen.get(id)) is not None:
            kind = "" if library.kinds == (Kind.TEMPORARY,) else "kind: temporary, "
            grants.append(f"  - {{library: {id}, {kind}to: {rule.to}}}")
        if rows := _rows(adopted, id, id in chosen):
            made[f"grants/{id}.csv"] = _csv(_GRANTS, rows)
            grants.append(f"  - {{path: grants/{id}.csv}}")
    declined = any(status is Status.OPTED_OUT for held in adopted.holdings.values() for _, status in held.values())
    more = {
        "opt_out": "opt_out: true      " if declined else "# opt_out: true    ",
        "libraries": library_lines(libraries),
        "grants": "\n".join(grants) or "  []",
        "exports": _EXPORTS + "\n".join(exports.values()) + "\n" if exports else "",
    }
    source = (files("seatsync.cli.commands.init") / "starter" / "adopted.yaml").read_text(encoding="utf-8")
    return made | {"seatsync.yaml": Template(source).substitute({**values, **more})}


def exports_of(
    sources: Sequence[Source], told: Mapping[str, str], adopted: Adopted, taken: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Return copies of the exports for the folder, path → text, and their entries in seatsync.yaml, by path."""
    copies: dict[str, str] = {}
    entries = {}
    for source in sources:
        stem = slug(Path(source.path).stem) or "export"
        names = (f"exports/{stem}{suffix}.csv" for suffix in ("", *(f"-{number}" for number in range(2, 1_001))))
        path = next(name for name in names if name not in copies)
        copies[path] = as_csv(source.content, source.path)
        titles = {squeezed(library.title): id for id, library in adopted.libraries.items()}
        library = titles.get(squeezed(told.get(source.path, "")))
        entries[path] = f"  - {{path: {path}, {f'library: {library}, ' if library else ''}taken: {taken}}}"
    return copies, entries


def library_lines(libraries: Mapping[str, Library]) -> str:
    """Return the entries of `libraries` in seatsync.yaml."""
    width = max((len(id) for id in libraries), default=0) + 1
    return "\n".join(f"  {id + ':':{width}} {_entry(library)}" for id, library in libraries.items()) or "  {}"


def _rows(adopted: Adopted, library: str, has_rule: bool) -> list[tuple[str, ...]]:
    """The rows of a grants file: everybody whom no rule gives the license that they have."""
    held, ends = adopted.held(library), adopted.ends.get(library, {})
    return [
        (library, member.email, kind, ends.get(member.key, ""), member.student_id)
        for member in adopted.members
        if (kind := held.get(member.key)) is not None and not (has_rule and kind is Kind.TEMPORARY)
    ]


def _entry(library: Library) -> str:
    return (
        f"{{title: {scalar(library.title)}, system: {library.system}, slots: {library.slots}, "
        f"delivered_by: {library.delivered_by}}}"
    )


def scalar(text: str) -> str:
    """A text in YAML, in quotes where it would be read as something else."""
    is_plain = _PLAIN.fullmatch(text) is not None and yaml.safe_load(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(defused, rows))
    return text.getvalue()
