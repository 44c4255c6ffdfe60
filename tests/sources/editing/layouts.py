"""Folders as people and programs write them: dialects, delimiters, quotes, line ends, encodings, layouts of YAML."""

from __future__ import annotations

import codecs
from typing import Any, NamedTuple

from hypothesis import strategies as st

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = [
    "Ann",
    "Chloé",
    "van der Berg",
    "O'Neil",
    "Lee, Jr",
    'Mary "May"',
    "Müller; Dr",
    "No",
    "null",
    "Yes",
    "0012",
    "Ann: B",
    "x #y",
]
TAGS = ["student", "class of 2027", "faculty", "term:fall", "no", "12", "ümlaut", "a, b"]
HEADERS = (
    ("email", "given_name", "family_name", "student_id", "role", "tags"),
    ("tags", "family_name", "E-Mail", "Given Name", "notes", "STUDENT ID", "role"),
    ("Nachname", "Vorname", "Matrikelnummer", "E-Mail-Adresse", "Rolle", "Schlagwörter"),
    ("First Name", "Last Name", "Student Number", "Email", "Role", "User Tags"),
    ("Role", "given_name", "family_name", "email", "Tags", "student_id", ""),
)
_FIELDS = {"email": 0, "givenname": 1, "familyname": 2, "studentid": 3, "role": 4, "tags": 5}
_FIELDS |= {"emailadresse": 0, "vorname": 1, "nachname": 2, "matrikelnummer": 3, "rolle": 4, "schlagwörter": 5}
_FIELDS |= {"firstname": 1, "lastname": 2, "studentnumber": 3, "usertags": 5}
ENCODINGS = {
    "utf-8": (b"", "utf-8", None),
    "utf-8 with BOM": (codecs.BOM_UTF8, "utf-8", None),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16-le", None),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16-be", None),
    "windows-1252": (b"", "windows-1252", "windows-1252"),
}


class Person(NamedTuple):
    email: str
    given: str
    family: str
    student_id: str
    role: str
    tags: tuple[str, ...]


UNTAGGED = Person("last@grace.example", "Zoë", "Zorn", "", "", ())
"""Somebody whom no edit tags: how their row ends says how rows of that file end."""


class Written(NamedTuple):
    """A file, and the keys that its entry in seatsync.yaml needs."""

    name: str
    data: bytes
    more: str


@st.composite
def people(draw: Any) -> list[Person]:
    """A few people, the first of whom are those that edits are about."""
    return [
        Person(
            f"{draw(st.sampled_from(['ann', 'Ben', 'chloé']))}.{LETTERS[number]}@grace.example",
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(["", f"00{number}", f"A-{number}", f"{number}12"])),
            draw(st.sampled_from(["", "Student", "Vice, Dean"])),
            tuple(draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True))),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


@st.composite
def csv_rosters(draw: Any, of: list[Person]) -> Written:
    """The people in a CSV of some dialect."""
    header = draw(st.sampled_from(HEADERS))
    delimiter = draw(st.sampled_from(",;\t|"))
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    space = draw(st.sampled_from(["", " "])) if delimiter != "\t" else ""
    quoted = draw(st.sampled_from([(), range(len(header)), (0, 2)]))
    separator = draw(st.sampled_from([";", "; "]))
    ends = draw(st.sampled_from(["whole", "whole", "early", "before the last"]))

    def cell(position: int, value: str) -> str:
        needs = any(sign in value for sign in (delimiter, '"', "\n")) or value != value.strip()
        doubled = value.replace('"', '""')
        return f'"{doubled}"' if needs or position in quoted else value

    def row(values: list[str]) -> str:
        return f"{delimiter}{space}".join(cell(position, value) for position, value in enumerate(values))

    lines = [row(list(header))]
    for person in of if ends == "whole" else [*of, UNTAGGED]:
        values = [*person[:5], separator.join(person.tags)]
        fields = [_FIELDS.get("".join(c for c in name.lower() if c.isalnum())) for name in header]
        lines.append(row(_cut(["" if field is None else values[field] for field in fields], ends)))
        lines += draw(st.sampled_from([[], [], [""], [delimiter * (len(header) - 1)]]))
    above = draw(st.sampled_from([[], [], ["sep=" + delimiter]]))
    text = line_end.join([*above, *lines]) + draw(st.sampled_from(["", line_end]))
    kind = draw(st.sampled_from([*ENCODINGS]))
    mark, codec, named = ENCODINGS[kind]
    return Written("members.csv", mark + text.encode(codec), f", encoding: {named}" if named else "")


def _cut(values: list[str], ends: str) -> list[str]:
    """The fields of a row as a program writes them: all, those up to the last that is not empty, or without one that is last."""
    filled = max(number for number, value in enumerate(values, 1) if value)
    return values[: {"whole": len(values), "early": filled}.get(ends, max(filled, len(values) - 1))]


