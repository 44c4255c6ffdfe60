"""What to do about each difference between a portal and the ledger, as commands to the reader."""

from __future__ import annotations

from typing import assert_never

from seatsync.domain.license import Kind
from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN
from seatsync.domain.portal.export import Holding
from seatsync.planning.portal.found import Differs, Seen

_LOOK = (
    "Look for them there first, by name and by ID: what is granted permanently a second time cannot be taken back. If they are "
    "there, correct their record to what stands here. If not, "
)


def to_do_if_seen(seen: Seen, is_lost: bool) -> str:
    """What to do about what the ledger can take. ``is_lost``: who owns a library is missing there."""
    match seen:
        case Seen.PERMANENT:
            return "Import the file. It cannot be taken back; grant it in the files as permanent."
        case Seen.GRANTED:
            return "Grant it in the files (an import does), or revoke it there."
        case Seen.CLAIMED | Seen.DECLINED:
            return "Import the file."
        case Seen.REVOKED:
            return "Import the file. End the grant in the files too, or the next plan grants it again."
        case Seen.UNDONE:
            do = "do it there (an import puts it on the work list again), or say when the file was taken."
            return _LOOK + do if is_lost else do[0].upper() + do[1:]
        case Seen.DONE | Seen.STEP | Seen.LISTED:
            return "Tick it off: `seatsync worklist done`, or an import."
        case _:
            assert_never(seen)


def to_do_about(what: Differs, here: Holding | None, there: Holding | None, has_stand_in: bool) -> str:
    """What to do about a contradiction. ``has_stand_in``: somebody else has the e-mail of who is missing there."""
    is_permanent = there is not None and there[0] is Kind.PERMANENT
    match what:
        case Differs.MISSING | Differs.NOT_THERE:
            is_owner = here is not None and here[0] is Kind.PERMANENT
            return _of_lost(what, is_owner, has_stand_in)
        case Differs.NOT_HERE if is_permanent:
            return "Grant it in the files as permanent, with `regrant: true`: it cannot be revoked there."
        case Differs.NOT_HERE:
            return "Revoke it there, or grant it in the files."
        case Differs.KIND if is_permanent:
            return "Grant it in the files as permanent: it cannot be revoked there."
        case Differs.KIND:
            return "Grant the permanent license there."
        case Differs.STATUS:
            return "Wait until the member claims it there, or send the invitation again there."
        case Differs.UNKNOWN if is_permanent:
            return "Put the person on a roster (an import does): the license cannot be revoked there."
        case _:
            return _of_person(what)


def _of_lost(what: Differs, is_owner: bool, has_stand_in: bool) -> str:
    """What to do about a seat that nobody sees there. What is owned may be there under other names."""
    if not is_owner:
        return "Grant it there again, or end the grant in the files."
    if what is Differs.NOT_THERE:
        return "Look first whether they are there twice and own it already. If not, grant the permanent license there."
    stand_in = f" Their e-mail is somebody else's now, so take the one that ends in {STAND_IN_DOMAIN}."
    return f"{_LOOK}add them so, and grant it unless they own it then.{stand_in if has_stand_in else ''}"


def _of_person(what: Differs) -> str:
    match what:
        case Differs.RECORD:
            return "Correct it there, or in the roster."
        case Differs.LEFT:
            return "Remove the person there, or put them on a roster."
        case Differs.CORRECTING:
            return "Finish the step edit of the work list there: it has the e-mail to type in. If it has none for them, type in their own."
        case Differs.UNSURE:
            return (
                "Find out who it is. If it is this member, correct the names and the ID there. If it is somebody else, correct the "
                "e-mail or the ID there to theirs."
            )
        case _:
            return "Put the person on a roster (an import does), or remove them there."
