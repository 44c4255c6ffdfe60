"""The models of grants: who gets which library."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, ValidationInfo, field_validator, model_validator
from pydantic import Tag as Variant

from seatsync.domain.line import MOST_PRIORITY
from seatsync.formats.fields import AnyText, Closed, Day, Email, InvalidValue, Text, one_of, whole_between
from seatsync.formats.roster_entry import ENCODING, SHEET, Encoding

KindName = Literal["temporary", "permanent"]


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
            raise InvalidValue("it does not say which members", f"Write {one_of([*To.model_fields])}.")
        if self.everyone is False:
            raise InvalidValue("`everyone` can only be true", "Delete it, and select the members with another key.")
        return self


class LeaveEntry(Closed):
    """Who is on leave."""

    tags: list[AnyText] | None = Field(None, min_length=1, description="Members with all of these tags.")
    any_tags: list[AnyText] | None = Field(None, min_length=1, description="Members with at least one of these tags.")

    @model_validator(mode="after")
    def _somebody(self) -> LeaveEntry:
        if self.tags is None and self.any_tags is None:
            raise InvalidValue("it does not say who is on leave", "Write `tags` or `any_tags`.")
        return self


_MOST_DAYS, _MOST_TERMS = 36_500, 1_000


class AfterEntry(Closed):
    """When a member gets a permanent license."""

    days: Annotated[int, whole_between(1, _MOST_DAYS)] | None = Field(
        None,
        ge=1,
        le=_MOST_DAYS,
        description="So many days after the member's first grant in this library, whatever was revoked or granted again since.",
    )
    terms: Annotated[int, whole_between(1, _MOST_TERMS)] | None = Field(
        None,
        ge=1,
        le=_MOST_TERMS,
        description="Instead of `days`: after so many of the `terms` above have ended, the first of them the one of the member's first "
        "grant in this library. Keep terms that have ended in the list.",
    )
    not_counting: LeaveEntry | None = Field(
        None,
        description="With `terms`: a term does not count for who had these tags on its last day, by what was applied until then.",
    )

    @field_validator("days", "terms", mode="before")
    @classmethod
    def _is_some_time(cls, value: Any, of: ValidationInfo) -> Any:
        if isinstance(value, int | str) and re.fullmatch(r"0+|-\d+", str(value)):
            raise InvalidValue(f"{value} {of.field_name} are no time to wait", "Delete `after`, or write 1 or more.")
        return value

    @model_validator(mode="after")
    def _says_one(self) -> AfterEntry:
        if (self.days is None) == (self.terms is None):
            fact = (
                "it says how long neither in `days` nor in `terms`"
                if self.days is None
                else "it has both `days` and `terms`"
            )
            raise InvalidValue(fact, "Write one of them, such as `days: 540` or `terms: 4`.")
        if self.not_counting is not None and self.terms is None:
            raise InvalidValue("`not_counting` is about terms, and it counts days", "Delete it, or write `terms`.")
        return self


class GrantEntry(Closed):
    """These members get this library."""

    library: AnyText = Field(description="The id of a library above.")
    kind: KindName | None = Field(
        None, description="temporary or permanent; can be left out where the library has only temporary licenses."
    )
    to: To = Field(description="The members who get it.")
    from_: Day | None = Field(
        None,
        alias="from",
        description="The first day: before it, the grant gives nobody a seat, and it reads who gets one on the day.",
    )
    until: Day | None = Field(None, description="The last day of a temporary license; it is revoked the day after.")
    term: AnyText | None = Field(
        None,
        description="The id of a term above, instead of `from` and `until`: the grant has the term's first and last day.",
    )
    resend: AnyText | None = Field(
        None,
        description="To send the invitation again to members who have not claimed, write a new value here, for example today's date.",
    )
    regrant: bool = Field(
        False, description="Grant the license again to members who opted out, or did not claim their seat in time."
    )
    priority: Annotated[int, whole_between(0, MOST_PRIORITY)] = Field(
        0,
        ge=0,
        le=MOST_PRIORITY,
        description="Where the library has a line (`when_full: wait`): members whom a grant with a higher number reaches come first.",
    )
    after: AfterEntry | None = Field(
        None,
        description="Only for permanent licenses: who has had the library for so long gets it permanently, on that day. "
        "Until then, another grant gives it.",
    )

    @model_validator(mode="after")
    def _permanent_has_no_end(self) -> GrantEntry:
        if self.kind == "permanent" and self.until is not None:
            raise InvalidValue("a permanent license has no `until`", "Delete `until`, or write `kind: temporary`.")
        days = {"from": self.from_, "until": self.until}
        if self.term is not None and (named := [name for name, day in days.items() if day is not None]):
            fact = f"`term` has a first and a last day, so `{'` and `'.join(named)}` can't stand beside it"
            raise InvalidValue(fact, f"Delete `{'` and `'.join(named)}`, or `term`.")
        if self.kind == "permanent" and self.term is not None:
            raise InvalidValue("a permanent license has no end, and a term has one", "Write `from` instead of `term`.")
        if self.kind == "temporary" and self.after is not None:
            raise InvalidValue(
                "only a permanent license is given `after` some time", "Delete `after`, or write `kind: permanent`."
            )
        return self


class GrantsFile(Closed):
    """A CSV file of grants with the columns library, email, kind, from, until and, to find members whose e-mail changes, student_id."""

    path: Text = Field(description="The file, relative to this folder.")
    encoding: Encoding | None = Field(None, description=ENCODING)
    sheet: Text | None = Field(None, description=SHEET)


def _grant_variant(value: Any) -> str:
    return "file" if (isinstance(value, dict) and "path" in value) or isinstance(value, GrantsFile) else "rule"


AnyGrant = Annotated[
    Annotated[GrantEntry, Variant("rule")] | Annotated[GrantsFile, Variant("file")],
    Discriminator(_grant_variant),
]
