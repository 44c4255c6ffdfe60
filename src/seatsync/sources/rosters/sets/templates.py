"""Where tags come from: templates over the files of a set, such as ``{classes.classCode|classes.title}``.

In braces stand columns, each with its file before a dot, separated by ``|``: the first that is not empty in the row counts. The
name of a file alone stands for the id of its row if a person can read that as a name, else for its title or name. A
column without a file is one of the people's file. If a column has no value, there is no tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from seatsync.sources.tables.table import squeezed

_BRACES = re.compile(r"\{([^{}]*)\}")

Value = Callable[[str, str], str]
"""(file, squeezed column) → the value in the row, or in a row that belongs to it. The column is empty for ``{file}``."""


@dataclass(frozen=True, slots=True)
class Template:
    """``text`` as written; ``choices`` are its braces, each a sequence of (file, column), with texts between them."""

    text: str
    literals: tuple[str, ...]
    choices: tuple[tuple[tuple[str, str], ...], ...]

    def names(self) -> Iterator[tuple[str, str]]:
        """Each (file, column) as written; the file is in lower case, and empty where the template names none."""
        for choice in self.choices:
            yield from choice

    def fill(self, value: Value) -> str:
        """The text for one row; empty if one of its columns is."""
        filled = [
            next((text for file, column in choice if (text := value(file, column))), "") for choice in self.choices
        ]
        if not all(filled):
            return ""
        pieces = [self.literals[0]]
        for text, literal in zip(filled, self.literals[1:], strict=True):
            pieces += (text, literal)
        return "".join(pieces)


def template_of(text: str, files: frozenset[str]) -> Template:
    """Parse a template. ``files`` are the names of the set's files, without suffix, in lower case."""
    literals, choices, end = [], [], 0
    for braces in _BRACES.finditer(text):
        literals.append(text[end : braces.start()])
        choices.append(tuple(_name(name.strip(), files) for name in braces[1].split("|")))
        end = braces.end()
    return Template(text, (*literals, text[end:]), tuple(choices))


def _name(written: str, files: frozenset[str]) -> tuple[str, str]:
    file, dot, column = written.partition(".")
    if dot and squeezed(file) in files:
        return squeezed(file), column
    return (squeezed(written), "") if squeezed(written) in files and not dot else ("", written)
