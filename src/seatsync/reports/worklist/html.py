"""The check list as one page to print: it loads nothing and has no script."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup

from seatsync.domain.diagnostic import counted
from seatsync.reports.html import environment, policy_without_script, with_code
from seatsync.reports.worklist.check_list import CheckList


def html(made: CheckList) -> str:
    """Return the check list as a page."""
    pages = environment()
    pages.filters |= {"with_code": with_code, "counted": counted}
    style = (files("seatsync.reports") / "templates" / "check-list.css").read_text(encoding="utf-8")
    return pages.get_template("check-list.html.jinja").render(
        made=made,
        policy=policy_without_script(style),
        style=Markup(style),  # noqa: S704 (our own file)
    )
