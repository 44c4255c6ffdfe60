"""Links to the line of a file that asked for a license, by SEATSYNC_SOURCE_URL."""

from __future__ import annotations

import re
from string import Formatter
from urllib.parse import quote, urlsplit

from seatsync.ledger.queries.origins import Asked

_PLACES = {"commit", "institution", "file", "line"}


def source_url_fault(template: str) -> str:
    """What is wrong with SEATSYNC_SOURCE_URL; empty for nothing."""
    try:
        parsed = [(name, as_it_is) for _, name, *as_it_is in Formatter().parse(template) if name is not None]
        parts = urlsplit(re.sub(r"[{}]", "", template))
    except ValueError as error:
        return str(error)
    named = {name for name, _ in parsed}
    if any(as_it_is != ["", None] for _, as_it_is in parsed):
        return "its places are to be names in braces, with nothing else between them"
    if strange := sorted(named - _PLACES):
        return f"{{{strange[0]}}} is none of {', '.join(f'{{{place}}}' for place in sorted(_PLACES))}"
    if parts.scheme not in ("https", "http") or not parts.hostname or not template.isprintable():
        return "it is no address of the web"
    return ""


def source_link(template: str, institution: str, asked: Asked) -> str:
    """The address where the line can be looked at; empty where there is none, or it would need a commit that is not known."""
    if not template or not asked.file or ("{commit}" in template and not asked.commit):
        return ""
    places = {"commit": asked.commit, "institution": institution, "file": asked.file, "line": str(asked.line)}
    return template.format(**{name: quote(value, safe="/") for name, value in places.items()})
