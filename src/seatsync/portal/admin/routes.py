"""The administrators' pages: one's institutions, to look at. What is to be changed is changed in the files.

Whose an institution is, is asked anew by every request; to all others its pages are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, stream_with_context, url_for
from flask_babel import format_decimal
from sqlalchemy import Connection

from seatsync.domain.fields import MOST
from seatsync.domain.filters import CHOICES
from seatsync.domain.text.characters import clean
from seatsync.ledger.queries import lists
from seatsync.ledger.queries.administered import Administered, administered, institutions_of
from seatsync.ledger.queries.history import Wanted
from seatsync.ledger.queries.lists import Turn
from seatsync.ledger.queries.origins import Asked
from seatsync.ledger.read import read_snapshot
from seatsync.portal.accounts.return_to import signed_in
from seatsync.portal.accounts.sessions import signed_in_visitor
from seatsync.portal.admin.exports import licenses_csv, members_csv
from seatsync.portal.admin.filters import NAMES, BadFilter, filters_of, query_of
from seatsync.portal.admin.journal import journal, who_is
from seatsync.portal.admin.labels import ACTIONS, PERSON, TERMS
from seatsync.portal.admin.select import MOST_ROWS, select_by_csv
from seatsync.portal.admin.source_links import source_link
from seatsync.portal.web.site import site
from seatsync.portal.web.translation import _

pages = Blueprint("admin", __name__, url_prefix="/admin")

_KEPT = (*NAMES, "tag", "sort", "what", "member", "commit")
"""What of an address stays when one turns a page. Nothing else of it gets into a link: ``url_for`` has parameters of its own."""

MOST_SHOWN = 100
"""Members of a selection, and lines that select nobody, that the page itself shows; the export has all members."""


@contextmanager
def _looking_into(institution: str) -> Iterator[tuple[Administered, Connection]]:
    """The ledger, for who looks after the institution; to others it is as if there were none."""
    who = signed_in_visitor()
    with site().reading() as connection:
        here = administered(connection, institution, who.email)
        if here is None:
            abort(404)
        yield here, connection


@pages.get("/")
@signed_in
def institutions() -> str:
    """Those that one looks after."""
    with site().reading() as connection:
        found = institutions_of(connection, signed_in_visitor().email)
    return render_template("admin/institutions.html", institutions=found)


@pages.get("/<institution>/")
@signed_in
def overview(institution: str) -> str:
    """Contacts, administrators, the claim URL, and how the libraries stand."""
    with _looking_into(institution) as (here, connection):
        books = read_snapshot(connection, institution, ())
    claim_url = f"{site().settings.url}/claim/{institution}"
    return render_template("admin/overview.html", here=here, books=books, claim_url=claim_url)


@pages.get("/<institution>/libraries")
@signed_in
def libraries(institution: str) -> str:
    """Every library with its slots."""
    with _looking_into(institution) as (here, connection):
        found = lists.libraries_of(connection, institution)
    return render_template("admin/libraries.html", here=here, libraries=found)


@pages.get("/<institution>/members")
@signed_in
def members(institution: str) -> str:
    """The members, a page at a time; of one library with the licenses of that."""
    return _listed(institution, "members", lists.members, lists.MEMBER_SORTS)


@pages.get("/<institution>/licenses")
@signed_in
def licenses(institution: str) -> str:
    """The licenses, a page at a time."""
    return _listed(institution, "licenses", lists.licenses, lists.LICENSE_SORTS)


_ROSTER = {"members": "on", "licenses": "any"}
"""Who is listed unless the address says so: a license may be owned by who has left."""


def _listed(institution: str, name: str, read: Callable[..., Any], sorts: tuple[str, ...]) -> str:
    with _looking_into(institution) as (here, connection):
        known = dict(lists.libraries_of(connection, institution))
        titles = {library.id: library.title for library in known}
        filters = filters_of(request.args, [*titles], _ROSTER[name])
        given = {name: request.args[name] for name in ("sort", "after", "before") if request.args.get(name)}
        turn = Turn(**given)
        try:
            page = read(connection, institution, filters, turn, [*titles])
        except lists.NoSuchPage as error:
            raise BadFilter(str(error)) from error
    chosen = next(((library, slots) for library, slots in known.items() if library.id == filters.library), None)
    words = {name: {word: TERMS[word] for word in choices} for name, choices in CHOICES.items()}
    ways = {sort: TERMS[sort] for sort in sorts}
    ways |= {f"-{sort}": _("%(by)s, backwards", by=TERMS[sort]) for sort in sorts}
    shown = {"titles": titles, "filters": filters, "words": words, "turn": turn, "sorts": ways, "chosen": chosen}
    return render_template(f"admin/{name}.html", here=here, page=page, list=name, **shown)


@pages.get("/<institution>/members/<int:number>")
@signed_in
def member(institution: str, number: int) -> str:
    """One member: what they hold, which line of which file asks for it, and what happened."""
    with _looking_into(institution) as (here, connection):
        if number not in read_snapshot(connection, institution, [number]).members:
            abort(404)
        (found,) = lists.read_members(connection, institution, [number])
        titles = {library.id: library.title for library, _ in lists.libraries_of(connection, institution)}
        past = _journal(connection, institution, Wanted(members=[number]))
    return render_template("admin/member.html", here=here, one=found, titles=titles, page=past)


def _journal(connection: Connection, institution: str, wanted: Wanted) -> Any:
    last = read_snapshot(connection, institution, ()).serial
    return journal(connection, institution, wanted, last, _serial("before"), _serial("after"))


def _serial(name: str) -> int:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= MOST):
        raise BadFilter(name)
    return int(text or 0)


@pages.get("/<institution>/journal")
@signed_in
def history(institution: str) -> str:
    """What happened, newest first."""
    asked = {name: clean(request.args.get(name, "")) for name in ("what", "library", "member", "commit")}
    with _looking_into(institution) as (here, connection):
        wanted = Wanted(
            members=who_is(connection, institution, asked["member"]),
            **{name: asked[name] or None for name in ("what", "library", "commit")},
        )
        titles = {library.id: library.title for library, _ in lists.libraries_of(connection, institution)}
        page = _journal(connection, institution, wanted)
    return render_template("admin/journal.html", here=here, page=page, asked=asked, titles=titles, actions=ACTIONS)


@pages.route("/<institution>/select", methods=["GET", "POST"])
@signed_in
def select(institution: str) -> str | Response:
    """ "Select by CSV": whom a file lists, to be looked at or exported."""
    with _looking_into(institution) as (here, connection):
        titles = {library.id: library.title for library, _ in lists.libraries_of(connection, institution)}
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
        selected = select_by_csv(connection, institution, file.read(), name)
        if "export" in request.form and not selected.found and selected.numbers:
            chosen = "".join(members_csv(connection, institution, filters, [*titles], selected.numbers))
            return _as_csv(iter([chosen]), f"{institution}-selection")
        found = lists.read_members(connection, institution, selected.numbers[:MOST_SHOWN], filters.library)
    return render_template("admin/select.html", selected=selected, rows=found, filters=filters, name=name, **shown)


@pages.get("/<institution>/members.csv")
@signed_in
def members_export(institution: str) -> Response:
    """ "Export user data": all members to whom the filters apply."""
    return _exported(institution, "members", members_csv)


@pages.get("/<institution>/licenses.csv")
@signed_in
def licenses_export(institution: str) -> Response:
    """All licenses to which the filters apply."""
    return _exported(institution, "licenses", licenses_csv)


def _exported(institution: str, name: str, write: Callable[..., Iterator[str]]) -> Response:
    def known(connection: Connection) -> list[str]:
        return [library.id for library, _ in lists.libraries_of(connection, institution)]

    with _looking_into(institution) as (_, connection):  # what is wrong is to be told before the first row
        filters = filters_of(request.args, known(connection), _ROSTER[name])

    def rows() -> Iterator[str]:
        with _looking_into(institution) as (_, connection):
            yield from write(connection, institution, filters, known(connection))

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
    def source(institution: str, asked: Asked) -> str:
        return source_link(site().settings.source_url, institution, asked)

    def here_with(**changed: Any) -> str:
        """The address of this page with some parameters changed, or taken away (None)."""
        given = {name: request.args.getlist(name) for name in _KEPT if name in request.args}
        asked = {name: value for name, value in {**given, **changed}.items() if value is not None}
        return url_for(str(request.endpoint), **{**asked, **(request.view_args or {})})

    words = {"terms": TERMS, "person": PERSON, "actions": ACTIONS, "member_sorts": lists.MEMBER_SORTS}
    return {"source": source, "here_with": here_with, "query_of": query_of, **words}
