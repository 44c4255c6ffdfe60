"""The options of ``init`` that say something of the institution, and the values they give a new seatsync.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

_EXAMPLE = "# timezone: America/Chicago   # where your days begin and end; without it, in UTC"


class Given(NamedTuple):
    """The options as they were given.

    ``library`` has titles in the order of the exports that need one, ``slots`` and ``system`` have ``[LIBRARY=]VALUE``.
    """

    admin: str | None
    timezone: str | None
    slots: Sequence[str]
    system: Sequence[str]
    library: Sequence[str]
    encoding: str | None


def values_of(folder: Path, id: str | None, name: str | None, admin: str, timezone: str | None) -> dict[str, str]:
    """Return the values for the placeholders in seatsync.yaml.

    Raises:
        BadParameter: the id, the name, the administrator or the time zone can't be used.
    """
    from seatsync.domain.text.characters import clean, is_slug, text_fault

    slug = id or _slug(folder.resolve().name)
    if not is_slug(slug):
        raise click.BadParameter(
            "use lower-case letters, digits and single hyphens, at most 63 characters", param_hint="--id"
        )
    if name is not None and (not clean(name) or text_fault(clean(name))):
        raise click.BadParameter("use a name with visible characters only", param_hint="--name")
    title = name or slug.replace("-", " ").title()
    zone = timezone_values(timezone) if timezone is not None else {"timezone": _EXAMPLE}
    return {"id": slug, "name": json.dumps(title, ensure_ascii=False), **person_values(admin), **zone}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-") or "my-institution"


def person_values(text: str) -> dict[str, str]:
    """Return the values of the first administrator, written as ``Ruth Abel <ruth@my-school.example>``.

    Raises:
        BadParameter: it can't be read.
    """
    from email.utils import parseaddr

    from seatsync.domain.text.characters import clean, text_fault
    from seatsync.domain.text.emails import email_fault

    name, email = parseaddr(text)
    given, _, family = name.strip().rpartition(" ")
    if not email or email_fault(email) or not clean(given) or text_fault(clean(name)):
        raise click.BadParameter('write it as "Ruth Abel <ruth@my-school.example>"', param_hint="--admin")
    quoted = {"given": given, "family": family, "email": email}
    return {key: json.dumps(value, ensure_ascii=False) for key, value in quoted.items()}


def timezone_values(text: str) -> dict[str, str]:
    """Return the line of the institution's time zone.

    Raises:
        BadParameter: there is no such time zone.
    """
    from seatsync.formats.fields import InvalidValue, known_timezone

    try:
        return {"timezone": f"timezone: {known_timezone(text.strip())}   # where your days begin and end"}
    except InvalidValue as fault:
        raise click.BadParameter(f"{fault}. {fault.help}", param_hint="--timezone") from None
