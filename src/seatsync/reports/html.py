"""A plan as one self-contained page: no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from seatsync.reports.view import PlanView


def plans(views: Sequence[PlanView]) -> Iterator[str]:
    """The page, in pieces."""
    environment = Environment(
        loader=PackageLoader("seatsync.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["zip"] = zip
    return environment.get_template("plan.html.jinja").generate(views=views)
