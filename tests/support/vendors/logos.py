"""A simulated Logos Admin Portal: users, libraries with slots, licenses, claims, and "Export user data".

Written from "How to Manage Your Subscription with the Admin Portal" and "How to Distribute and Manage Logos for Your Organization".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tests.support.vendors import template
from tests.support.vendors.rejected import Rejected

TEMPLATE = ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address")
"""The first column of the template's description says "Any role" as the expected information of the column Role."""
REQUIRED = ("Given Name", "Family Name", "Institution Email Address")
EMAIL = "Institution Email Address"
NONE, TEMPORARY, PERMANENT = "None", "Temporary", "Permanent"
UNCLAIMED, DELIVERED, OPTED_OUT, REVOKED = "Unclaimed", "Delivered", "Opted Out", "Revoked"
WITH_LICENSE, WITHOUT_LICENSE, ALL_USERS = "Users with license", "Users without license", "All Users"


@dataclass
class User:
    """The institution's record of a person, which is not the person's Logos account."""

    given_name: str
    family_name: str
    email: str
    user_id: str = ""
    role: str = ""
    tags: frozenset[str] = frozenset()
    is_listed: bool = True

    @property
    def key(self) -> str:
        """Silent: e-mails are compared without case."""
        return self.email.casefold()


@dataclass
class License:
    kind: str = NONE
    status: str = NONE
    was: str = TEMPORARY
    """The kind before it was revoked or declined."""
    account: str = ""
    invitations: int = 0

    @property
    def is_active(self) -> bool:
        return self.kind != NONE


@dataclass
class Library:
    """A group of licenses that are distributed as one, or a subscription."""

    title: str
    total: int
    is_subscription: bool = False
    licenses: dict[int, License] = field(default_factory=dict)
    """By the number of the user, so that a new e-mail changes nothing."""

    def of(self, user: int) -> License:
        return self.licenses.setdefault(user, License())


class Slots(NamedTuple):
    total: int
    used: int
    available: int
    temporary_reserved: int
    permanent_reserved: int
    temporary: int
    permanent: int


class Selection(NamedTuple):
    """The users selected in a list, and the e-mails of the file that are on no row of it."""

    users: list[int]
    missing: list[str]


