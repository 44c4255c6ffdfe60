"""``seatsync.yaml``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, WithJsonSchema, model_validator
from pydantic import Tag as Variant

from seatsync.domain.library import Delivery
from seatsync.domain.text.characters import text_fault
from seatsync.formats.fields import AnyText, Closed, Day, Email, Fault, Slug, Tag, Text, Whole, quoted
from seatsync.systems.registry import SYSTEMS
from seatsync.systems.system import System

Encoding = Literal["utf-8", "utf-16", "windows-1252"]
KindName = Literal["temporary", "permanent"]
if TYPE_CHECKING:
    SystemName = str
    DeliveryName = str
else:
    SystemName = Literal[*SYSTEMS]
    DeliveryName = Literal[*map(str, Delivery)]


def _rules(system: System) -> str:
    """What stands behind a system's name where all are listed."""
    kinds = f"{system.kinds[0]} only" if len(system.kinds) == 1 else " and ".join(system.kinds)
    return f"{system.name} ({kinds}, {system.delivery.facts.in_short})"


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _revokes(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}|\d{1,3}(\.\d+)?\s*%", value):
        return value
    raise Fault(f"{quoted(value)} is neither a number nor a percentage such as 10%", "Write for instance 20, or 10%.")


def _days(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,3}d", value):
        return value
    fact = "is out of range" if isinstance(value, str) and re.fullmatch(r"\d+d", value) else "is no number of days"
    raise Fault(f"{quoted(value)} {fact}", "Write it as 3d; from 1d to 9999d is possible.")


def _version(value: Any) -> Any:
    if value in ("1", 1):
        return 1
    raise Fault(f"{quoted(value)} is not known to this seatsync, which reads version 1", "Write `version: 1`.")


class ContactEntry(Closed):
    """Somebody at the vendor whom the institution's administrators may turn to."""

    name: Text = Field(description="The contact's name.")
    email: Email = Field(description="The contact's e-mail address.")
    role: Text | None = Field(None, description="What they do, for instance Customer Success.")


class AdminEntry(Closed):
    """Somebody who may sign in to the institution's pages."""

    given_name: Text = Field(description="First name.")
    family_name: Text = Field(description="Last name.")
    email: Email = Field(description="The address the administrator signs in with.")

    @model_validator(mode="after")
    def _names_are_texts_together(self) -> AdminEntry:
        if fault := text_fault(f"{self.given_name} {self.family_name}"):
            raise Fault(f"given and family name together: it {fault[0]}", fault[1])
        return self


class InstitutionEntry(Closed):
    """The institution that buys the seats."""

    id: Slug = Field(
        description="The ledger's key: lower-case letters, digits and hyphens. Never changed, never reused."
    )
    name: Text = Field(description="The institution's name, as members know it.")
    contacts: list[ContactEntry] = Field([], description="The vendor's people, shown to administrators.")
    admins: list[AdminEntry] = Field(
        min_length=1, description="Who may sign in to the admin pages; at least one. All are equal."
    )
    opt_out: bool = Field(False, description="Whether members may decline a license that is offered to them.")


