"""The model of rosters in seatsync.yaml: which files list members, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from seatsync.domain.text.tags import tag_fault
from seatsync.formats.fields import AnyText, Closed, InvalidValue, Tag, Text, known_encoding, quoted
from seatsync.systems.registry import PORTALS

Encoding = Annotated[Text, AfterValidator(known_encoding)]
ENCODING = (
    "Needed where it is neither UTF-8 nor UTF-16: a name that Python knows, such as windows-1252, cp1250 or shift_jis."
)
SHEET = "The sheet of a workbook (.xlsx, .ods); needed where several have a header that fits."
FORMATS = (
    *(*PORTALS, "seatsync"),
    *(
        "google-workspace",
        "entra",
        "canvas",
        "moodle",
        "clever",
        "blackboard",
        "brightspace",
        "oneroster",
        "school-data-sync",
    ),
    *("apple-school-manager", "powerschool", "infinite-campus", "skyward", "planning-center", "churchtools", "breeze"),
    *("snipe-it", "dutch-list", "spanish-list"),
)
"""The formats that `format:` can pin; ``sources/rosters/formats`` has one file for each."""
READ = ("email", "given_name", "family_name", "student_id", "role", "tags", "org", "term")
PRESENCE = (
    "status",
    "active",
    "enabled",
    "disabled",
    "suspended",
    "inactive",
    "deleted",
    "archived",
    "blocked",
    "withdrawn",
)
DATES = ("deleted_on", "ends")
if TYPE_CHECKING:
    FormatName = str
    FieldName = str
else:
    FormatName = Literal[*FORMATS]
    FieldName = Literal[*READ, *PRESENCE, *DATES]


def _column(value: Any) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidValue(
            "a column's name is expected here, or a text with columns in braces",
            'Write it as "Student Number" or "{Username}@school.example".',
        )
    return value


def _template(value: Any) -> Any:
    return None if value is False or (isinstance(value, str) and value.lower() in ("false", "no")) else _column(value)


def _prefix(value: str) -> str:
    if fault := tag_fault(f"{value}:en"):
        raise InvalidValue(f"{quoted(value)} can't begin a tag: {fault}", "Choose another prefix, for example class.")
    return value


class TakeEntry(Closed):
    """Which rows of a roster are members. What is left out keeps the format\'s own choice."""

    model_config = ConfigDict(**Closed.model_config, json_schema_extra={"minProperties": 1})

    roles: list[AnyText] | None = Field(None, description="Only people with one of these roles.")
    orgs: list[AnyText] | None = Field(None, description="Only people of one of these schools or departments.")
    terms: list[AnyText] | None = Field(None, description="Only rows of one of these terms.")
    status: list[AnyText] | None = Field(
        None,
        description="People with these words in the columns that say who is gone are members too, for example suspended. If one of "
        "them is a word of members, such as active, only people with these words are.",
    )


Column = Annotated[str | None, BeforeValidator(_column), WithJsonSchema({"type": ["string", "null"]})]
TagTemplate = Annotated[str | None, BeforeValidator(_template), WithJsonSchema({"type": ["string", "boolean", "null"]})]


class RosterEntry(Closed):
    """A file that lists members."""

    path: Text = Field(
        description="The file, relative to this folder: .csv and other tables, .xlsx, .ods, .yaml or .yml; or a folder or .zip with "
        "the files of OneRoster, School Data Sync or Canvas."
    )
    tags: list[Tag] = Field([], description="Tags for every member of the file.")
    encoding: Encoding | None = Field(None, description=ENCODING)
    sheet: Text | None = Field(None, description=SHEET)
    format: FormatName | None = Field(None, description="The format, if it is not to be told from the header.")
    map: dict[FieldName, Column] = Field(
        {},
        description="Where a field is, if its column has another name: `student_id: SIS ID`, or put together from columns: "
        '`email: "{Username}@school.example"`. `{A|B}` is the first that is not empty. With `~`, the field is not read.',
    )
    take: TakeEntry = Field(
        TakeEntry.model_validate({}),
        description="Which rows are members. Without it, everybody in a plain list; in formats that know roles, no parents and "
        "guardians; and nobody who is deleted, disabled or suspended.",
    )
    tags_from: dict[Annotated[AnyText, AfterValidator(_prefix)], TagTemplate] = Field(
        {},
        description='Tags from columns: `class: "{Class Code}"` gives `class:NT501`. A cell with several values, separated by ; or , '
        "gives several tags. `false` switches off one that the format makes by itself.",
    )
    adds: Literal["tags"] | None = Field(
        None,
        description="With `tags`, the file is a list of e-mails or student ids with tags: it gives tags to members of the other rosters, "
        "and makes nobody a member.",
    )

    @model_validator(mode="after")
    def _adds_tags_alone(self) -> RosterEntry:
        if self.adds is None:
            return self
        if self.format is not None:
            raise InvalidValue("a list that only adds tags has no format", "Delete `format`.")
        if names := [name for name in ("given_name", "family_name") if self.map.get(name)]:
            fact = f"a list that only adds tags names nobody, so `map: {names[0]}` has no effect"
            raise InvalidValue(fact, "Delete it.")
        return self