class LogosPortal:
    """One institution in the Admin Portal."""

    def __init__(
        self, clock: Callable[[], datetime], *, opt_out: bool = False, writes_kind_before: bool = False
    ) -> None:
        self.clock, self.opt_out, self.writes_kind_before = clock, opt_out, writes_kind_before
        self._users: list[User] = []
        self.libraries: dict[str, Library] = {}

    # ── Users ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def users(self) -> dict[int, User]:
        """The users of the list, by number."""
        return {number: user for number, user in enumerate(self._users) if user.is_listed}

    def user(self, email: str) -> int:
        for number, user in self.users.items():
            if user.key == email.casefold():
                return number
        raise Rejected(f"No user has the e-mail {email}.")

    def import_users(self, content: bytes, tags: Collection[str] = ()) -> list[int]:
        """Import a filled template. Silent: after an error, nobody of the file is imported."""
        rows = template.filled(content, TEMPLATE, REQUIRED)
        users = [
            User(row["Given Name"], row["Family Name"], row[EMAIL], row["Institution Student ID"], row["Role"])
            for row in rows
        ]
        stamp = f"{self.clock():%Y-%m-%d %H:%M}"
        return self._add([_tagged(user, {*tags, stamp}) for user in users])

    def create_user(self, given_name: str, family_name: str, email: str, user_id: str = "") -> int:
        """Add one user. One help page requires the id and the other does not; here it may be left out."""
        if not (given_name and family_name and email):
            raise Rejected("First Name, Last Name, and Email are required.")
        return self._add([User(given_name, family_name, email, user_id)])[0]

    def edit_user(
        self,
        number: int,
        *,
        given_name: str | None = None,
        family_name: str | None = None,
        email: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Change the record of a user, never the account. Silent: which values can be changed; the help names the e-mail."""
        user = self.users[number]
        after = User(
            user.given_name if given_name is None else given_name,
            user.family_name if family_name is None else family_name,
            user.email if email is None else email,
            user.user_id if user_id is None else user_id,
            user.role,
            user.tags,
        )
        if not (after.given_name and after.family_name and after.email):
            raise Rejected("First Name, Last Name, and Email are required.")
        _must_be_unique([after], [other for n, other in self.users.items() if n != number])
        self._users[number] = after

    def remove_users(self, numbers: Iterable[int]) -> None:
        """Remove users from the institution.

        Silent: what becomes of their licenses. Here temporary ones end and their slots are free. Permanent ones stay owned (they
        "cannot be revoked") and keep their slots; they belong to the same person again who is imported later.
        """
        for number in numbers:
            self.users[number].is_listed = False
            for library in self.libraries.values():
                if library.of(number).kind == TEMPORARY:
                    library.licenses[number] = License()

    def _add(self, users: Sequence[User]) -> list[int]:
        _must_be_unique(users, list(self.users.values()))
        numbers = []
        for user in users:
            number = self._owner(user)
            if number is None:
                number = len(self._users)
                self._users.append(user)
            self._users[number] = user
            numbers.append(number)
        return numbers

    def _owner(self, user: User) -> int | None:
        """Return the number of a removed user with the same e-mail who still owns a license."""
        owners = (
            number
            for number, other in enumerate(self._users)
            if not other.is_listed
            and other.key == user.key
            and any(library.of(number).is_active for library in self.libraries.values())
        )
        return next(owners, None)

    # ── Lists and selections ────────────────────────────────────────────────────────────────────────────────────────

    def list_users(self, search: str = "", tag: str = "") -> list[int]:
        """The list under the tab Users."""
        return [number for number, user in self.users.items() if _matches(user, search, tag)]

    def list_library(
        self,
        title: str,
        filter: str = ALL_USERS,
        *,
        kinds: Collection[str] = (),
        statuses: Collection[str] = (),
        search: str = "",
        tag: str = "",
    ) -> list[int]:
        """The list under a library, with the filters of its top right corner and of its columns."""
        library = self.library(title)
        wanted = {WITH_LICENSE: (True,), WITHOUT_LICENSE: (False,), ALL_USERS: (True, False)}[filter]
        return [
            number
            for number in self.list_users(search, tag)
            if (license := library.of(number)).is_active in wanted
            and (not kinds or license.kind in kinds)
            and (not statuses or license.status in statuses)
        ]

    def select_by_csv(self, content: bytes, listed: Collection[int]) -> Selection:
        """Select users by e-mail in a list. A file that users were imported with can be used again.

        Silent: what happens to e-mails that are on no row of the list. Here they are told.
        """
        header, rows = template.read(content)
        if EMAIL not in header:
            raise Rejected(f"The file has no column {EMAIL}.")
        by_key = {self.users[number].key: number for number in listed}
        emails = [row[EMAIL] for row in rows]
        return Selection(
            [by_key[email.casefold()] for email in emails if email.casefold() in by_key],
            [email for email in emails if email.casefold() not in by_key],
        )

    # ── Licenses ────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_library(self, title: str, total: int, *, is_subscription: bool = False) -> None:
        """What the vendor does when an institution buys a library."""
        self.libraries[title] = Library(title, total, is_subscription)

    def library(self, title: str) -> Library:
        if title not in self.libraries:
            raise Rejected(f"There is no library {title}.")
        return self.libraries[title]

    def slots(self, title: str) -> Slots:
        library = self.library(title)
        held = [(license.kind, license.status) for license in library.licenses.values() if license.is_active]
        return Slots(
            library.total,
            len(held),
            library.total - len(held),
            held.count((TEMPORARY, UNCLAIMED)),
            held.count((PERMANENT, UNCLAIMED)),
            held.count((TEMPORARY, DELIVERED)),
            held.count((PERMANENT, DELIVERED)),
        )

    def grant_temporary(self, title: str, numbers: Collection[int]) -> None:
        library = self._open(title, numbers)
        for number in numbers:
            if library.of(number).is_active:
                raise Rejected(f"{self.users[number].email} has a license of {title} already.")
        self._must_fit(title, len(numbers))
        for number in numbers:
            library.licenses[number] = License(TEMPORARY, UNCLAIMED, invitations=1)

    def grant_permanent(self, title: str, numbers: Collection[int]) -> None:
        """Give permanent licenses, also to users who have a temporary one, which keeps its status."""
        library = self._open(title, numbers)
        if library.is_subscription:
            raise Rejected(f"{title} is a subscription: it cannot be granted for permanent ownership.")
        for number in numbers:
            if library.of(number).kind == PERMANENT:
                raise Rejected(f"{self.users[number].email} has a permanent license of {title} already.")
        self._must_fit(title, sum(not library.of(number).is_active for number in numbers))
        for number in numbers:
            license = library.of(number)
            if not license.is_active:
                license = library.licenses[number] = License(PERMANENT, UNCLAIMED, invitations=1)
            license.kind = PERMANENT

    def revoke(self, title: str, numbers: Collection[int]) -> None:
        library = self._open(title, numbers)
        for number in numbers:
            if not library.of(number).is_active:
                raise Rejected(f"{self.users[number].email} has no license of {title}.")
            if library.of(number).kind == PERMANENT:
                raise Rejected(f"{self.users[number].email} owns {title}: a permanent license cannot be revoked.")
        for number in numbers:
            library.licenses[number] = License(NONE, REVOKED, was=library.of(number).kind)

    def resend_invite_emails(self, title: str, numbers: Collection[int]) -> None:
        """Send the invitation again. Silent: to whom else than to those who have not claimed; here to nobody else."""
        library = self._open(title, numbers)
        for number in numbers:
            if library.of(number).status != UNCLAIMED:
                raise Rejected(f"{self.users[number].email} has no unclaimed license of {title}.")
        for number in numbers:
            library.of(number).invitations += 1

    def _open(self, title: str, numbers: Collection[int]) -> Library:
        if not numbers:
            raise Rejected("Nobody is selected.")
        if not self.users.keys() >= set(numbers):
            raise Rejected("Not everybody who is selected is a user.")
        return self.library(title)

    def _must_fit(self, title: str, more: int) -> None:
        available = self.slots(title).available
        if more > available:
            raise Rejected(f"{title} has {available} available slots, and {more} are needed.")

    # ── What members do ─────────────────────────────────────────────────────────────────────────────────────────────

    def claim(self, title: str, email: str, account: str) -> None:
        """Follow the claim link and sign in, with any account."""
        license = self.library(title).of(self.user(email))
        if license.status != UNCLAIMED:
            raise Rejected(f"{email} has nothing to claim in {title}.")
        license.status, license.account = DELIVERED, account

    def opt_out_of(self, title: str, email: str) -> None:
        """Opt out from receiving a license, "if opt-out is enabled by the institution"."""
        library, number = self.library(title), self.user(email)
        if not self.opt_out:
            raise Rejected("The institution has not enabled opt-out.")
        if library.of(number).status != UNCLAIMED:
            raise Rejected(f"{email} has nothing to opt out from in {title}.")
        library.licenses[number] = License(NONE, OPTED_OUT, was=library.of(number).kind)

    # ── Export user data ────────────────────────────────────────────────────────────────────────────────────────────

    def export_user_data(self, only: str = "") -> bytes:
        """Return "a CSV file listing the names, emails, user ids, and license status for all users".

        Silent: the header, and what kind stands beside a status of somebody who has no license any more.
        """
        titles = [only] if only else list(self.libraries)
        of_one = ("License Kind", "License Status")
        licensed = of_one if only else [f"{title} {column}" for title in titles for column in of_one]
        rows = [
            [user.given_name, user.family_name, user.email, user.user_id]
            + [cell for title in titles for cell in self._written(self.libraries[title].of(number))]
            for number, user in self.users.items()
        ]
        return template.written(["Given Name", "Family Name", "Email", "User ID", *licensed], rows)

    def _written(self, license: License) -> tuple[str, str]:
        is_former = license.status in (REVOKED, OPTED_OUT)
        return license.was if is_former and self.writes_kind_before else license.kind, license.status


def _tagged(user: User, tags: Collection[str]) -> User:
    return User(user.given_name, user.family_name, user.email, user.user_id, user.role, frozenset(tags))


def _matches(user: User, search: str, tag: str) -> bool:
    words = f"{user.given_name} {user.family_name} {user.email} {user.user_id}".casefold()
    return search.casefold() in words and (not tag or tag in user.tags)


def _must_be_unique(users: Sequence[User], others: Sequence[User]) -> None:
    """Raise Rejected if two users have the same e-mail or the same id."""
    emails, ids = {other.key for other in others}, {other.user_id for other in others} - {""}
    for user in users:
        if user.key in emails:
            raise Rejected(f"{user.email} is a duplicate user.")
        if user.user_id in ids:
            raise Rejected(f"The ID {user.user_id} is not unique.")
        emails.add(user.key)
        ids |= {user.user_id} - {""}
