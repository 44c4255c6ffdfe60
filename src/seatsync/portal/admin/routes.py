"""The administrators' pages to look at their institutions. Changes are made in the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, abort, redirect, render_template, request, stream_with_context, url_for
from flask_babel import format_decimal
from sqlalchemy import Connection

from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.filters import USERS
from seatsync.domain.library import Library
from seatsync.domain.license import Status
from seatsync.domain.text.characters import clean
from seatsync.domain.text.days import end_of, parse_day, start_of
from seatsync.domain.text.tags import tags_with_day
from seatsync.ledger.queries import lists
from seatsync.ledger.queries.history import HistoryFilter
from seatsync.ledger.queries.institutions.administered import institutions_of
from seatsync.ledger.queries.line import line_lengths
from seatsync.ledger.queries.named import domains_of, members_named
from seatsync.ledger.queries.origins import LicenseOrigin, ends_of_seats
from seatsync.ledger.queries.outbox import outbox_letters
from seatsync.ledger.queries.outlook.invitations import Invitations, answers, unreached, with_letters
from seatsync.ledger.read import read_snapshot
from seatsync.portal.accounts.return_to import signed_in
from seatsync.portal.accounts.sessions import signed_in_visitor
from seatsync.portal.admin.access import for_administrator, pages
from seatsync.portal.admin.edits import edits_of_file
from seatsync.portal.admin.exports import licenses_csv, members_csv
from seatsync.portal.admin.journal import JournalPage, journal
from seatsync.portal.admin.labels import ACTIONS, LETTER_STATES, LETTERS, PERSON, PROGRESS, TERMS
from seatsync.portal.admin.list_pages import LICENSES, MEMBERS, list_page
from seatsync.portal.admin.no_access import without_access
from seatsync.portal.admin.over_time import full, outlooks_of, over_time
from seatsync.portal.admin.query_string import NAMES, SEVERAL, filters_of, query_of
from seatsync.portal.admin.remembered import remembered
from seatsync.portal.admin.select import MOST_ROWS, MOST_SHOWN, select_by_csv
from seatsync.portal.admin.source_links import source_link
from seatsync.portal.admin.waiting import waiting
from seatsync.portal.admin.year import ahead
from seatsync.portal.web.errors import BadAddress
from seatsync.portal.web.site import PageResponse, site

_KEPT_PARAMETERS = (*NAMES, *SEVERAL, "sort", "what", "member", "commit", "since", "until")
"""The parameters that links on a page keep. No others may get into a link, because ``url_for`` has parameters of its own."""

MOST_ENDS = 4
"""Last days of seats that the overview shows of each library at most, soonest first."""


@pages.get("/")
@signed_in
def institutions() -> PageResponse:
    """List the visitor's institutions; show the only one at once."""
    with site().reading() as connection:
        found = institutions_of(connection, signed_in_visitor().email)
    if len(found) == 1:
        return redirect(url_for("admin.overview", institution=found[0].id))
    return render_template("admin/institutions.html", institutions=found)


@pages.get("/<institution>/")
@signed_in
def overview(institution: str) -> str:
    """Show what waits, the claim page, the libraries' seats, which of them end, how far invitations have come, and who is responsible."""
    with for_administrator(institution) as (here, connection):
        books = read_snapshot(connection, institution, ())
        today = site().today(here.timezone)
        outlooks = outlooks_of(connection, institution, books, today)
        year = ahead(connection, institution, books, today)
        answered = remembered().answer(institution, books, "answers", lambda: answers(connection, institution))
        failed = unreached(connection, institution)
        invited = with_letters(connection, institution, answered, failed)
        waits, in_line = waiting(connection, institution, failed), line_lengths(connection, institution)
    shown = {
        "claim_url": _claim_url(institution),
        "waits": waits,
        "titles": {id: library.title for id, library in books.libraries.items()},
        "in_line": in_line,
        "ends": {id: one.ends[:MOST_ENDS] for id, one in outlooks.items()},
        "full": {id: full(one, today) for id, one in outlooks.items()},
        "year": year,
        "invited": {id: invited.get(id, Invitations()) for id in books.libraries},
    }
    return render_template("admin/overview.html", here=here, books=books, **shown)


