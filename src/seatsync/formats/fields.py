"""Field types that several files share. All values arrive as text; each type checks and converts its own."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from seatsync.domain.text.characters import clean, is_slug, printable, text_fault
from seatsync.domain.text.days import day_as_written, day_fault, parse_day
from seatsync.domain.text.emails import email_fault, email_to_write
from seatsync.domain.text.encodings import codec_of
from seatsync.domain.text.guesses import nearest
from seatsync.domain.text.tags import tag_fault
from seatsync.domain.text.web_addresses import MAX_ADDRESS, web_address_fault


class Closed(BaseModel):
    """A mapping that allows only known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InvalidValue(ValueError):
    """A value is not valid. The message has no full stop; ``help`` says what to do."""

    def __init__(self, fact: str, help: str) -> None:
        super().__init__(fact)
        self.help = help


def quoted(value: Any) -> str:
    """Return a text in quotes, for a message; "this" for a list or a mapping."""
    return f'"{printable(value)}"' if isinstance(value, str) else "this"


def one_of(words: list[str]) -> str:
    """The words as a choice: a, b or c."""
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _text(written: Any) -> str:
    if not isinstance(written, str | None):
        raise InvalidValue(
            "a single value is expected here, not a list or a mapping", "Write one value, without brackets."
        )
    value = clean(written or "")
    if fault := text_fault(value):
        raise InvalidValue(f"it {fault[0]}", fault[1])
    if not value:
        raise InvalidValue("it is empty", "Write a value, or delete the key.")
    return value


def _email(value: str) -> str:
    if fault := email_fault(value):
        raise InvalidValue(fault, email_to_write(value))
    return value


def _slug(value: str) -> str:
    if not is_slug(value):
        fact = (
            f'"{printable(value)}" is not an id. '
            "An id has lower-case letters, digits and single hyphens, at most 63 characters"
        )
        raise InvalidValue(fact, "Write an id such as grace-seminary.")
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str) and (day := parse_day(value)):
        return day
    fact = day_fault(value) if isinstance(value, str) else "a date is expected here"
    raise InvalidValue(fact, f"Write it as {day_as_written(str(value))}.")


def _moment(value: Any) -> Any:
    if isinstance(value, str) and (day := parse_day(value)):
        return day
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None:
        raise InvalidValue(
            f"{quoted(value)} is neither a date nor a time",
            f"Write it as {day_as_written(str(value))}, or with a time as 2027-03-01T14:30:00Z.",
        )
    if instant.tzinfo is None:
        raise InvalidValue(
            f"{quoted(value)} does not say in which time zone it is",
            f"Write {instant:%Y-%m-%dT%H:%M:%S}Z if it is UTC, or the difference, for example -06:00, in place of the Z.",
        )
    return instant


def _tag(value: str) -> str:
    if fault := tag_fault(value):
        raise InvalidValue(f'"{printable(value)}" can\'t be a tag: {fault}', "Choose another tag.")
    return value


def whole_between(least: int, most: int) -> BeforeValidator:
    """A check that a value is a whole number from ``least`` to ``most``."""

    def check(value: Any) -> Any:
        if not re.fullmatch(r"-?[0-9]+", value if isinstance(value, str) else f"{value}"):
            raise InvalidValue(f"{quoted(value)} is not a whole number", "Write digits only, for example 50.")
        if len(f"{value}") > _MOST_DIGITS or not least <= int(value) <= most:
            raise InvalidValue(f"{quoted(f'{value}')} is out of range", f"Write a number from {least} to {most}.")
        return value

    return BeforeValidator(check)


_MOST_DIGITS = 18
_MOST = 999_999_999


def _days(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,3}d", value):
        return value
    fact = "is out of range" if isinstance(value, str) and re.fullmatch(r"\d+d", value) else "is not a number of days"
    example = f"{value}d" if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,3}", value) else "3d"
    raise InvalidValue(f"{quoted(value)} {fact}", f"Write it as {example}; 1d to 9999d are possible.")


def known_encoding(value: str) -> str:
    """Return the encoding's name as it is written.

    Raises:
        InvalidValue: there is no such encoding of texts.
    """
    if codec_of(value) is None:
        raise InvalidValue(
            f'"{printable(value)}" is not an encoding of texts that seatsync knows',
            "Write one that Python knows, such as utf-8, utf-16, windows-1252, cp1250 or shift_jis.",
        )
    return value


@cache
def _timezones() -> frozenset[str]:
    """Return the names of all time zones; tzdata has the same ones on every system, unlike the system's own list."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


def known_timezone(value: str) -> str:
    """Return the time zone's name.

    Raises:
        InvalidValue: there is no such time zone.
    """
    if value not in _timezones():
        places = (
            name for name in sorted(_timezones()) if ("/" in name and not name.startswith("Etc/")) or name == "UTC"
        )
        cities = {name.rpartition("/")[2]: name for name in places}
        near = cities.get(nearest(value.replace(" ", "_"), cities, 0.7) or "") or nearest(value, cities.values(), 0.7)
        guess = f'Did you mean "{near}"? ' if near else ""
        help = f"{guess}Write the name of a time zone, such as America/Chicago, Europe/Berlin or UTC."
        raise InvalidValue(f'"{printable(value)}" is not a time zone', help)
    return value


def _web_address(value: str) -> str:
    if fault := web_address_fault(value):
        raise InvalidValue(
            f'"{printable(value)}" {fault}', "Write an address that begins with https://, as a browser shows it."
        )
    return value


# YAML editors give plain scalars a type (0123 is a number, Null is null); seatsync reads them all as text.
_SCALAR = {"type": ["string", "number", "boolean", "null"]}

Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
AnyText = Annotated[str, BeforeValidator(_text), WithJsonSchema(_SCALAR)]
Email = Annotated[Text, AfterValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]
Slug = Annotated[
    Text,
    AfterValidator(_slug),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63}),
]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
DayCount = Annotated[Text, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,3}d$"})]
"""A number of days, such as 30d."""
Moment = Annotated[
    date | datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d(T.*)?$"}),
]
Tag = Annotated[AnyText, AfterValidator(_tag), WithJsonSchema(_SCALAR)]
Timezone = Annotated[Text, AfterValidator(known_timezone)]
WebAddress = Annotated[
    Text,
    AfterValidator(_web_address),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https://", "maxLength": MAX_ADDRESS}),
]
Whole = Annotated[int, whole_between(0, _MOST), Field(ge=0)]
