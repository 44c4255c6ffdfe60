"""make reference: write docs/man/, a manual page for every command, from the same help as docs/reference/commands.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from reference import contexts

HERE = Path(__file__).parent
GENERAL = "1"
"""The section of the manual with the commands that everyone uses."""


def main() -> None:
    for name, text in pages().items():
        (HERE / "man" / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return every manual page, by its file name: ``seatsync-edit-add.1``."""
    return {f"{context.command_path.replace(' ', '-')}.{GENERAL}": _page(context) for context in contexts()}


def _page(context: click.Context) -> str:
    name = context.command_path.replace(" ", "-")
    title = f'.TH "{name.upper()}" "{GENERAL}" "" "seatsync" "seatsync"'
    short = context.command.get_short_help_str(limit=200).removesuffix(".")
    formatter = Roff()
    context.command.format_help(context, formatter)
    return f"{title}\n.SH NAME\n{_escaped(name)} \\- {_escaped(short)}\n{formatter.getvalue()}"


class Roff(click.HelpFormatter):
    """Writes the parts of a help text as the source of a manual page, which ``man`` then wraps."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.write(f".SH SYNOPSIS\n.B {_escaped(prog)}\n{_escaped(args)}\n.SH DESCRIPTION\n")

    def write_heading(self, heading: str) -> None:
        self.write(f".SH {_escaped(heading.upper())}\n")

    def write_paragraph(self) -> None:
        pass  # `write_text` separates its own

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            kept = paragraph.removeprefix("\b\n")  # click's mark of lines that are not wrapped
            lines = _escaped(kept)
            self.write(f".PP\n{lines}\n" if kept == paragraph else f".PP\n.nf\n{lines}\n.fi\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        for term, meaning in rows:
            self.write(f".TP\n.B {_escaped(term)}\n{_escaped(meaning)}\n")


def _escaped(text: str) -> str:
    """Return text that roff prints as it is: no line of it is a request, and each hyphen can be copied into a shell."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


if __name__ == "__main__":
    main()
