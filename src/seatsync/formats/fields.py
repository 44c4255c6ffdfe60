"""Fields that several files share. Everything arrives as text; each type says what it makes of it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from seatsync.domain.text.characters import clean, is_slug, printable, text_fault
from seatsync.domain.text.days import day_fault, parse_day
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.tags import tag_fault


class Closed(BaseModel):
    """A mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(ValueError):
    """What is wrong with a value, without the stop, and how to mend it."""

    def __init__(self, fact: str, mend: str) -> None:
        super().__init__(fact)
        self.mend = mend


def quoted(value: Any) -> str:
    """A value as a message names it; a list or mapping not at all."""
    return f'"{printable(value)}"' if isinstance(value, str) else "this"


def _text(written: Any) -> str:
    if not isinstance(written, str | None):
        raise Fault("a single value is expected here, not a list or a mapping", "Write one value, without brackets.")
    value = clean(written or "")
    if fault := text_fault(value):
        raise Fault(f"it {fault[0]}", fault[1])
    if not value:
        raise Fault("it is empty", "Write something, or delete it.")
    return value


def _email(value: str) -> str:
    if fault := email_fault(value):
        raise Fault(fault, "Write it as name@institution.example.")
    return value


def _slug(value: str) -> str:
    if not is_slug(value):
        fact = f'"{printable(value)}" is no id: small letters, digits and single hyphens, at most 63'
        raise Fault(fact, "Write for instance grace-seminary.")
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str) and (day := parse_day(value)):
        return day
    fact = day_fault(value) if isinstance(value, str) else "a date is expected here"
    raise Fault(fact, "Write it as 2027-06-30.")


def _tag(value: str) -> str:
    if fault := tag_fault(value):
        raise Fault(f'"{printable(value)}" can\'t be a tag: {fault}', "Choose another tag.")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value)):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        raise Fault(f"{quoted(value)} is out of range", "Write a number from 0 to 999999999.")
    raise Fault(f"{quoted(value)} is no whole number", "Write digits alone, for instance 50.")


# YAML editors type plain scalars (0123 is a number to them, Null is null); seatsync reads them all as text.
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
Tag = Annotated[AnyText, AfterValidator(_tag), WithJsonSchema(_SCALAR)]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
