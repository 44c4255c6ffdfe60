"""What a plan needs beside files and books, and only the ledger's other tables know: accounts, letters, and what an export overlooked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from seatsync.domain.desired import Desired
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.accounts.emails import Holder, holders_of, with_account
from seatsync.ledger.queries.lookup import changed_since
from seatsync.ledger.queries.origins import tags_over_time
from seatsync.ledger.queries.unclaimed.invited import invitation_days
from seatsync.ledger.queries.waiting import SeatKey
from seatsync.planning.diff import own_accounts, without_account
from seatsync.planning.draft import Draft
from seatsync.planning.portal.found import NOTHING_CHANGED, Changed


class Outside:
    """The ledger's other tables, as they are today; ``connection`` is None if there is no ledger yet."""

    def __init__(self, connection: Connection | None, institution: str) -> None:
        self.connection = connection
        self.institution = institution
        self._asked: set[str] = set()
        self._known: set[str] = set()
        self._holders: list[Holder] = []

    def changed_since(self, instant: str) -> Changed:
        """What has changed since an instant (ISO), as ``observe`` takes it."""
        if self.connection is None:
            return NOTHING_CHANGED
        return changed_since(self.connection, self.institution, instant)

    def accounts(self, draft: Draft) -> set[str]:
        """The e-mail keys of members who would get a seat at once, and have an account that surely is theirs."""
        keys = without_account(draft) if self.connection is not None else set[str]()
        self._ask(keys - self._asked)
        known = self._known & keys
        return own_accounts(draft, known, [one for one in self._holders if one.key in known]) if known else set()

    def _ask(self, keys: Iterable[str]) -> None:
        new = {*keys}
        if self.connection is None or not new:
            return
        known = with_account(self.connection, new)
        self._asked |= new
        self._known |= known
        self._holders += holders_of(self.connection, self.institution, known)

    def tags_over_time(self, desired: Desired, books: Snapshot) -> dict[int, list[tuple[str, tuple[str, ...]]]]:
        """The tags that members had over time, as far as a grant asks for them."""
        if self.connection is None:
            return {}
        known = tags_over_time(self.connection, self.institution, desired.grants, books.timezone)
        return {number: [*states] for number, states in known.items()}

    def invitations(self, books: Snapshot, today: date) -> dict[SeatKey, date]:
        """The day on which the invitation to each unclaimed seat was sent; one that waits is sent today."""
        settings = books.institution
        if self.connection is None or settings is None:
            return {}
        return invitation_days(self.connection, settings, today)