@st.composite
def yaml_rosters(draw: Any, of: list[Person]) -> Written:
    """The people in a YAML list of some layout."""
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    quote = draw(st.sampled_from(["'", '"']))
    indent = draw(st.sampled_from(["", "  "]))
    comment = draw(st.sampled_from(["", "   # note: it's [odd]"]))
    flow = draw(st.booleans())
    tags_in_lines = draw(st.booleans())
    lines = draw(st.sampled_from([[], ["# Our members", "---"], ["", "# - {email: no@grace.example}"]]))
    for person in of:
        values = dict(zip(("email", "given_name", "family_name", "student_id", "role"), person[:5], strict=True))
        pairs = [f"{key}: {_quoted(value, quote)}" for key, value in values.items() if value]
        tags = [_quoted(tag, quote) for tag in person.tags]
        if flow:
            pairs += [f"tags: [{', '.join(tags)}]"] if tags else []
            lines.append(f"{indent}- {{{', '.join(pairs)}}}{comment}")
        else:
            pairs += [f"tags: [{', '.join(tags)}]"] if tags and not tags_in_lines else []
            lines += [f"{indent}{'  ' if number else '- '}{pair}{comment}" for number, pair in enumerate(pairs)]
            lines += [f"{indent}  tags:", *(f"{indent}    - {tag}{comment}" for tag in tags)] * bool(
                tags and tags_in_lines
            )
        lines += draw(st.sampled_from([[], [], [""], ["# between"]]))
    text = line_end.join(lines) + draw(st.sampled_from(["", line_end]))
    mark, codec, _ = ENCODINGS[draw(st.sampled_from(["utf-8", "utf-8 with BOM", "utf-16-le", "utf-16-be"]))]
    return Written("members.yaml", mark + text.encode(codec), "")


def _quoted(value: str, quote: str) -> str:
    doubled = value.replace("'", "''") if quote == "'" else value.replace('"', '\\"')
    return (
        value
        if value.isalpha() and value.isascii() and value not in ("No", "null", "Yes", "no")
        else f"{quote}{doubled}{quote}"
    )


RULES = [
    "",
    "{library: books, kind: temporary, to: {tags: [faculty]}}",
    "{library: jam, to: {everyone: true}, until: 2020-01-01}",
]


@st.composite
def configs(draw: Any, roster: Written, of: list[Person]) -> bytes:
    """A seatsync.yaml for the roster, whose grants are laid out in some way, and whose anchors are used."""
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    first = of[0].email
    section = draw(
        st.sampled_from(
            [
                [],
                ["grants: []"],
                ["grants:   # none yet"],
                ["grants: [ ]   # none yet"],
                ["grants: [{library: books, kind: temporary, to: {tags: [faculty]}}]"],
                [
                    "grants:",
                    "- {library: books, kind: temporary, to: {tags: [faculty]}}   # lecturers",
                    "",
                    "# the end",
                ],
                ["grants:", f"  - {{library: jam, until: 2099-01-01, to: {{emails: [{first}]}}}}"],
                ["grants:", f"  - {{ library: books, kind: permanent, to: {{ emails: [ '{first}' ] }} }}"],
                [
                    "grants:",
                    "  - library: jam",
                    "    to:",
                    "      emails:",
                    f"        - {first}   # the dean",
                    "    # indeed",
                ],
                ["grants:", "  - library: jam", "    to: {emails: [", f"      '{first}'", "    ]}"],
                [
                    "grants:",
                    f"  - {{library: books, kind: temporary, to: &one {{emails: [{first}]}}}}",
                    "  - {library: jam, to: *one}",
                ],
                ["grants:", "  - {path: extra.csv}"],
                [
                    "grants:",
                    "  - library: jam",
                    "    to:",
                    "      everyone: true   # all",
                    "    until: 2099-01-01",
                    "# end",
                ],
                [
                    "grants:",
                    "  - library: jam",
                    "    to:",
                    "      any_tags: [student, faculty]",
                    "      not_emails:",
                    "        - x@y.example",
                ],
                [
                    "grants:",
                    "- {library: jam, to: {not_emails: [x@y.example], tags: [student]}}",
                    "- {library: jam, to: {tags: [faculty]}}",
                ],
            ]
        )
    )
    lines = [
        "# Grace   ",
        "version: 1",
        "institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}",
        "libraries:",
        "  books: {title: Books, system: logos-library, slots: 99}",
        "  jam: {title: Jamworks, system: jamworks, slots: 99}",
        "",
        "rosters:",
        f"  - {{path: {roster.name}{roster.more}}}",
    ]
    below = draw(
        st.sampled_from([[], ["", "invites: {remind_after: [3d]}"], ["limits:", "  max_revokes: 10%   # enough"]])
    )
    text = line_end.join([*lines, *section, *below]) + draw(st.sampled_from(["", line_end, line_end * 2]))
    mark, codec, _ = ENCODINGS[draw(st.sampled_from(["utf-8", "utf-8 with BOM", "utf-16-le"]))]
    return bytes(mark + text.encode(codec))


EXTRA = b"library;email;kind;until\r\njam;nobody@grace.example;temporary;\r\n"


@st.composite
def folders(draw: Any) -> dict[str, bytes]:
    """The files of an institution."""
    of = draw(people())
    roster = draw(st.one_of(csv_rosters(of), yaml_rosters(of)))
    files = {"seatsync.yaml": draw(configs(roster, of)), roster.name: roster.data}
    return files | ({"extra.csv": EXTRA} if b"extra.csv" in files["seatsync.yaml"].replace(b"\0", b"") else {})
