"""The model of ``seatsync.yaml``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, WithJsonSchema, model_validator
from pydantic import Tag as Variant

from seatsync.domain.brand.colors import is_color
from seatsync.domain.brand.logo import MOST_BYTES, MOST_PIXELS
from seatsync.domain.calendar.rhythm import RHYTHMS
from seatsync.domain.library import DeliveredBy
from seatsync.domain.text.characters import text_fault
from seatsync.domain.text.languages import LANGUAGES
from seatsync.formats.approvals import AnyApproval
from seatsync.formats.calendar import FreezeEntry, InvitesEntry, LeaversEntry, ScenarioEntry, TermEntry
from seatsync.formats.fields import (
    Closed,
    Day,
    DayCount,
    Email,
    InvalidValue,
    Moment,
    Slug,
    Text,
    Timezone,
    WebAddress,
    one_of,
    quoted,
)
from seatsync.formats.grants import AnyGrant
from seatsync.formats.libraries import DeliveredByName, LibraryEntry
from seatsync.formats.roster_entry import ENCODING, SHEET, Encoding, RosterEntry

if TYPE_CHECKING:
    LanguageName = str
    RhythmName = str
else:
    LanguageName = Literal[*LANGUAGES]
    RhythmName = Literal[*RHYTHMS]


def _language(tag: str) -> str:
    return f"{tag} ({LANGUAGES[tag]})"


def _revokes(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}|\d{1,3}(\.\d+)?\s*%", value):
        return value
    raise InvalidValue(
        f"{quoted(value)} is neither a number nor a percentage such as 10%",
        "Write a number such as 20, or a percentage such as 10%.",
    )


def _color(value: Any) -> Any:
    if value is None or value == "":
        raise InvalidValue('it is empty: in YAML, "#" begins a comment', "Write it in quotes: '#1d4f91'.")
    if not isinstance(value, str) or not is_color(value.lower()):
        raise InvalidValue(
            f"{quoted(value)} is not a colour", "Write red, green and blue, each as 00 to ff, in quotes: '#1d4f91'."
        )
    return value.lower()


Color = Annotated[
    str | None, BeforeValidator(_color), WithJsonSchema({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"})
]


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


class HelpEntry(Closed):
    """Whom the institution's members may ask, on pages and in letters."""

    name: Text = Field(description="Who helps: a person or an office, for example Grace Library.")
    email: Email | None = Field(None, description="The e-mail address for questions.")
    url: WebAddress | None = Field(None, description="Instead of `email`: the address of a page for questions.")

    @model_validator(mode="after")
    def _one_way_to_ask(self) -> HelpEntry:
        if (self.email is None) == (self.url is None):
            fact = "`help` has neither `email` nor `url`" if self.email is None else "`help` has both `email` and `url`"
            raise InvalidValue(fact, "Write one of them: where members ask.")
        return self


class BrandEntry(Closed):
    """How the institution's pages and letters look."""

    logo: Text | None = Field(
        None,
        description=f"The path of a PNG picture in this folder, at most {MOST_BYTES // 1024} KiB and {MOST_PIXELS:,} pixels on each side. "
        "It stands on the members' pages.",
    )
    color: Color = Field(
        None,
        description="A colour such as #1d4f91, in quotes. Where text stands in it or on it, pages and letters use the nearest shade "
        "that can be read well.",
    )


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


class OptOutEntry(Closed):
    """Members may decline a license up to a day."""

    until: Day = Field(description="The last day on which members may decline.")


def _may_decline(value: Any) -> Any:
    if str(value).lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
        return value
    raise InvalidValue(
        f"{quoted(value)} does not say whether members may decline",
        "Write true or false, {until: 2026-09-07} for a last day, or 14d for some days after the invitation.",
    )


def _opt_out_variant(value: Any) -> str:
    if isinstance(value, dict | OptOutEntry):
        return "entry"
    return "days" if isinstance(value, str) and re.fullmatch(r"\d+d", value) else "switch"


