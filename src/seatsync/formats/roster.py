"""YAML rosters. The bulk reader in ``sources`` knows the same fields by hand; a test compares the two."""

from __future__ import annotations

from pydantic import Field, RootModel

from seatsync.formats.fields import AnyText, Closed, Email, Tag


class RosterMemberEntry(Closed):
    """One member."""

    email: Email = Field(description="The institution's e-mail for the member; their own account may have another.")
    given_name: AnyText = Field(description="First name.")
    family_name: AnyText = Field(description="Last name.")
    student_id: AnyText | None = Field(
        None, description="Student ID or any other number; a member is known by it when the e-mail changes."
    )
    role: AnyText | None = Field(None, description="Any description, for instance Professor.")
    tags: list[Tag] = Field([], description="Tags, used by grants to say whom they are for.")


class RosterFile(RootModel[list[RosterMemberEntry]]):
    """A YAML roster: a list of members."""
