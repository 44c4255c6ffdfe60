"""A simulated Jamworks Portal: members, seats, administrators, and the list of members.

Written from "Managing Licenses in Portal".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.vendors import template
from tests.support.vendors.rejected import Rejected

TEMPLATE = ("email", "First name", "Last name", "type")
REQUIRED = ("email", "First name", "Last name")
PARTICIPANT, ADMIN = "participant", "admin"


@dataclass
class Person:
    email: str
    first_name: str
    last_name: str

    @property
    def key(self) -> str:
        """Silent: e-mails are compared without case."""
        return self.email.casefold()


@dataclass
class Imported:
    """What an import has done: students are "invited one after another", and the logs say what the issues were."""

    added: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)


class JamworksPortal:
    """One organization in the Jamworks Portal."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.members: dict[str, Person] = {}
        self.admins: dict[str, Person] = {}
        self.accounts: set[str] = set()
        """The e-mails of all Jamworks accounts. They outlive their seats."""
        self.mails: list[tuple[str, str]] = []

    @property
    def available(self) -> int:
        return self.seats - len(self.members)

    # ── Members ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_members(self, *people: Person) -> None:
        """Fill the form "Add members". Raises Rejected, and adds nobody, if not all of them get a seat."""
        for person in people:
            if person.key not in self.accounts and not (person.first_name and person.last_name):
                raise Rejected(f"{person.email} is new to Jamworks: First Name and Last Name are needed.")
            if person.key in self.members:
                raise Rejected(f"{person.email} is a member already.")
        if len(people) > self.available:
            raise Rejected("The maximum number of licenses has been reached.")
        for person in people:
            self._seat(person)

    def check_csv(self, content: bytes) -> list[Person]:
        """Upload a file. Return the people whom the check of the file lets pass; raise Rejected if it is not the template."""
        rows = template.filled(content, TEMPLATE, REQUIRED)
        for number, row in enumerate(rows, 2):
            if row["type"] != PARTICIPANT:
                raise Rejected(f"Row {number} has the type {row['type']!r}, not {PARTICIPANT!r}.")
        return [Person(row["email"], row["First name"], row["Last name"]) for row in rows]

    def import_csv(self, content: bytes) -> Imported:
        """Check a file and click "Add members". The rows are added one after another; each error is in the logs."""
        imported = Imported()
        for person in self.check_csv(content):
            try:
                self.add_members(person)
            except Rejected as error:
                imported.logs.append(str(error))
            else:
                imported.added.append(person.email)
        return imported

    def delete_participant(self, email: str) -> None:
        """Take the seat from a member, which is spare then. The account stays, on the Free plan."""
        if email.casefold() not in self.members:
            raise Rejected(f"{email} is not a member.")
        del self.members[email.casefold()]

    def edit_member(
        self, email: str, *, new_email: str | None = None, first_name: str | None = None, last_name: str | None = None
    ) -> None:
        """Change the record of a member. Silent: the help says only of administrators that their info can be edited."""
        if email.casefold() not in self.members:
            raise Rejected(f"{email} is not a member.")
        person = self.members[email.casefold()]
        after = Person(
            person.email if new_email is None else new_email,
            person.first_name if first_name is None else first_name,
            person.last_name if last_name is None else last_name,
        )
        if after.key != person.key and after.key in self.members:
            raise Rejected(f"{after.email} is a member already.")
        self.members = {other.key: other for other in (after if p is person else p for p in self.members.values())}

    def _seat(self, person: Person) -> None:
        if person.key not in self.accounts:
            self.mails.append((person.email, "set the password of your new Jamworks account"))
            self.accounts.add(person.key)
        self.members[person.key] = person

    # ── Administrators ──────────────────────────────────────────────────────────────────────────────────────────────

    def create_admin(self, admin: Person, *, by: str) -> None:
        """Add an administrator. All of them have the same permissions, so any of them may do this."""
        self._must_be_admin(by)
        if admin.key in self.admins:
            raise Rejected(f"{admin.email} is an administrator already.")
        self.admins[admin.key] = admin
        self.accounts.add(admin.key)

    def remove_admin(self, email: str, *, by: str) -> None:
        self._must_be_admin(by)
        self._must_be_admin(email)
        del self.admins[email.casefold()]

    def _must_be_admin(self, email: str) -> None:
        if email.casefold() not in self.admins:
            raise Rejected(f"{email} is not an administrator.")

    # ── The list ────────────────────────────────────────────────────────────────────────────────────────────────────

    def member_list(self) -> bytes:
        """Return the list of members as a file, with administrators. Silent: its columns; here the template's."""
        typed = [(ADMIN, self.admins), (PARTICIPANT, self.members)]
        rows = [
            (person.email, person.first_name, person.last_name, type)
            for type, people in typed
            for person in people.values()
        ]
        return template.written(TEMPLATE, rows)
