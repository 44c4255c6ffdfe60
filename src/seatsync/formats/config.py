"""The model of ``seatsync.yaml``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, WithJsonSchema, field_validator, model_validator
from pydantic import Tag as Variant

from seatsync.domain.library import DeliveredBy, Delivery
from seatsync.domain.text.characters import text_fault
from seatsync.formats.approvals import AnyApproval
from seatsync.formats.fields import (
    AnyText,
    Closed,
    Day,
    Email,
    InvalidValue,
    Moment,
    Slug,
    Tag,
    Text,
    Timezone,
    WebAddress,
    Whole,
    quoted,
)
from seatsync.systems.registry import SYSTEMS
from seatsync.systems.system import System

Encoding = Literal["utf-8", "utf-16", "windows-1252"]
KindName = Literal["temporary", "permanent"]
if TYPE_CHECKING:
    SystemName = str
    DeliveryName = str
    DeliveredByName = str
else:
    SystemName = Literal[*SYSTEMS]
    DeliveryName = Literal[*map(str, Delivery)]
    DeliveredByName = Literal[*map(str, DeliveredBy)]


def _rules(system: System) -> str:
    """Return a system's name with its rules in brackets, for the list of all systems."""
    kinds = f"{system.kinds[0]} only" if len(system.kinds) == 1 else " and ".join(system.kinds)
    return f"{system.name} ({kinds}, {system.delivery.facts.short_name})"


def _one_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _revokes(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}|\d{1,3}(\.\d+)?\s*%", value):
        return value
    raise InvalidValue(
        f"{quoted(value)} is neither a number nor a percentage such as 10%",
        "Write a number such as 20, or a percentage such as 10%.",
    )


def _days(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,3}d", value):
        return value
    fact = "is out of range" if isinstance(value, str) and re.fullmatch(r"\d+d", value) else "is not a number of days"
    raise InvalidValue(f"{quoted(value)} {fact}", "Write it as 3d; 1d to 9999d are possible.")


def _version(value: Any) -> Any:
    if value in ("1", 1):
        return 1
    raise InvalidValue(
        f"{quoted(value)} is not a version that this seatsync reads; it reads version 1", "Write `version: 1`."
    )


class ContactEntry(Closed):
    """A person at the vendor whom the institution's administrators can ask."""

    name: Text = Field(description="The contact's name.")
    email: Email = Field(description="The contact's e-mail address.")
    role: Text | None = Field(None, description="The contact's role, for example Customer Success.")


class AdminEntry(Closed):
    """A person who may sign in to the administrators' pages of the institution."""

    given_name: Text = Field(description="Given name.")
    family_name: Text = Field(description="Family name.")
    email: Email = Field(description="The address the administrator signs in with.")

    @model_validator(mode="after")
    def _names_are_one_valid_text(self) -> AdminEntry:
        if fault := text_fault(f"{self.given_name} {self.family_name}"):
            raise InvalidValue(f"given and family name together: it {fault[0]}", fault[1])
        return self


class InstitutionEntry(Closed):
    """The institution that buys the seats."""

    id: Slug = Field(
        description="The institution's key in the ledger: lower-case letters, digits and hyphens. Never reuse it; to change it, write "
        "the earlier one under `was`."
    )
    was: Slug | None = Field(
        None,
        description="The earlier `id`. The ledger's institution of that id becomes this one, with its members, licenses and "
        "journal. Afterwards it has no effect and may stay.",
    )
    name: Text = Field(description="The institution's name, as members know it.")
    contacts: list[ContactEntry] = Field([], description="The vendor's people, shown to administrators.")
    admins: list[AdminEntry] = Field(
        min_length=1,
        description="Who may sign in to the administrators' pages; at least one person. All have the same rights.",
    )
    opt_out: bool = Field(False, description="Whether members may decline a license.")
    delivered_by: DeliveredByName = Field(
        DeliveredBy.SEATSYNC.value,
        description="Where the seats of its libraries live, if a library does not say it itself: `seatsync`, or `vendor` for the "
        "vendor's portal.",
    )
    timezone: Timezone | None = Field(
        None,
        description='The time zone in which the institution\'s days begin and end, for example America/Chicago: what "today" is, '
        "when a license ends, when a reminder is due. Without it, days are those of UTC.",
    )
    retire: Day | None = Field(
        None,
        description="The institution's last day. Temporary licenses are revoked the day after, permanent ones stay with their "
        "members, and nobody gets a new license or a reminder. Afterwards this folder may be deleted.",
    )

    @model_validator(mode="after")
    def _was_another(self) -> InstitutionEntry:
        if self.was == self.id:
            raise InvalidValue("`was` is the same as `id`", "Write the earlier id under `was`, or delete it.")
        return self