OptOut = Annotated[
    Annotated[bool, BeforeValidator(_may_decline), Variant("switch")]
    | Annotated[OptOutEntry, Variant("entry")]
    | Annotated[DayCount, Variant("days")],
    Discriminator(_opt_out_variant),
]


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
    help: HelpEntry | None = Field(
        None,
        description="Whom members may ask. Without it, letters and pages name nobody, unless `mail.reply_to` is set.",
    )
    language: LanguageName | None = Field(
        None, description=f"The language of letters: {one_of([*map(_language, LANGUAGES)])}. Without it, English."
    )
    brand: BrandEntry | None = Field(None, description="How its pages and letters look.")
    opt_out: OptOut = Field(
        False,
        description="Whether members may decline a license: `true`, `false`, up to a day (`{until: 2026-09-07}`), or for so many days "
        "after the invitation (`14d`).",
    )
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

    @property
    def opt_out_until(self) -> str:
        """Until when members may decline, as the ledger has it: a day (ISO), days after the invitation (14d), or empty."""
        if isinstance(self.opt_out, OptOutEntry):
            return self.opt_out.until.isoformat()
        return self.opt_out if isinstance(self.opt_out, str) else ""

    @model_validator(mode="after")
    def _was_another(self) -> InstitutionEntry:
        if self.was == self.id:
            raise InvalidValue("`was` is the same as `id`", "Write the earlier id under `was`, or delete it.")
        return self


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
    encoding: Encoding | None = Field(None, description=ENCODING)
    sheet: Text | None = Field(None, description=SHEET)


class MailEntry(Closed):
    """The sender of the institution's letters. The mail server and its password are set only in the environment."""

    name: Text | None = Field(None, description="The sender's name; by default the institution's name.")
    address: Email | None = Field(
        None, description="The address that letters are sent from, unless SEATSYNC_MAIL_FROM is set."
    )
    reply_to: Email | None = Field(None, description="The address for replies, if it differs.")


def _recipients(value: Any) -> Any:
    if value == "admins":
        return value
    raise InvalidValue(
        f"{quoted(value)} does not say who gets the briefing",
        "Write `admins`, or a list of administrators' e-mails: [ruth@grace.example].",
    )


Briefed = Annotated[
    Annotated[Literal["admins"], BeforeValidator(_recipients), Variant("all")]
    | Annotated[list[Email], Field(min_length=1), Variant("some")],
    Discriminator(lambda value: "some" if isinstance(value, list) else "all"),
]


class BriefingEntry(Closed):
    """One letter that says what was done, what waits and what comes."""

    to: Briefed = Field(
        "admins", description="Who gets it: `admins` for all administrators, or a list of the e-mails of some of them."
    )
    every: RhythmName = Field(
        description="How often: `daily`, on a day of the week such as `monday`, or `first-of-month`. The sender of letters writes it as "
        "soon as it runs, once in each such period."
    )


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
    soon: DayCount = Field(
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
    terms: dict[Slug, TermEntry] = Field(
        {},
        description="Terms of the year, each under an id of your choice, for `term` of grants.",
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
    scenarios: dict[Slug, ScenarioEntry] = Field(
        {},
        description="What may come, each under an id of your choice, for `seatsync year --with ID`. Plans do not know them.",
        json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63}},
    )
    invites: InvitesEntry = InvitesEntry.model_validate({})
    leavers: LeaversEntry = LeaversEntry.model_validate({})
    freeze: list[FreezeEntry] = Field(
        [],
        description="Days on which seatsync takes no seat away, for example those of the finals. Seats that would end on them stay, and "
        "can be used and claimed, to the last of these days.",
    )
    mail: MailEntry = MailEntry.model_validate({})
    briefing: BriefingEntry | None = Field(None, description="A briefing of the administrators, by letter.")
    limits: LimitsEntry = LimitsEntry.model_validate({})
    approvals: list[AnyApproval] = Field(
        [],
        description="Reviewed exceptions to a rule. Each lets one plan pass, until its date. "
        "To approve again, change `until` or `reason`.",
    )
