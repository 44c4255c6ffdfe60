"""Read the members and licenses of a list from the ledger, some thousands at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.lists import MOST_IN_TEXT, unknown_library
from seatsync.cli.output.findings import print_findings
from seatsync.cli.planning import institution_snapshot, without_members
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.domain.filters import Filters
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from seatsync.domain.desired import Selection
    from seatsync.domain.person import Member
    from seatsync.domain.snapshot import Snapshot
    from seatsync.ledger.queries.batches import MemberBatch


@dataclass(frozen=True)
class Listing:
    """What a list is read from: the ledger, a part at a time, or its state in the past (``connection`` is None).

    ``books`` of the present are without members. ``only`` are the numbers of the members that ``--select`` names, None without.
    """

    institution: str
    books: Snapshot
    filters: Filters
    connection: Connection | None
    only: Sequence[int] | None = None

    @property
    def libraries(self) -> list[str]:
        """The library that the filters name, or all."""
        return [self.filters.library] if self.filters.library else list(self.books.libraries)

    def with_licenses(self) -> list[str]:
        """The library that the filters name, or all that have or had licenses."""
        from seatsync.ledger.queries.lookup import libraries_with_licenses

        if self.filters.library:
            return [self.filters.library]
        return (
            list(self.books.licenses)
            if self.connection is None
            else libraries_with_licenses(self.connection, self.institution)
        )

    def with_emails(self, keys: Iterable[str]) -> Listing:
        """This list, of the members with these e-mail keys only."""
        from seatsync.ledger.queries.lookup import numbers_of

        named = numbers_of(self.connection, self.institution, {*keys}, ()) if self.connection is not None else {}
        return replace(self, only=[n for n in sorted(named) if self.only is None or n in self.only])

    def members(self) -> Iterator[MemberBatch]:
        """The members that match all filters."""
        from seatsync.domain.license import ABSENT
        from seatsync.ledger.queries.batches import MemberBatch, member_batches

        if self.connection is not None:
            yield from member_batches(self.connection, self.institution, self.filters, self.libraries, self.only)
            return
        held = [self.books.licenses.get(library, {}) for library in self.libraries if self._may_match(library)]
        matching = (
            number
            for number in self._past_members()
            if self.filters.holds(licenses.get(number, ABSENT) for licenses in held)
        )
        yield MemberBatch([*matching], self.books)

    def holders(self, library: str) -> Iterator[MemberBatch]:
        """The members who match all filters with their license of the library."""
        from seatsync.ledger.queries.batches import MemberBatch, holder_batches

        if self.connection is not None:
            yield from holder_batches(self.connection, self.institution, self.filters, library, self.only)
            return
        if not self._may_match(library):
            return
        held, people = self.books.licenses.get(library, {}), {*self._past_members()}
        matching = (number for number, license in held.items() if number in people and self.filters.lists(license))
        yield MemberBatch([*matching], self.books)

    def line(self, library: str) -> Mapping[str, int]:
        """The numbers of the places in the library's line; 1 is the next."""
        from seatsync.domain.line import numbered
        from seatsync.ledger.queries.line import places

        if self.connection is not None:
            return places(self.connection, self.institution, library)
        return numbered(license.place for license in self.books.licenses.get(library, {}).values() if license.place)

    def shown(
        self, rows: Iterator[dict[str, Any]], run: Run, sort: str | None, *, is_of_licenses: bool
    ) -> tuple[list[dict[str, Any]], int]:
        """The rows of a list, and how many there are besides: a table in the ledger's own order is read only as far as it is shown."""
        from seatsync.ledger.queries.lists import count_listed

        if run.format != "text" or run.verbose or sort or self.only is not None or self.connection is None:
            return [*rows], 0
        found = [*islice(rows, MOST_IN_TEXT)]
        if len(found) < MOST_IN_TEXT:
            return found, 0
        libraries = self.with_licenses() if is_of_licenses else self.libraries
        number = count_listed(self.connection, self.institution, self.filters, libraries, is_of_licenses=is_of_licenses)
        return found, number - len(found)

    def none_match(self, what: str) -> str:
        """That none of these match; and which tag or role of the filters nobody has, with the one that was perhaps meant."""
        from seatsync.domain.text.guesses import did_you_mean
        from seatsync.domain.text.tags import IMPORTED, split_tags

        said = [f"No {what} match."]
        if self.filters.tag or self.filters.role:
            found = self._tags_and_roles()
            tags = {tag for joined, day, _ in found for tag in (*split_tags(joined), IMPORTED + day)}
            named = [("tag", tag, tags) for tag in self.filters.tag]
            if self.filters.role:
                named.append(("role", self.filters.role, {role for *_, role in found if role}))
            said += [
                f'No member has the {name} "{value}". {did_you_mean(value, known)}'
                for name, value, known in named
                if value not in known
            ]
        return " ".join(said).rstrip()

    def _tags_and_roles(self) -> Iterable[tuple[str, str, str]]:
        """Each combination of tags, day of import and role among the members on these rosters, whatever the other filters say."""
        from seatsync.ledger.queries.batches import tags_and_roles

        filters = Filters(roster=self.filters.roster)
        if self.connection is not None:
            return tags_and_roles(self.connection, self.institution, filters)
        return {(one.tags, one.imported_on, one.role) for _, one in filters.members(self.books.members)}

    def _may_match(self, library: str) -> bool:
        """Whether the filters are about licenses of this library."""
        known = self.books.libraries.get(library)
        return not self.filters.at_vendor or (known is not None and known.is_at_vendor)

    def bounced(self, numbers: Sequence[int]) -> set[tuple[str, int]]:
        """The licenses of these members whose latest invitation bounced, as (library, number); none in the past."""
        from seatsync.ledger.queries.outbox import bounced

        return bounced(self.connection, self.institution, numbers) if self.connection is not None else set()

    def _past_members(self) -> Iterator[int]:
        from seatsync.domain.license import Kind

        chosen = {*self.only} if self.only is not None else self.books.members.keys()
        owners = {
            number
            for held in self.books.licenses.values()
            for number, license in held.items()
            if license.kind is Kind.PERMANENT
        }
        return (number for number, _ in self.filters.members(self.books.members, owners) if number in chosen)


