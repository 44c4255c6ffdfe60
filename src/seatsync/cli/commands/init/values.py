"""The values for the placeholders in a new seatsync.yaml."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click


def values_of(folder: Path, id: str | None, name: str | None, admin: str) -> dict[str, str]:
    """Return the values for the placeholders in seatsync.yaml.

    Raises:
        BadParameter: the id, the name or the administrator can't be used.
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
    return {"id": slug, "name": json.dumps(title, ensure_ascii=False), **person_values(admin)}


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
