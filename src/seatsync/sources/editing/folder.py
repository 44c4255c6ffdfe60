"""An institution's folder that is being edited: what its files say, who is meant, and the changes so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from seatsync.domain.desired import Counted, Desired, Grant, Selection
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_in
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import nearest_emails
from seatsync.domain.text.ids import plain_email
from seatsync.domain.text.tags import IMPORTED
from seatsync.planning.entitlements import RosterIndex
from seatsync.planning.matching import who_is_who
from seatsync.sources.editing.config import EditedConfig, InvalidFiles
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND
from seatsync.sources.load import Loaded, load
from seatsync.sources.rosters.files import RosterFile, read_whole


class EditedFolder(EditedConfig):
    """A folder whose files are right: its members, and whom its rules reach.

    ``snapshot`` reads the ledger, and is called only if a grant asks for the day on which members were imported.
    """

    def __init__(self, path: Path, now: datetime, snapshot: Callable[[Desired], Snapshot]) -> None:
        super().__init__(path, now)
        rosters: list[RosterFile] = []

        def read(files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
            rosters.extend(files)
            return read_whole(files, grants)

        desired, found, _ = load(self.opened, now, read)
        if desired is None:
            raise InvalidFiles(found)
        self.desired: Desired = desired
        self.rosters = rosters
        self.asked_tags: Sequence[str] = ()
        """Tags that an edit asks for beside those of the grants."""
        self._promised: list[tuple[str, Callable[[RosterMember | None], bool], str]] = []
        self._read_ledger = snapshot
        self._granted: list[tuple[str, Sequence[RosterMember], bool]] = []
        self.afterwards(self._check_promises)

    @cached_property
    def index(self) -> RosterIndex:
        """The members, to ask whom a rule reaches."""
        return self._index_of(self.desired)

    def _index_of(self, desired: Desired) -> RosterIndex:
        today = day_in(self.now, desired.institution.timezone)
        records = who_is_who(desired, self._snapshot, today).records
        return RosterIndex(desired.members, records, self._snapshot, today)

    @cached_property
    def _snapshot(self) -> Snapshot:
        tags = (*self.asked_tags, *(tag for grant in self.desired.grants for tag in grant.to.all_tags))
        return self._read_ledger(self.desired) if any(tag.startswith(IMPORTED) for tag in tags) else Snapshot()

    @cached_property
    def positions(self) -> dict[str, int]:
        """The key of each member's e-mail → position in ``desired.members``."""
        return {member.key: position for position, member in enumerate(self.desired.members)}

    def members(self, emails: Iterable[str]) -> list[RosterMember]:
        """Return the members with these e-mails, each once.

        Raises:
            CannotEdit: one of them is on no roster.
        """
        keys = dict.fromkeys(map(key_of, emails))
        if unknown := [key for key in keys if key not in self.positions]:
            several = len(unknown) > 1
            help = f"Correct the e-mail{'s' * several}, or add the member{'s' * several} first: `seatsync edit add`."
            raise CannotEdit(" ".join(self.unknown(unknown)), help)
        return [self.desired.members[self.positions[key]] for key in keys]

    def selected(self, selection: Selection, are_members: bool = True) -> list[str]:
        """Return the e-mails of the members whom a selection means, by id where both sides have one, else by e-mail.

        An e-mail that is on no roster is returned as it is.

        Raises:
            CannotEdit: nobody has one of the ids, although all of them must be members.
        """
        by_id = {member.student_id: member.email for member in self.desired.members if member.student_id}
        found, unknown = [], []
        for student_id, email, line in selection.rows:
            if who := by_id.get(student_id) or email:
                found.append(who)
            else:
                unknown.append(f"{selection.file}:{line}: no member has the student id {printable(student_id)}.")
        if unknown and are_members:
            help = "Correct the id, or delete the row." if len(unknown) == 1 else "Correct the ids, or delete the rows."
            raise CannotEdit(" ".join(_first(unknown)), help)
        for fact in _first(unknown):
            self.say(fact)
        return found

    def _check_promises(self, loaded: Loaded) -> None:
        desired = loaded.desired
        assert desired is not None
        members = {member.key: member for member in desired.members} if self._promised else {}
        for key, is_kept, what in self._promised:
            if not is_kept(members.get(key)):
                raise CannotEdit(f"After this change {printable(key)} would {what}; nothing was written.", BY_HAND)
        if not self._granted:
            return
        index = self._index_of(desired)
        for library, promised, gets in self._granted:
            reached = {at for one in desired.grants if one.library == library for at in index.reached(one.to)}
            keys = {desired.members[at].key for at in reached}
            wrong = [member.email for member in promised if (member.key in keys) is not gets]
            if wrong:
                what = f"{'get no' if gets else 'still get'} {library}"
                raise CannotEdit(f"After this change {wrong[0]} would {what}; nothing was written.", BY_HAND)

    def promise_grants(self, library: str, members: Sequence[RosterMember], gets: bool) -> None:
        """Have ``finished`` check that a grant of the changed files reaches these members, or that none does."""
        self._granted.append((library, members, gets))

    def promise(self, member: str, is_kept: Callable[[RosterMember | None], bool], what: str) -> None:
        """Have ``finished`` check what the changed files say of a member; ``what`` is wrong if they do not, as "still be a member"."""
        self._promised.append((key_of(member), is_kept, what))

    def unknown(self, keys: Sequence[str]) -> list[str]:
        """Return the sentences that nobody on a roster has these e-mails, with a guess who is meant."""
        nearly = nearest_emails(keys[:_MOST_TOLD], self.positions)
        nears = (f'Did you mean "{nearly[key]}"?' if key in nearly else "" for key in keys)
        return _first(
            [f"{printable(key)} is on no roster. {near}".rstrip() for key, near in zip(keys, nears, strict=True)]
        )

    def reached_without_exceptions(self, grant: Grant) -> set[int]:
        """Return the positions of the members whom the grant would reach if it left nobody out by name."""
        return self.index.reached(replace(grant.to, not_emails=()))

    def rows_of(self, keys: Collection[str]) -> Iterator[tuple[RosterFile, list[RosterMember]]]:
        """Yield each roster that has some of these members, with their rows there."""
        for roster in self.rosters:
            rows = [member for member in roster.reader.members if member.key in keys]
            if rows:
                yield roster, rows


def key_of(email: str) -> str:
    """Return the key of an e-mail as a person typed it."""
    return email_key(plain_email(email.strip()))


def named(members: Sequence[RosterMember], most: int = 5) -> str:
    """Name a few members in a sentence."""
    shown = [member.email for member in members[:most]]
    return ", ".join(shown) + (f" and {len(members) - most:,} more" if len(members) > most else "")


def _first(sentences: Sequence[str]) -> list[str]:
    """Return the first of the sentences that say the same of others each, and how many more there are."""
    more = len(sentences) - _MOST_TOLD
    return [*sentences[:_MOST_TOLD], *([f"{more:,} more are like that."] if more > 0 else [])]


_MOST_TOLD = 5