class LibraryEntry(Closed):
    """A library: a product with a number of seats."""

    model_config = ConfigDict(
        **Closed.model_config,
        json_schema_extra={"oneOf": [{"required": ["system"]}, {"required": ["kinds", "delivery"]}]},
    )

    title: Text = Field(description="The library's title, as members know it.")
    slots: Whole = Field(description="The number of seats that were bought.")
    system: SystemName | None = Field(
        None,
        description=f"The system whose rules apply: {_one_of([*map(_rules, SYSTEMS.values())])}.",
    )
    kinds: list[KindName] | None = Field(
        None, min_length=1, description="Instead of `system`: the kinds of license in this library."
    )
    delivery: DeliveryName | None = Field(
        None,
        description="Instead of `system`: `claim` (an invitation with a personal link) or `account` (members with an account get "
        "the seat at once).",
    )

    delivered_by: DeliveredByName | None = Field(
        None,
        description="Where the seats live. `seatsync`: members claim them on seatsync's pages. `vendor`: in the vendor's portal; each "
        "apply puts what a person must do there on the work list. By default as the institution says, else `seatsync`.",
    )
    sends_letters: bool | None = Field(
        None,
        description="Whether seatsync writes to members about this library: by default yes, and no where the vendor delivers, because "
        "its portal writes to them. Without any letters, tell them yourself where to claim.",
    )
    claim_url: WebAddress | None = Field(
        None,
        description="With `delivered_by: vendor`: the address of the vendor's page where members claim their seats. Letters and "
        "pages lead there.",
    )
    open_url: WebAddress | None = Field(
        None, description="The address where members use this library. Their own page has a link to it."
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> LibraryEntry:
        if self.system is None and (self.kinds is None or self.delivery is None):
            fact = f"a library needs `system` ({', '.join(SYSTEMS)}), or both `kinds` and `delivery`"
            raise InvalidValue(fact, "Add `system:` with one of these.")
        if self.system is not None and (self.kinds is not None or self.delivery is not None):
            fact = "a library has either `system`, or `kinds` and `delivery`, not all of them"
            raise InvalidValue(fact, "Delete `system`, or delete `kinds` and `delivery`.")
        return self


class RosterEntry(Closed):
    """A file that lists members."""

    path: Text = Field(description="The file, relative to this folder: .csv, .yaml or .yml.")
    tags: list[Tag] = Field([], description="Tags for every member of the file.")
    encoding: Encoding | None = Field(
        None, description="Needed only for windows-1252; UTF-8 and UTF-16 are recognized."
    )


class To(Closed):
    """Which members a grant reaches. All given conditions must hold; for a union, write two grants."""

    model_config = ConfigDict(**Closed.model_config, json_schema_extra={"minProperties": 1})

    everyone: bool | None = Field(None, description="Every member of every roster.", json_schema_extra={"const": True})
    tags: list[AnyText] | None = Field(None, min_length=1, description="Members with all of these tags.")
    any_tags: list[AnyText] | None = Field(None, min_length=1, description="Members with at least one of these tags.")
    not_tags: list[AnyText] | None = Field(None, min_length=1, description="Members with none of these tags.")
    roles: list[AnyText] | None = Field(
        None, min_length=1, description="Members with one of these roles, in upper or lower case."
    )
    emails: list[Email] | None = Field(None, min_length=1, description="These members.")
    not_emails: list[Email] | None = Field(None, min_length=1, description="All but these members.")
    file: Text | None = Field(
        None, description='The members listed in this CSV, by e-mail or student id ("Select by CSV").'
    )
    not_file: Text | None = Field(None, description="All but the members listed in this CSV.")

    @model_validator(mode="after")
    def _somebody(self) -> To:
        if empty := [name for name in self.model_fields_set if getattr(self, name) is None]:
            fact = f"`{min(empty)}` has no value; an empty condition might reach too many members"
            raise InvalidValue(fact, "Write its value after the colon, or delete it.")
        if not self.model_fields_set:
            raise InvalidValue("it does not say which members", f"Write {_one_of([*To.model_fields])}.")
        if self.everyone is False:
            raise InvalidValue("`everyone` can only be true", "Delete it, and select the members with another key.")
        return self


class AfterEntry(Closed):
    """When a member gets a permanent license."""

    days: int = Field(
        ge=1,
        le=36_500,
        description="So many days after the member's first grant in this library, whatever was revoked or granted again since.",
    )

    @field_validator("days", mode="before")
    @classmethod
    def _is_some_time(cls, value: Any) -> Any:
        if isinstance(value, int | str) and re.fullmatch(r"0+|-\d+", str(value)):
            raise InvalidValue(f"{value} days are no time to wait", "Delete `after`, or write 1 or more.")
        return value


class GrantEntry(Closed):
    """These members get this library."""

    library: AnyText = Field(description="The id of a library above.")
    kind: KindName | None = Field(
        None, description="temporary or permanent; can be left out where the library has only temporary licenses."
    )
    to: To = Field(description="The members who get it.")
    until: Day | None = Field(None, description="The last day of a temporary license; it is revoked the day after.")
    resend: AnyText | None = Field(
        None,
        description="To send the invitation again to members who have not claimed, write a new value here, for example today's date.",
    )
    regrant: bool = Field(False, description="Grant the license again to members who opted out.")
    after: AfterEntry | None = Field(
        None,
        description="Only for permanent licenses: who has had the library for so long gets it permanently, on that day. "
        "Until then, another grant gives it.",
    )

    @model_validator(mode="after")
    def _permanent_has_no_end(self) -> GrantEntry:
        if self.kind == "permanent" and self.until is not None:
            raise InvalidValue("a permanent license has no `until`", "Delete `until`, or write `kind: temporary`.")
        if self.kind == "temporary" and self.after is not None:
            raise InvalidValue(
                "only a permanent license is given `after` some time", "Delete `after`, or write `kind: permanent`."
            )
        return self


class GrantsFile(Closed):
    """A CSV file of grants with the columns library, email, kind, until and, to find members whose e-mail changes, student_id."""

    path: Text = Field(description="The file, relative to this folder.")
    encoding: Encoding | None = Field(None, description="Needed only for windows-1252.")


def _grant_variant(value: Any) -> str:
    return "file" if (isinstance(value, dict) and "path" in value) or isinstance(value, GrantsFile) else "rule"


AnyGrant = Annotated[
    Annotated[GrantEntry, Variant("rule")] | Annotated[GrantsFile, Variant("file")],
    Discriminator(_grant_variant),
]


class ExportEntry(Closed):
    """An export from the vendor's portal ("Export user data", or Jamworks' list of members), as it was downloaded."""

    path: Text = Field(description="The file, relative to this folder.")
    library: Slug | None = Field(
        None, description="The library that the file is about, if its columns do not name libraries."
    )
    taken: Moment = Field(
        description="When the file was downloaded: a date, of which the beginning counts, or a time such as 2027-03-01T14:30:00Z. "
        "The file says nothing of what has changed since."
    )
    encoding: Encoding | None = Field(None, description="Needed only for windows-1252.")


class InvitesEntry(Closed):
    """Reminders of unclaimed invitations."""

    remind_after: list[
        Annotated[Text, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,3}d$"})]
    ] = Field(
        [],
        description="How many days after the invitation to remind members who have not claimed: [3d, 7d, 14d].",
    )


class MailEntry(Closed):
    """The sender of the institution's letters. The mail server and its password are set only in the environment."""

    name: Text | None = Field(None, description="The sender's name; by default the institution's name.")
    address: Email | None = Field(
        None, description="The address that letters are sent from, unless SEATSYNC_MAIL_FROM is set."
    )
    reply_to: Email | None = Field(None, description="The address for replies, if it differs.")


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
        description="How many licenses of one library a plan may revoke: a percentage of its claimed and unclaimed licenses "
        "(at least 5 are always allowed), or a number.",
    )
    permanent: Literal["refuse", "retain"] = Field(
        "refuse",
        description="If a permanent license is no longer granted: `refuse` blocks the plan, `retain` keeps the license and gives a notice.",
    )
    soon: Annotated[
        Text, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,3}d$"})
    ] = Field(
        "30d",
        description="An end date that a plan moves to an earlier day counts to `max_revokes` if it is at most so many days away.",
    )


class SeatsyncFile(Closed):
    """seatsync.yaml: one institution, its libraries, its rosters and its grants."""

    version: Annotated[Literal[1], BeforeValidator(_version)] = Field(description="The version of this format: 1.")
    institution: InstitutionEntry
    libraries: dict[Slug, LibraryEntry] = Field(
        description="The libraries, each under an id of your choice that never changes.",
        json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63}},
    )
    rosters: list[RosterEntry] = Field([], description="The files that list the members.")
    grants: list[AnyGrant] = Field(
        [],
        description="Who gets what. If several grants match a member: permanent beats temporary, and a grant without an end date "
        "beats one with an end date.",
    )
    exports: list[ExportEntry] = Field(
        [],
        description="Exports from the vendor's portal. A plan takes from each, once, what has moved forward there: claimed, declined, "
        "revoked, granted.",
    )
    invites: InvitesEntry = InvitesEntry.model_validate({})
    mail: MailEntry = MailEntry.model_validate({})
    limits: LimitsEntry = LimitsEntry.model_validate({})
    approvals: list[AnyApproval] = Field(
        [],
        description="Reviewed exceptions to a rule. Each lets one plan pass, until its date. "
        "To approve again, change `until` or `reason`.",
    )