class LibraryEntry(Closed):
    """A library: a pool of seats that is handed out as one."""

    model_config = ConfigDict(
        **Closed.model_config,
        json_schema_extra={"oneOf": [{"required": ["system"]}, {"required": ["kinds", "delivery"]}]},
    )

    title: Text = Field(description="The library's title, as members know it.")
    slots: Whole = Field(description="How many seats were bought.")
    system: SystemName | None = Field(
        None,
        description=f"Which portal's rules hold: {_one_of([*map(_rules, SYSTEMS.values())])}.",
    )
    kinds: list[KindName] | None = Field(
        None, min_length=1, description="In place of `system`: which kinds of license there are."
    )
    delivery: DeliveryName | None = Field(
        None,
        description="In place of `system`: `claim` (invitation with a claim link) or `account` (at once for who has an account).",
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> LibraryEntry:
        if self.system is None and (self.kinds is None or self.delivery is None):
            fact = f"a library needs `system` ({', '.join(SYSTEMS)}), or both `kinds` and `delivery`"
            raise Fault(fact, "Add `system:` with one of these.")
        if self.system is not None and (self.kinds is not None or self.delivery is not None):
            raise Fault("`kinds` and `delivery` stand in place of `system`, not beside it", "Delete them, or `system`.")
        return self


class RosterEntry(Closed):
    """A file of members."""

    path: Text = Field(description="The file, relative to this folder: .csv, .yaml or .yml.")
    tags: list[Tag] = Field([], description="Tags that every member of the file gets.")
    encoding: Encoding | None = Field(
        None, description="Only needed for windows-1252; UTF-8 and UTF-16 are recognised."
    )


class To(Closed):
    """Whom a grant reaches. Every key given must hold; write two grants for a union."""

    model_config = ConfigDict(**Closed.model_config, json_schema_extra={"minProperties": 1})

    everyone: bool | None = Field(None, description="Every member of every roster.", json_schema_extra={"const": True})
    tags: list[AnyText] | None = Field(None, min_length=1, description="Members with all of these tags.")
    any_tags: list[AnyText] | None = Field(None, min_length=1, description="Members with at least one of these tags.")
    not_tags: list[AnyText] | None = Field(None, min_length=1, description="Members with none of these tags.")
    emails: list[Email] | None = Field(None, min_length=1, description="These members.")
    file: Text | None = Field(
        None, description='The members listed in this CSV, by e-mail or student id ("Select by CSV").'
    )

    @model_validator(mode="after")
    def _somebody(self) -> To:
        if empty := [name for name in self.model_fields_set if getattr(self, name) is None]:
            fact = f"`{min(empty)}` has nothing behind it; a condition that says nothing might reach too many"
            raise Fault(fact, "Write a value behind it, or delete it.")
        if not self.model_fields_set:
            raise Fault("it does not say whom", "Write everyone, tags, any_tags, not_tags, emails or file.")
        if self.everyone is False:
            raise Fault("`everyone` can only be true", "Leave it out, and say whom otherwise.")
        return self


class GrantEntry(Closed):
    """These members shall hold this library."""

    library: AnyText = Field(description="The id of a library above.")
    kind: KindName | None = Field(
        None, description="temporary or permanent; may be left out where there is only one kind."
    )
    to: To = Field(description="Whom it is for.")
    until: Day | None = Field(None, description="The last day of a temporary license; it is revoked afterwards.")
    resend: AnyText | None = Field(
        None, description="Each new value sends the invitation once more to who has not claimed."
    )
    regrant: bool = Field(False, description="Ask again whoever has opted out.")

    @model_validator(mode="after")
    def _permanent_has_no_end(self) -> GrantEntry:
        if self.kind == "permanent" and self.until is not None:
            raise Fault("a permanent license has no `until`", "Delete `until`, or write `kind: temporary`.")
        return self


class GrantsFile(Closed):
    """A CSV of grants with the columns library, email, kind, until, and student_id if a changed e-mail shall not matter."""

    path: Text = Field(description="The file, relative to this folder.")
    encoding: Encoding | None = Field(None, description="Only needed for windows-1252.")


def _grant_variant(value: Any) -> str:
    return "file" if (isinstance(value, dict) and "path" in value) or isinstance(value, GrantsFile) else "rule"


AnyGrant = Annotated[
    Annotated[GrantEntry, Variant("rule")] | Annotated[GrantsFile, Variant("file")],
    Discriminator(_grant_variant),
]


class InvitesEntry(Closed):
    """How unclaimed invitations are followed up."""

    remind_after: list[
        Annotated[Text, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,3}d$"})]
    ] = Field([], description="Reminders of an unclaimed invitation, in days after it: [3d, 7d, 14d].")


class MailEntry(Closed):
    """Whom the institution's letters are from. The mail server and its password stand in the environment alone."""

    name: Text | None = Field(None, description="The sender's name; the institution's if left out.")
    address: Email | None = Field(
        None, description="The address letters are sent from, unless SEATSYNC_MAIL_FROM names one."
    )
    reply_to: Email | None = Field(None, description="The address that answers go to, if another.")


class LimitsEntry(Closed):
    """How much one plan may take away."""

    max_revokes: Annotated[
        str,
        BeforeValidator(_revokes),
        WithJsonSchema(
            {"anyOf": [{"type": "string", "pattern": r"^\d{1,3}(\.\d+)?\s*%$"}, {"type": "integer", "minimum": 0}]}
        ),
    ] = Field(
        "10%",
        description="Revokes a plan may make in a library: a percentage of its active licenses (never under 5), or a number.",
    )
    permanent: Literal["refuse", "retain"] = Field(
        "refuse",
        description="What to do when a permanent license is granted no more: refuse the plan, or retain it with a notice.",
    )


class RevokesApproval(Closed):
    """Lets more revokes pass than `limits.max_revokes`, once reviewed."""

    refusal: Literal["too-many-revokes"] = Field(description="The refusal this lets pass.")
    library: AnyText = Field(description="The library.")
    count: Whole = Field(description="The most revokes that pass.")
    until: Day = Field(description="The last day on which it counts.")
    reason: Text = Field(description="Why, for who reads it later.")


class EmptyRosterApproval(Closed):
    """Lets a roster run empty, once reviewed."""

    refusal: Literal["empty-roster"] = Field(description="The refusal this lets pass.")
    roster: Text | None = Field(
        None, description="The path of the roster; left out: any, also that no member is left at all."
    )
    until: Day = Field(description="The last day on which it counts.")
    reason: Text = Field(description="Why, for who reads it later.")


class SeatsyncFile(Closed):
    """seatsync.yaml: one institution, its libraries, who its members are and what they shall hold."""

    version: Annotated[Literal[1], BeforeValidator(_version)] = Field(description="The version of this format: 1.")
    institution: InstitutionEntry
    libraries: dict[Slug, LibraryEntry] = Field(
        description="The libraries, by an id of your choice that never changes.",
        json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63}},
    )
    rosters: list[RosterEntry] = Field([], description="The files with the members.")
    grants: list[AnyGrant] = Field(
        [], description="Who shall hold what. The strongest grant that reaches a member counts."
    )
    invites: InvitesEntry = InvitesEntry.model_validate({})
    mail: MailEntry = MailEntry.model_validate({})
    limits: LimitsEntry = LimitsEntry.model_validate({})
    approvals: list[Annotated[RevokesApproval | EmptyRosterApproval, Field(discriminator="refusal")]] = Field(
        [], description="Reviewed exceptions from a limit, each until its date."
    )
