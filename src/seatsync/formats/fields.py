"""Fields that several files share. Everything arrives as text; each type says what it makes of it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from seatsync.domain.names import clean, email_fault, forbidden, is_slug, parse_day, printable, tag_fault


class Closed(BaseModel):
    """A mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _text(written: Any) -> str:
    if written is None:
        raise ValueError("it is empty")
    if not isinstance(written, str):
        raise ValueError("a single value is expected here, not a list or a mapping")
    value = clean(written)
    if character := forbidden(value):
        raise ValueError(f"it holds the invisible character {character}")
    if not value:
        raise ValueError("it is empty")
    return value


def _email(value: str) -> str:
    if fault := email_fault(value):
        raise ValueError(fault)
    return value


def _slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError(f'"{printable(value)}" is no id: small letters, digits and single hyphens, at most 63')
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str) and (day := parse_day(value)):
        return day
    said = f'"{printable(value)}"' if isinstance(value, str) else "this"
    raise ValueError(f"{said} is no date: write it as 2027-06-30")


def _tag(value: str) -> str:
    if fault := tag_fault(value):
        raise ValueError(f'"{printable(value)}" can\'t be a tag: {fault}')
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value)):
        return value
    said = f'"{printable(value)}"' if isinstance(value, str) else "this"
    raise ValueError(f"{said} is no whole number")


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
