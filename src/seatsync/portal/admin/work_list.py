"""The work list: what is to be done at the vendors, its files, and the click that takes it off the list.

That click is the one thing that the administrators' pages write. It changes no seat: it says what somebody has done in the
vendor's portal. A page names the journal entry that it was made from, so that nothing that came onto the list since is taken off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import format_decimal
from sqlalchemy import Connection
from werkzeug.exceptions import BadRequest

from seatsync.apply import at_vendor
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries.work import open_work
from seatsync.portal.accounts.forms import SureForm
from seatsync.portal.accounts.return_to import signed_in
from seatsync.portal.accounts.sessions import signed_in_visitor
from seatsync.portal.admin.access import for_administrator, pages
from seatsync.portal.web.errors import note_failure
from seatsync.portal.web.site import PageResponse, site
from seatsync.portal.web.translation import _
from seatsync.reports.worklist.bundle import bundle
from seatsync.reports.worklist.check_list import CheckList, Part, check_list
from seatsync.reports.worklist.edits import Edit
from seatsync.reports.worklist.html import html
from seatsync.reports.worklist.sheets import Sheet, edits_of, email_in, sheets

SHOWN = 50
"""People on a page of a step."""

_PRINTED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of the check list to print. Its own policy, inside it, allows only the style that it comes with."""


class Work(NamedTuple):
    """What is open: its files, what the check list says about each, and the ledger with the people."""

    books: Snapshot
    sheets: Sequence[Sheet]
    check_list: CheckList

    def named(self, step: str) -> tuple[Sheet, Part] | None:
        """The step with this name, or key, if it is open."""
        pairs = zip(self.sheets, self.check_list.parts, strict=True)
        return next((pair for pair in pairs if step in (pair[0].key, pair[0].step)), None)


def _work(connection: Connection, institution: str) -> Work:
    books, steps = open_work(connection, institution)
    found = sheets(steps, books)
    return Work(books, found, check_list(found, books, site().today(books.timezone), is_applied=True))


@pages.get("/<institution>/worklist")
@signed_in
def work_list(institution: str) -> str:
    """Show what is to be done at the vendors, step by step."""
    with for_administrator(institution) as (here, connection):
        work = _work(connection, institution)
    return render_template("admin/work-list.html", here=here, work=work)


@pages.route("/<institution>/worklist/step", methods=["GET", "POST"])
@signed_in
def work_step(institution: str) -> PageResponse:
    """Show the people of a step, and take them off the list."""
    with for_administrator(institution) as (here, connection):
        work = _work(connection, institution)
    found = work.named(request.values.get("step", ""))
    if found is None:
        return render_template("admin/work-list.html", here=here, work=work, is_closed="step" in request.values)
    sheet, part = found
    shown: dict[str, Any] = {"here": here, "work": work, "sheet": sheet, "part": part}
    if request.method == "GET":
        begin = max(0, min(_number(request.args.get("begin", "")), len(sheet.members) - 1)) // SHOWN * SHOWN
        rows = _rows(work.books, sheet, begin)
        return render_template("admin/work-step.html", rows=rows, begin=begin, most=SHOWN, **shown)
    chosen, serial = _chosen(sheet), _number(request.form.get("serial", ""))
    if not chosen:
        flash(_("Nobody was selected, so nothing was changed."))
        return redirect(url_for("admin.work_step", institution=institution, step=sheet.key))
    is_asked = "sure" in request.form or "asked" in request.form
    form = SureForm() if is_asked else SureForm(formdata=None)
    if part.is_irreversible and not (is_asked and form.validate_on_submit()):
        return render_template("admin/work-sure.html", form=form, chosen=chosen, serial=serial, **shown)
    return _mark(institution, sheet, part, chosen, serial)


def _rows(books: Snapshot, sheet: Sheet, begin: int) -> list[dict[str, Any]]:
    """The people on a page of a step, each with what is to be corrected."""
    edits: dict[str, list[Edit]] = {}
    for edit in edits_of(sheet, books.members):
        edits.setdefault(edit.member.email, []).append(edit)
    rows = []
    for number in sheet.members[begin : begin + SHOWN]:
        member = books.members[number]
        email = email_in(sheet, number, member)
        known = email if number in sheet.namesakes and not member.on_roster else member.email
        rows.append({"number": number, "member": member, "email": email, "edits": edits.get(known, ())})
    return rows


