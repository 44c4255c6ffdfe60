"""Templates over the files of a set, such as ``{classes.classCode|classes.title}``: where tags and mapped fields come from.

They are written as in every roster (``rosters.templates``), but a column can have its file before a dot. The name of a file alone
stands for the id of its row if a person can read that as a name, else for its title or name. A column without a file is one of
the people's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from seatsync.domain.diagnostic import MORE_MAY_COME, Diagnostic
from seatsync.domain.person import Person
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.rosters import templates
from seatsync.sources.rosters.sets.options import SetOptions
from seatsync.sources.rosters.sets.part import Part
from seatsync.sources.rosters.sets.set_format import SetFormat
from seatsync.sources.rosters.sets.words import SAYS
from seatsync.sources.tables.table import squeezed

Value = Callable[[str, str], str]
"""(file, column) → the value in the row, or in a row that belongs to it. The column is empty for ``{file}``."""
Choice = tuple[tuple[str, str], ...]
"""The (file, column) pairs in braces, of which the first with a value counts."""


@dataclass(frozen=True, slots=True)
class Template:
    """The ``choices`` stand between the ``literals``. A choice that ends with ("", "") may be empty."""

    literals: tuple[str, ...]
    choices: tuple[Choice, ...]

    def names(self) -> Iterator[tuple[str, str]]:
        """Each (file, column) as written; the file is in lower case, and empty where the template names none."""
        for choice in self.choices:
            yield from (name for name in choice if any(name))

    def fill(self, value: Value) -> str:
        """The text for one row; empty if a column that may not be empty is."""
        filled = [self.literals[0]]
        for choice, literal in zip(self.choices, self.literals[1:], strict=True):
            text = next((text for name in choice if any(name) and (text := value(*name))), "")
            if not text and all(map(any, choice)):
                return ""
            filled += (text, literal)
        return "".join(filled)


def mapped_fields(format: SetFormat, options: SetOptions, found: list[Diagnostic]) -> dict[str, Template]:
    """The templates of a member's fields that the roster's ``map:`` gives."""
    mapped = {}
    for field, text in options.map.items():
        if field in Person._fields:
            mapped[field] = template_of(text or "", format, ("map", field), options, found)
        elif field not in SAYS:
            message = f"`map: {{{field}: …}}` can't be used for a set of files."
            help = f"In a set, {', '.join((*Person._fields, *SAYS))} can be mapped."
            found.append(Diagnostic("invalid-value", message, help, options.place("map", field)))
    return mapped


def tag_templates(format: SetFormat, options: SetOptions, found: list[Diagnostic]) -> dict[str, Template]:
    """The sources of tags by prefix: the format's own, changed as the roster says."""
    texts: dict[str, str | None] = {"role": "{role}", **format.tags, **options.tags_from}
    return {
        prefix: template_of(text, format, ("tags_from", prefix), options, found)
        for prefix, text in texts.items()
        if text is not None
    }


def template_of(
    text: str, format: SetFormat, key: tuple[str, str], options: SetOptions, found: list[Diagnostic]
) -> Template:
    """Parse what the entry says under ``key``. An empty text gives an empty value."""
    try:
        written = templates.Template(text, is_column=key[0] == "map") if text else None
    except templates.BadTemplate as fault:
        help = 'Write columns in braces, for example "{classes.title}".'
        message = f'"{printable(text)}" can\'t be read: {fault}.'
        found.append(Diagnostic("invalid-value", message, help, options.place(*key)))
        written = None
    if written is None:
        return Template(("",), ())
    files = frozenset(format.parts)
    return Template(written.literals, tuple(tuple(_name(name, files) for name in hole) for hole in written.holes))


def _name(written: str, files: frozenset[str]) -> tuple[str, str]:
    file, dot, column = written.partition(".")
    if dot and squeezed(file) in files:
        return squeezed(file), column.strip()
    return (squeezed(written), "") if squeezed(written) in files and not dot else ("", written)


def check_columns(
    parts: Mapping[str, Part], format: SetFormat, own: Mapping[tuple[str, str], Template], options: SetOptions
) -> list[Diagnostic]:
    """What the roster's ``own`` templates, by their keys, name and the set does not have."""
    found = []
    people = [kind.file for kind in format.people if kind.file in parts]
    for key, template in own.items():
        for file, column in template.names():
            files = [file] if file else people
            if not column or any(name in parts and parts[name].has(column) for name in files):
                continue
            written = [name for file in files if file in parts for name in parts[file].table.header]
            where = " or ".join(f"{name}.csv" for name in files)
            message = f'`{key[1]}` names the column "{printable(column, 60)}", which {where} does not have.'
            help = f"Name one of its columns, or one of another file as {{{format.classes.file}.COLUMN}}."
            guess = did_you_mean(column, written)
            message = " ".join(filter(None, (message, guess, MORE_MAY_COME)))
            found.append(Diagnostic("unknown-column", message, help, options.place(*key)))
    return found
