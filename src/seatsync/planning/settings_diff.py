"""Differences in what stands in ``seatsync.yaml`` itself: institution, libraries, administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from seatsync.domain.action import Action
from seatsync.domain.desired import Desired
from seatsync.domain.library import Library
from seatsync.domain.people import Admin, Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.planning.change import Change


def institution_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """A new name, other contacts, opting out allowed or not. The institution itself comes with the first apply."""
    if not snapshot.serial or snapshot.institution is None or snapshot.institution.id != desired.institution.id:
        return
    before, after = _institution(snapshot.institution), _institution(desired.institution)
    if fields := [name for name in after if before[name] != after[name]]:
        yield _changed(Action.INSTITUTION_UPDATE, before, after, fields, desired, "institution")


def library_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """Libraries that are new, differ, or are gone."""
    for id, library in desired.libraries.items():
        old = snapshot.libraries.get(id)
        after = library_fields(library)
        if old is None:
            where = desired.place("libraries", id)
            yield Change(Action.LIBRARY_ADD, "is new in seatsync.yaml", where, library=id, after=after)
        elif old != library:
            before = library_fields(old)
            fields = [name for name in after if before[name] != after[name]]
            change = _changed(Action.LIBRARY_UPDATE, before, after, fields, desired, "libraries", id)
            yield change._replace(library=id)
    for id, old in snapshot.libraries.items():
        if id not in desired.libraries:
            where = desired.place("libraries")
            before = library_fields(old)
            yield Change(Action.LIBRARY_REMOVE, "is in seatsync.yaml no more", where, library=id, before=before)


def admin_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """Administrators are known by e-mail."""
    wanted = {email_key(admin.email): admin for admin in desired.admins}
    for key, admin in wanted.items():
        where = desired.place("admins", key)
        old = snapshot.admins.get(key)
        if old is None:
            yield Change(Action.ADMIN_ADD, "is new among the admins", where, after=asdict(admin))
        elif _names(old) != _names(admin):
            yield Change(
                Action.ADMIN_UPDATE,
                "is named otherwise than in the ledger",
                where,
                before=asdict(old),
                after=asdict(admin),
            )
    for key, admin in snapshot.admins.items():
        if key not in wanted:
            yield Change(
                Action.ADMIN_REMOVE, "is no longer among the admins", desired.place("admins"), before=asdict(admin)
            )


def library_fields(library: Library) -> dict[str, Any]:
    """A library as plans and the journal write it."""
    return {
        "title": library.title,
        "system": library.system,
        "kinds": [kind.value for kind in library.kinds],
        "delivery": library.delivery.value,
        "slots": library.slots,
    }


def _institution(institution: Institution) -> dict[str, Any]:
    fields = asdict(institution)
    return {"name": fields["name"], "contacts": list(fields["contacts"]), "opt_out": fields["opt_out"]}


def _names(admin: Admin) -> tuple[str, str]:
    return admin.given_name, admin.family_name


def _changed(
    action: Action, before: dict[str, Any], after: dict[str, Any], fields: list[str], desired: Desired, *place: str
) -> Change:
    old, new = ({name: values[name] for name in fields} for values in (before, after))
    return Change(action, "seatsync.yaml says otherwise than the ledger", desired.place(*place), before=old, after=new)