@pages.get("/<institution>/libraries")
@signed_in
def libraries(institution: str) -> str:
    """List the libraries with their seats."""
    with for_administrator(institution) as (here, connection):
        books = read_snapshot(connection, institution, ())
        today = site().today(here.timezone)
        outlooks = outlooks_of(connection, institution, books, today)
        year = ahead(connection, institution, books, today)
    shown = {
        "ends": {id: one.ends for id, one in outlooks.items()},
        "full": {id: full(one, today) for id, one in outlooks.items()},
        "year": year,
    }
    return render_template("admin/libraries.html", here=here, books=books, **shown)


@pages.get("/<institution>/over-time")
@signed_in
def seats_over_time(institution: str) -> str:
    """Show the libraries' seats as they were and will be."""
    with for_administrator(institution) as (here, connection):
        books = read_snapshot(connection, institution, ())
        today = site().today(here.timezone)
        outlooks = outlooks_of(connection, institution, books, today)
        year = ahead(connection, institution, books, today)
    found = {id: over_time(one, today, year) for id, one in outlooks.items()}
    return render_template("admin/over-time.html", here=here, books=books, over_time=found, year=year)


@pages.get("/<institution>/members")
@signed_in
def members(institution: str) -> str:
    """List the members in pages, with their licenses of all libraries or of one."""
    return list_page(institution, MEMBERS)


@pages.get("/<institution>/licenses")
@signed_in
def licenses(institution: str) -> str:
    """List the licenses in pages."""
    return list_page(institution, LICENSES)


@pages.get("/<institution>/members/<int:number>")
@signed_in
def member(institution: str, number: int) -> str:
    """Show a member: their licenses and where each comes from, why there is none or no use, their letters, and their journal."""
    with for_administrator(institution) as (here, connection):
        books = read_snapshot(connection, institution, [number])
        if number not in books.members:
            abort(404)
        (found,) = lists.read_members(connection, institution, [number])
        titles = {library.id: library.title for library in books.libraries.values()}
        past = _journal(connection, institution, HistoryFilter(members=[number]))
        ends = ends_of_seats(connection, institution, number, books.timezone)
        lacking = without_access(found, books, ends, site().today(here.timezone))
        letters = [*outbox_letters(connection, institution, to_member=number)][: -MOST_SHOWN - 1 : -1]
    shown = {
        "letters": letters,
        "letter_names": LETTERS,
        "letter_states": LETTER_STATES,
        "claim_url": _claim_url(institution),
        "can_claim": any(held.license.status == Status.UNCLAIMED and not held.at_vendor for held in found.held),
    }
    return render_template(
        "admin/member.html", here=here, one=found, lacking=lacking, titles=titles, page=past, **shown
    )


def _claim_url(institution: str) -> str:
    return f"{site().settings.url}/claim/{institution}"


def _journal(connection: Connection, institution: str, wanted: HistoryFilter) -> Any:
    last = read_snapshot(connection, institution, ()).serial
    return journal(connection, institution, wanted, last, _serial("before"), _serial("after"))


def _serial(name: str) -> int:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= MAX_NUMBER):
        raise BadAddress(name)
    return int(text or 0)


@pages.get("/<institution>/journal")
@signed_in
def history(institution: str) -> str:
    """Show the journal, newest first."""
    query = {
        name: clean(request.args.get(name, "")) for name in ("what", "library", "member", "commit", "since", "until")
    }
    days = {name: parse_day(query[name]) for name in ("since", "until")}
    wrong = [name for name, found in days.items() if query[name] and found is None]
    with for_administrator(institution) as (here, connection):
        wanted = HistoryFilter(
            members=members_named(connection, institution, query["member"]) if query["member"] else None,
            since=start_of(query["since"], here.timezone) if days["since"] else None,
            before=end_of(query["until"], here.timezone) if days["until"] else None,
            **{name: query[name] or None for name in ("what", "library", "commit")},
        )
        titles = {library.id: library.title for library, _ in lists.libraries_of(connection, institution)}
        page = JournalPage((), 0, 0, 0) if wrong else _journal(connection, institution, wanted)
    shown = {"query": query, "titles": titles, "actions": ACTIONS, "wrong": wrong}
    return render_template("admin/journal.html", here=here, page=page, **shown)


