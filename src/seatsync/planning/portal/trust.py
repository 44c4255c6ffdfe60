"""Judge whether an export is whole: a filtered list, or one about another library, must not turn into many changes.

Nothing in a file says that it is whole. What the ledger knows of the portal does: of those who have a seat there, no more may be
missing than a plan may revoke without an approval.
"""

from __future__ import annotations

from seatsync.domain.desired import Limits
from seatsync.domain.portal.export import NOTHING
from seatsync.planning.portal.found import Unbelieved
from seatsync.planning.portal.licenses import is_held_there
from seatsync.planning.portal.look import Look


def judge(look: Look) -> None:
    """Judge whether who is missing in the list has nothing there, and which libraries' columns are about others.

    A file that says nothing of licenses is never whole: a portal's export does, and a file of the bundle looks like this.
    """
    if look.export.is_ours:
        return
    expected = {number for id in look.libraries for number, license in look.held(id) if is_held_there(license)}
    lacking = len(expected - look.rows.keys())
    doubt = Unbelieved("", lacking, len(expected))
    is_believed = not doubt.is_of_others and not _is_too_much(lacking, len(expected))
    look.is_whole = bool(look.export.holdings and look.export.members) and (is_believed or not expected)
    if expected and not (is_believed and look.export.members):
        look.found.unbelieved.append(doubt)
    for library in look.export.holdings:
        _judge_library(look, library)


def _judge_library(look: Look, library: str) -> None:
    """Take nothing of a library whose column says "none" for too many who have it, or whose list has too many who do not."""
    held = [number for number, license in look.held(library) if is_held_there(license)]
    if look.export.lists_holders and not look.is_whole:
        known = look.books.licenses.get(library, {})
        lacking = sum(number not in known for number in look.rows)
    else:
        lacking = sum(look.shown(library, number) == NOTHING for number in held if number in look.rows)
    if held and _is_too_much(lacking, len(held)):
        look.wrong.add(library)
        look.found.unbelieved.append(Unbelieved(library, lacking, len(held)))


def _is_too_much(lacking: int, expected: int) -> bool:
    """Whether it is more than 10 % of what is expected, and more than 5: by default the limit of revokes."""
    return lacking > Limits().revokes(expected)
