"""Compare the settings of ``seatsync.yaml``: institution, libraries, administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from seatsync.domain.action import Action
from seatsync.domain.desired import Desired
from seatsync.domain.institution import PERSONAL, Admin, Institution
from seatsync.domain.library import Library
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.planning.change import Change


def institution_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """The change of the institution's own settings, if any. The first apply adds the institution itself."""
    known = snapshot.institution
    if not snapshot.serial or known is None or known.id not in (desired.institution.id, desired.was):
        return
    before, after = _institution(known), _institution(desired.institution)
    if fields := [name for name in after if before[name] != after[name]]:
        if {*PERSONAL} & {*fields} and (before["help"] or after["help"]):  # an erased event takes nothing from another
            fields += [name for name in PERSONAL if name not in fields]
        change = _changed(Action.INSTITUTION_UPDATE, before, after, fields, desired, "institution", fields[0])
        new_id = f"{known.id} becomes {after['id']} in the ledger, with its members, licenses and journal"
        yield change._replace(reason=new_id) if "id" in fields else change


def library_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """Libraries added, changed or removed."""
    for id, library in desired.libraries.items():
        old = snapshot.libraries.get(id)
        if old is None:
            where = desired.place("libraries", id)
            yield Change(Action.LIBRARY_ADD, "New in seatsync.yaml", where, library=id, after=_added(library))
        elif old != library:
            before, after = library_fields(old), library_fields(library)
            fields = [name for name in after if before[name] != after[name]]
            change = _changed(Action.LIBRARY_UPDATE, before, after, fields, desired, "libraries", id)
            reason = "By the dates of its purchases" if fields == ["slots"] and library.purchases else change.reason
            yield change._replace(library=id, reason=reason)
    for id, old in snapshot.libraries.items():
        if id not in desired.libraries:
            where = desired.place("libraries")
            before = _added(old)
            yield Change(Action.LIBRARY_REMOVE, "No longer in seatsync.yaml", where, library=id, before=before)


def admin_changes(desired: Desired, snapshot: Snapshot) -> Iterator[Change]:
    """Administrators added, changed or removed. They are matched by e-mail."""
    admins = {email_key(admin.email): admin for admin in desired.admins}
    for key, admin in admins.items():
        where = desired.place("admins", key)
        old = snapshot.admins.get(key)
        if old is None:
            yield Change(Action.ADMIN_ADD, "New administrator", where, after=_admin(admin))
        elif _beside_email(old) != _beside_email(admin):
            what = "Name changed" if _beside_email(old)[:2] != _beside_email(admin)[:2] else "Changed"
            is_briefed = old.briefed and admin.briefed
            before, after = _admin(old, is_briefed), _admin(admin, is_briefed)
            yield Change(Action.ADMIN_UPDATE, f"{what} in seatsync.yaml", where, before=before, after=after)
    for key, admin in snapshot.admins.items():
        if key not in admins:
            yield Change(
                Action.ADMIN_REMOVE, "No longer an administrator", desired.place("admins"), before=_admin(admin)
            )


def library_fields(library: Library) -> dict[str, Any]:
    """The library's fields, as plans and the journal write them."""
    return {
        "title": library.title,
        "system": library.system,
        "kinds": [kind.value for kind in library.kinds],
        "delivery": library.delivery.value,
        "slots": library.slots,
        "purchases": [one.as_dict() for one in library.purchases],
        "sends_letters": library.sends_letters,
        "delivered_by": str(library.delivered_by),
        "claim_url": library.claim_url,
        "open_url": library.open_url,
        "about": library.about,
        "warn_below": library.warn_below,
    }


def _added(library: Library) -> dict[str, Any]:
    """The library's fields when it is added or removed. Journals of before lack some fields, so these stand only where they
    differ from what they were then."""
    return {name: value for name, value in library_fields(library).items() if value != _ONCE.get(name)}


_ONCE = {
    "sends_letters": True,
    "delivered_by": "seatsync",
    "claim_url": "",
    "open_url": "",
    "about": "",
    "purchases": [],
    "warn_below": 0,
}


def _institution(institution: Institution) -> dict[str, Any]:
    fields = asdict(institution)
    known = (
        "id",
        "name",
        "contacts",
        "opt_out",
        "opt_out_until",
        "timezone",
        "retire",
        "help",
        "language",
        "color",
        "logo",
        "reclaim_after",
        "briefing",
        "freezes",
    )
    fields["freezes"] = [one.as_dict() for one in institution.freezes]
    return {name: list(fields[name]) if name == "contacts" else fields[name] for name in known}


def _admin(admin: Admin, is_briefed: bool | None = None) -> dict[str, Any]:
    """An administrator's fields; whether they are briefed only where it is told (False), or where they are not."""
    fields = asdict(admin)
    if admin.briefed if is_briefed is None else is_briefed:
        del fields["briefed"]
    return fields


def _beside_email(admin: Admin) -> tuple[str, str, bool]:
    return admin.given_name, admin.family_name, admin.briefed


def _changed(
    action: Action, before: dict[str, Any], after: dict[str, Any], fields: list[str], desired: Desired, *place: str
) -> Change:
    old, new = ({name: values[name] for name in fields} for values in (before, after))
    return Change(action, "Changed in seatsync.yaml", desired.place(*place), before=old, after=new)