@pages.route("/<institution>/select", methods=["GET", "POST"])
@signed_in
def select(institution: str) -> str | Response:
    """ "Select by CSV": show or export the members that a file lists."""
    with for_administrator(institution) as (here, connection):
        libraries = [library for library, _ in lists.libraries_of(connection, institution)]
        titles = {library.id: library.title for library in libraries}
        shown: dict[str, Any] = {
            "here": here,
            "titles": titles,
            "most": MOST_SHOWN,
            "most_rows": format_decimal(MOST_ROWS),
        }
        if request.method == "GET":
            return render_template("admin/select.html", **shown)
        filters = filters_of(request.form, [*titles], "on")
        file = request.files.get("file")
        if file is None or not file.filename:
            return render_template("admin/select.html", is_missing=True, **shown)
        name = clean(file.filename)[:200]
        books = read_snapshot(connection, institution, ())

        def domains() -> list[str]:
            return remembered().answer(institution, books, "domains", lambda: domains_of(connection, institution))

        selected = select_by_csv(connection, institution, file.read(), name, domains)
        if "export" in request.form and not selected.diagnostics and selected.numbers:
            chosen = "".join(members_csv(connection, institution, filters, libraries, selected.numbers))
            return _as_csv(iter([chosen]), f"{institution}-selection")
        found = lists.read_members(connection, institution, selected.numbers[:MOST_SHOWN], filters.library)
    of_filter = [library for library in libraries if filters.library in ("", library.id)]
    edits = edits_of_file(name, of_filter) if selected.numbers else None
    return render_template(
        "admin/select.html", selected=selected, rows=found, filters=filters, name=name, edits=edits, **shown
    )


@pages.get("/<institution>/members.csv")
@signed_in
def members_export(institution: str) -> Response:
    """Export the members that match the filters."""
    return _export(institution, "members", members_csv, USERS)


@pages.get("/<institution>/licenses.csv")
@signed_in
def licenses_export(institution: str) -> Response:
    """Export the licenses that match the filters."""
    return _export(institution, "licenses", licenses_csv, LICENSES.roster)


def _export(institution: str, name: str, write: Callable[..., Iterator[str]], roster: str) -> Response:
    def libraries(connection: Connection) -> list[Library]:
        return [library for library, _ in lists.libraries_of(connection, institution)]

    with for_administrator(institution) as (_, connection):  # report a bad filter before the first row is sent
        ids = [library.id for library in libraries(connection)]
        filters = filters_of(request.args, ids, roster)

    def rows() -> Iterator[str]:
        with for_administrator(institution) as (_, connection):
            yield from write(connection, institution, filters, libraries(connection))

    account, limits = signed_in_visitor().id, site().limits
    limits.begin_export(account)
    answer = _as_csv(stream_with_context(rows()), f"{institution}-{name}")
    answer.call_on_close(lambda: limits.end_export(account))
    return answer


def _as_csv(rows: Iterator[str], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(rows, mimetype="text/csv", headers=headers)


@pages.app_context_processor
def _for_templates() -> dict[str, Any]:
    def source(institution: str, origin: LicenseOrigin) -> str:
        return source_link(site().settings.source_url, institution, origin)

    def here_with(**changed: Any) -> str:
        """Return this page's address with some parameters changed, or removed (None)."""
        current = {name: request.args.getlist(name) for name in _KEPT_PARAMETERS if name in request.args}
        parameters = {name: value for name, value in {**current, **changed}.items() if value is not None}
        return url_for(str(request.endpoint), **{**parameters, **(request.view_args or {})})

    words = {
        "terms": TERMS,
        "progress": PROGRESS,
        "person": PERSON,
        "actions": ACTIONS,
        "tags_with_day": tags_with_day,
    }
    return {"source": source, "here_with": here_with, "query_of": query_of, **words}
