"""Links to the line of a file that a license comes from, made with SEATSYNC_SOURCE_URL."""

from __future__ import annotations

import re
from string import Formatter
from urllib.parse import quote, urlsplit

from seatsync.ledger.queries.origins import LicenseOrigin

_PLACEHOLDERS = {"commit", "institution", "file", "line"}


def source_url_fault(template: str) -> str:
    """Return what is wrong with SEATSYNC_SOURCE_URL; empty if nothing."""
    try:
        parsed = [(name, format_parts) for _, name, *format_parts in Formatter().parse(template) if name is not None]
        parts = urlsplit(re.sub(r"[{}]", "", template))
    except ValueError as error:
        return str(error)
    named = {name for name, _ in parsed}
    if any(format_parts != ["", None] for _, format_parts in parsed):
        return "each placeholder must be a name in braces, with nothing else between them"
    if unknown := sorted(named - _PLACEHOLDERS):
        return f"{{{unknown[0]}}} is not one of {', '.join(f'{{{place}}}' for place in sorted(_PLACEHOLDERS))}"
    if parts.scheme not in ("https", "http") or not parts.hostname or not template.isprintable():
        return "it is not a web address"
    return ""


def source_link(template: str, institution: str, origin: LicenseOrigin) -> str:
    """Return the address of the line; empty if there is none, or if it needs a commit that is not known."""
    if not template or not origin.file or ("{commit}" in template and not origin.commit):
        return ""
    values = {"commit": origin.commit, "institution": institution, "file": origin.file, "line": str(origin.line)}
    return template.format(**{name: quote(value, safe="/") for name, value in values.items()})
