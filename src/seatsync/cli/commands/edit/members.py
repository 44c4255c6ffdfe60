"""Edits of members who are named or selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.edit.carry_out import carry_out
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.sources.editing.folder import EditedFolder


def of_them(
    path: Path,
    run: Run,
    emails: tuple[str, ...],
    select: Path | None,
    change: Callable[[EditedFolder, list[str]], None],
    revoked: str = "",
    are_members: bool = True,
) -> int:
    """Carry a change out for the members who are named or selected."""
    from seatsync.cli.listing import selected
    from seatsync.sources.editing.folder import key_of

    if not emails and select is None:
        raise click.UsageError("Say who: e-mails, or --select FILE.")
    emails = tuple(given(emails))
    selection = selected(select, run) if select is not None else None
    keys: set[str] = set()

    def change_them(folder: EditedFolder) -> None:
        who = [*emails, *(folder.selected(selection, are_members) if selection is not None else ())]
        keys.update(map(key_of, who))
        change(folder, who)

    return carry_out(path, run, change_them, (revoked, keys) if revoked else None)


def given(emails: Iterable[str]) -> list[str]:
    """E-mails as a person typed them, without what is around them. An empty one was a variable without a value."""
    from seatsync.domain.text.characters import clean
    from seatsync.domain.text.ids import plain_email

    plain = [plain_email(clean(email)) for email in emails]
    if not all(plain):
        raise click.UsageError("One of the e-mails is empty.")
    return plain