@contextmanager
def listing(
    folder: Path, run: Run, filters: Filters, select: Path | None, as_of: datetime | None = None
) -> Iterator[Listing]:
    """Open the ledger for a list: its present, or its state at the end of the day of ``as_of``."""
    from seatsync.domain.desired import Selection
    from seatsync.domain.text.ids import plain_id
    from seatsync.ledger.queries.batches import member_batches
    from seatsync.ledger.queries.lookup import numbers_of

    id, past = institution_snapshot(folder, run, as_of) if as_of is not None else (institution_of(folder, run), None)
    with run.step("Reading the ledger"), ledger_of(run, folder, id).reading() as connection:
        books = past or without_members(connection, id, run)
        chosen = selected(select, run) if select is not None else Selection("", ())
        keys, ids = chosen.keys, chosen.student_ids
        if filters.library and filters.library not in books.libraries:
            raise unknown_library(filters.library, books.libraries)
        if past is not None or connection is None:
            members = books.members.items()
            only = [n for n, member in members if member.key in keys or plain_id(member.student_id) in ids]
            if select is not None:
                _say_unfound(chosen, (books.members[number] for number in only), run)
            yield Listing(id, books, filters, None, only if select is not None else None)
        else:
            only = sorted(numbers_of(connection, id, keys, ids))
            if select is not None:
                named = member_batches(connection, id, Filters(), (), only)
                _say_unfound(chosen, (books.members[number] for numbers, books in named for number in numbers), run)
            yield Listing(id, books, filters, connection, only if select is not None else None)


def _say_unfound(selection: Selection, found: Iterable[Member], run: Run) -> None:
    """Name those whom a selection lists and nobody in the ledger is."""
    from seatsync.domain.diagnostic import counted
    from seatsync.domain.text.emails import email_key
    from seatsync.domain.text.ids import plain_id

    keys, ids = set[str](), set[str]()
    for member in found:
        keys.add(member.key)
        ids.add(plain_id(member.student_id))
    unfound = [row for row in selection.rows if email_key(row[1]) not in keys and row[0] not in ids]
    if not unfound:
        return
    named = [f"line {line}" if run.redactor else f"{email or id} (line {line})" for id, email, line in unfound[:_NAMED]]
    more = f" and {len(unfound) - _NAMED:,} more" if len(unfound) > _NAMED else ""
    who = counted(len(unfound), "row names nobody", "rows name nobody")
    say(f"{selection.file}: {who} in the ledger: {', '.join(named)}{more}.")


_NAMED = 10


def selected(path: Path, run: Run) -> Selection:
    """The members whom a selection file lists; it may be anywhere on this machine. Exits with 3 if it has mistakes."""
    from seatsync.domain.diagnostic import Severity
    from seatsync.sources.files import Folder
    from seatsync.sources.selections import read_selection

    folder = Folder(path.parent)
    content = folder.read_table(path.name)
    selection = read_selection(content, path.name, folder.found) if content is not None else None
    if folder.found:
        print_findings(path.parent, folder.found, run)
    if selection is None or any(diagnostic.severity is Severity.ERROR for diagnostic in folder.found):
        raise click.exceptions.Exit(ExitCode.INVALID)
    return selection
