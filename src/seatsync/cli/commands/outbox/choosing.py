"""The options that choose letters, for the commands that change letters by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from seatsync.cli.lists import unknown_library
from seatsync.cli.options import option, with_options
from seatsync.cli.planning import member_numbers, without_members
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.ledger.queries.by_hand import Chosen

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Choice:
    """The letters that the command line names."""

    serials: tuple[int, ...] = ()
    letter: str | None = None
    library: str | None = None
    member: str | None = None

    def __bool__(self) -> bool:
        return bool(self.serials) or not self.letter is self.library is self.member is None

    def in_ledger(self, connection: Connection | None, institution: str, run: Run) -> Chosen:
        """The same with the member's numbers.

        Raises:
            UsageError: there is no such letter or library.
            Impossible: there is no such member.
        """
        from seatsync.domain.action import Letter
        from seatsync.ledger.queries.by_hand import Chosen

        if self.letter is not None and self.letter not in [*Letter]:
            raise click.UsageError(f"There is no letter {self.letter}. The letters are: {', '.join(Letter)}.")
        books = without_members(connection, institution, run)
        if self.library is not None and self.library not in books.libraries:
            raise unknown_library(self.library, books.libraries)
        numbers = member_numbers(connection, institution, self.member) if self.member is not None else None
        return Chosen(self.serials, self.letter, self.library, numbers)


def choosing(command: Command) -> Command:
    """Add the options that choose letters, as ``choice``."""

    @wraps(command)
    def wrapper(
        letters: tuple[int, ...], letter: str | None, library: str | None, member: str | None, **rest: Any
    ) -> Any:
        return command(choice=Choice(letters, letter, library, member), **rest)

    options = [
        click.argument("letters", nargs=-1, type=click.IntRange(1), metavar="[SERIAL]..."),
        option("--letter", metavar="NAME", help="Only letters of this kind, for example reminder."),
        option("--library", metavar="ID", help="Only letters about this library."),
        option("--member", metavar="EMAIL|ID", help="Only letters to this member."),
    ]
    return with_options(cast(Command, wrapper), options)
