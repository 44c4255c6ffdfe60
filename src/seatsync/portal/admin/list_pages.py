"""The lists of members and licenses, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import render_template, request
from sqlalchemy import Connection

from seatsync.domain.filters import CHOICES, Filters
from seatsync.ledger.queries import lists
from seatsync.ledger.queries.lists import PageRequest
from seatsync.ledger.read import read_snapshot
from seatsync.portal.admin.access import for_administrator
from seatsync.portal.admin.edits import edits_of_list
from seatsync.portal.admin.labels import TERMS, list_title
from seatsync.portal.admin.query_string import filters_of
from seatsync.portal.admin.remembered import remembered
from seatsync.portal.web.errors import BadAddress
from seatsync.portal.web.translation import _

MOST_TAGS = 60
"""Tags to pick; of more, those that most members have. Any other tag can be typed."""


class ListKind(NamedTuple):
    """A list: how a page of it is read, its sort orders, and who is on it unless the address says otherwise.

    The list of licenses has those of people who have left, who may own them.
    """

    name: str
    read: Callable[..., Any]
    sorts: Sequence[str]
    roster: str
    is_of_licenses: bool


MEMBERS = ListKind("members", lists.members, lists.MEMBER_SORTS, "on", is_of_licenses=False)
LICENSES = ListKind("licenses", lists.licenses, lists.LICENSE_SORTS, "any", is_of_licenses=True)


def list_page(institution: str, kind: ListKind) -> str:
    """Show a page of the list."""
    with for_administrator(institution) as (here, connection):
        books = read_snapshot(connection, institution, ())
        titles = {library.id: library.title for library in books.libraries.values()}
        filters = filters_of(request.args, [*titles], kind.roster)
        page_request = _page_request(kind, filters)
        try:
            page = kind.read(connection, institution, filters, page_request, [*titles])
        except lists.NoSuchPage as error:
            raise BadAddress(str(error)) from error
        number = remembered().answer(
            institution, books, (kind.name, filters), lambda: _count(connection, institution, kind, filters, titles)
        )
        tags = remembered().answer(institution, books, "tags", lambda: lists.count_tags(connection, institution))
    chosen = books.libraries.get(filters.library)
    of_filter = [chosen] if chosen else [*books.libraries.values()]
    sorts = [*kind.sorts, *(_of_one_library(kind) if chosen else ())]
    shown = {
        "title": list_title(filters, titles.get(filters.library, ""), is_of_licenses=kind.is_of_licenses),
        "titles": titles,
        "filters": filters,
        "words": {name: {word: TERMS[word] for word in choices} for name, choices in CHOICES.items()},
        "page_request": page_request,
        "sorts": {sign + sort: _order_label(sort, is_descending=bool(sign)) for sign in ("", "-") for sort in sorts},
        "sortable": sorts,
        "chosen": (chosen, books.slots(chosen.id)) if chosen else None,
        "has_vendor": any(library.is_at_vendor for library in books.libraries.values()),
        "number": number,
        "tags": _to_pick(tags, filters.tag),
        "edits": None if kind.is_of_licenses or not number else edits_of_list(filters, institution, of_filter),
    }
    return render_template(f"admin/{kind.name}.html", here=here, page=page, list=kind.name, **shown)


def _of_one_library(kind: ListKind) -> Sequence[str]:
    return () if kind.is_of_licenses else lists.SORTS_OF_ONE


def _page_request(kind: ListKind, filters: Filters) -> PageRequest:
    """Which page the address asks for; the first one by name where its order needs a library, and no library is chosen any more."""
    given = {name: request.args[name] for name in ("sort", "after", "before") if request.args.get(name)}
    asked = PageRequest(**given)
    return PageRequest() if asked.by in _of_one_library(kind) and not filters.library else asked


def _count(
    connection: Connection, institution: str, kind: ListKind, filters: Filters, libraries: Mapping[str, str]
) -> int:
    return lists.count_listed(connection, institution, filters, [*libraries], is_of_licenses=kind.is_of_licenses)


def _to_pick(tags: Counter[str], chosen: Sequence[str]) -> dict[str, int]:
    """The tags to pick from, in order, with the number of their members."""
    usual = {tag for tag, _ in sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:MOST_TAGS]}
    return {tag: tags[tag] for tag in sorted(usual | {tag for tag in chosen if tag in tags})}


def _order_label(sort: str, *, is_descending: bool) -> str:
    by = TERMS[sort]
    if sort in ("kind", "status"):  # in the order of the words in addresses
        return _("%(by)s, reversed", by=by) if is_descending else str(by)
    if sort == "until":
        return _("%(by)s, latest first", by=by) if is_descending else _("%(by)s, soonest first", by=by)
    if sort == "place":
        return _("%(by)s, last first", by=by) if is_descending else _("%(by)s, next first", by=by)
    if sort.endswith("_on"):  # a date
        return _("%(by)s, newest first", by=by) if is_descending else _("%(by)s, oldest first", by=by)
    return _("%(by)s, Z to A", by=by) if is_descending else _("%(by)s, A to Z", by=by)
