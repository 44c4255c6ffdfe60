"""Write values as YAML, so that every program reads them as the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from seatsync.sources.yaml_tree import LOADER

_SAFE = re.compile(r"[^\W_][\w@.+ \-/:']*", re.ASCII)
"""What needs no quotes at first sight. Everything else gets them, names in other scripts too unless they are only letters."""


class Plain(str):
    """A value that is written without quotes, for example a date."""

    __slots__ = ()


def scalar(value: str, quote: str = "") -> str:
    """Return ``value`` as a scalar in the style of its neighbours: ``quote`` is ``'``, ``"`` or empty for none if possible."""
    if isinstance(value, Plain):
        return str(value)
    if quote not in ("'", '"'):
        quote = "" if _is_plain(value) else '"'
    if not quote:
        return value
    if quote == "'" and value.isprintable():
        doubled = value.replace("'", "''")
        return f"'{doubled}'"
    escaped = "".join(_ESCAPED.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in value)
    return f'"{escaped}"'


_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def flow(value: Any, quote: str = "") -> str:
    """Return text, None, False, lists and mappings on one line: ``{library: books, to: {emails: [ann@grace.example]}}``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item, quote)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item, quote) for item in value) + "]"
    if value is None or value is False:
        return "~" if value is None else "false"
    return scalar(value, quote)


_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-fxo_.:+-]*", re.IGNORECASE)
"""What one of the versions of YAML may read as a number or a day."""


def _is_plain(value: str) -> bool:
    """Whether YAML reads the bare text as this text, in lists, in mappings and in both styles."""
    if _NUMBER.fullmatch(value):
        return False
    words = value.replace(" ", "").replace("-", "").replace("'", "")
    looks_safe = _SAFE.fullmatch(value) or (words.isalpha() and value[0].isalpha())
    if not looks_safe or value != value.strip() or ": " in value or value.endswith(":") or not value.isprintable():
        return False
    if value.isascii() and not re.search(r"[0-9~]|^(y|n|yes|no|on|off|true|false|null|nan|inf)$", value, re.IGNORECASE):
        return True
    try:
        return bool(yaml.load(f"[{{k: {value}}}]", LOADER) == [{"k": value}])  # noqa: S506
    except (yaml.YAMLError, ValueError):
        return False
