"""Help within the terminal's width, examples too: what is too long goes on below, and can still be copied into a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from textwrap import wrap

import click

_EXAMPLES = "\b\n"
"""click's mark of lines that are not wrapped."""
_LEAST = 30
"""The fewest columns for what an example does, beside it."""
_INDENT = "    "
_WORD = r"""(?:[^\s'"]|'[^']*'|"[^"]*")+"""
"""A word of a shell: no line ends inside quotes."""
_PIECE = re.compile(rf"(?:(--[\w-]+) )?({_WORD})")
"""An option and its value, which stay together if a line has room for both, or a word alone."""
_EXAMPLE = re.compile(rf"({_WORD}(?: {_WORD})*)(?:(\s{{2,}})(.*))?")


class Help(click.HelpFormatter):
    """A text in which examples are folded, too."""

    def write_text(self, text: str) -> None:
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write_paragraph()
            if paragraph.startswith(_EXAMPLES):
                room = self.width - self.current_indent
                lines = [line for one in paragraph.split("\n")[1:] for line in example(one, room)]
                self.write("".join(f"{' ' * self.current_indent}{line}\n" for line in lines))
            else:
                super().write_text(paragraph)


class HelpContext(click.Context):
    """A context of commands whose help is a ``Help``."""

    formatter_class = Help


def example(line: str, width: int) -> Iterator[str]:
    """The lines of an example: a command, and perhaps, after a gap, what it does."""
    found = _EXAMPLE.fullmatch(line)
    if len(line) <= width or found is None:
        yield line
        return
    command, gap, about = found.groups()
    start = len(command) + len(gap or "")
    if about and width - start >= _LEAST:
        first, *rest = wrap(about, width - start)
        yield f"{command}{gap}{first}"
        yield from (" " * start + one for one in rest)
        return
    yield from _of_shell(command, width)
    yield from wrap(about or "", width, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _of_shell(command: str, width: int) -> Iterator[str]:
    """A command over several lines, as a shell takes it."""
    line, most = "", width - len(_INDENT) - len(" \\")
    pieces = ([one[0]] if len(one[0]) <= most else filter(None, one.groups()) for one in _PIECE.finditer(command))
    for word in chain.from_iterable(pieces):
        if line and len(line) + len(word) + len("  \\") > width:
            yield f"{line} \\"
            line = _INDENT + word
        else:
            line = f"{line} {word}" if line else word
    yield line
