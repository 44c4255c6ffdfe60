"""The check list as one page to print: it loads nothing and has no script."""

from __future__ import annotations

from seatsync.reports.html import without_script
from seatsync.reports.worklist.check_list import CheckList


def html(made: CheckList) -> str:
    """Return the check list as a page."""
    return without_script("check-list.html.jinja", "check-list.css", made=made)