def _chosen(sheet: Sheet) -> Sequence[int]:
    """The members whom the form names: all of the step, or those who are selected."""
    if request.form.get("who") == "all":
        return sheet.members
    selected = {_number(text) for text in request.form.getlist("member")[: len(sheet.members)]}
    return [number for number in sheet.members if number in selected]


def _mark(institution: str, sheet: Sheet, part: Part, chosen: Sequence[int], serial: int) -> PageResponse:
    """Take these people off the step, and say what has become of it, and what is next."""
    here, who = site(), signed_in_visitor()
    name = StepName(sheet.task.name)
    steps = {Step(sheet.portal.name, name, sheet.library, number) for number in chosen}
    try:
        done = at_vendor.done(here.ledger, institution, steps, here.now(), who.email, as_of=serial)
    except LedgerError as error:
        note_failure(error)
        title = _("Nothing was marked as done")
        text = _(
            "Nothing can be saved right now: these pages may show a copy to look at only, or somebody else is saving. "
            "Nothing was changed. Try again later, or ask the person who runs these pages."
        )
        return render_template(
            "message.html",
            title=title,
            text=text,
            again=url_for("admin.work_list", institution=institution),
            label=_("Work list"),
        ), 503
    flash(_("Marked as done: %(step)s. People: %(count)s.", step=part.title, count=format_decimal(len(done))))
    if left := len(chosen) - len(done):
        text = _(
            "Not marked: %(count)s, because they were changed after you opened the page, or done before.",
            count=format_decimal(left),
        )
        flash(text)
    with for_administrator(institution) as (_here, connection):
        others = _work(connection, institution).check_list.parts
    for after in others[:1]:
        flash(_("Next: %(step)s. People: %(count)s.", step=after.title, count=format_decimal(after.people)))
    return redirect(url_for("admin.work_list", institution=institution))


@pages.get("/<institution>/worklist/file")
@signed_in
def work_file(institution: str) -> PageResponse:
    """Download the file of a step."""
    with for_administrator(institution) as (here, connection):
        work = _work(connection, institution)
    found = work.named(request.args.get("step", ""))
    if found is None or not found[0].path:
        return render_template("admin/work-list.html", here=here, work=work, is_closed="step" in request.args)
    headers = {"Content-Disposition": f'attachment; filename="{found[0].name}.csv"'}
    return Response(found[0].text, mimetype="text/csv", headers=headers)


@pages.get("/<institution>/worklist/check-list")
@signed_in
def work_check_list(institution: str) -> Response:
    """Show the check list to print."""
    with for_administrator(institution) as (_here, connection):
        work = _work(connection, institution)
    return Response(html(work.check_list), mimetype="text/html", headers={"Content-Security-Policy": _PRINTED})


@pages.get("/<institution>/worklist.zip")
@signed_in
def work_bundle(institution: str) -> Response:
    """Download all files of the work list, with the check list."""
    with for_administrator(institution) as (_here, connection):
        work = _work(connection, institution)
    on = site().today(work.books.timezone)
    files = bundle(work.sheets, work.books, institution, on)
    account, limits = signed_in_visitor().id, site().limits
    limits.begin_export(account)
    headers = {"Content-Disposition": f'attachment; filename="{institution}-worklist-{on}.zip"'}
    answer = Response(_zipped(f"{institution}-worklist", files), mimetype="application/zip", headers=headers)
    answer.call_on_close(lambda: limits.end_export(account))
    return answer


class _Chunks:
    """A file that can only be written; ``take`` returns what was written since the last time."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: whatever was written can be taken."""

    def close(self) -> None:
        """Do nothing."""

    def take(self) -> bytes:
        found, self._written = bytes(self._written), bytearray()
        return found


def _zipped(folder: str, files: Mapping[str, str]) -> Iterator[bytes]:
    """Yield a zip archive with these texts in a folder, a file at a time."""
    chunks = _Chunks()
    with ZipFile(chunks, "w", ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{folder}/{name}", text.encode())
            yield chunks.take()
    yield chunks.take()


def _number(text: str) -> int:
    """A number that a form or link of these pages sends; 0 if there is none.

    Raises:
        BadRequest: no page sends this.
    """
    if text and not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= MAX_NUMBER):
        raise BadRequest
    return int(text or 0)
