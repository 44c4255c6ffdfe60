"""The check list as one page to print: it loads nothing and has no script."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from seatsync.domain.diagnostic import counted
from seatsync.reports.html import with_code
from seatsync.reports.worklist.check_list import CheckList


def html(made: CheckList) -> str:
    """Return the check list as a page."""
    environment = Environment(
        loader=PackageLoader("seatsync.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"with_code": with_code, "counted": counted}
    style = (files("seatsync.reports") / "templates" / "check-list.css").read_text(encoding="utf-8")
    hash = b64encode(sha256(style.encode()).digest()).decode()
    return environment.get_template("check-list.html.jinja").render(
        made=made,
        policy=f"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 (our own file)
    )
