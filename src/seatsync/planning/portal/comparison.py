"""Compare a portal's export with the ledger: the one comparison of `drift`, `import` and `exports:`.

What is in the export is a fact. Who is missing in it changes no license: it may only tick off what was to be taken away there,
and put a grant that nobody has claimed back on the work list, and only if the export is whole (``trust``). A file of
`seatsync export` is what the ledger wanted, so it says nothing of what was done in a portal. Once a later export has been read, only
what nobody can take back is taken from an older one, and no difference is told.
"""

from __future__ import annotations

from seatsync.domain.license import ABSENT, Kind, License
from seatsync.domain.portal.at_vendor import is_stand_in
from seatsync.domain.portal.export import NOTHING, Export, Holding
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.portal.found import NOTHING_CHANGED, Changed, Comparison, Difference, Differs, Stranger
from seatsync.planning.portal.licenses import Outcome, contradiction, lasting, observed
from seatsync.planning.portal.look import Look
from seatsync.planning.portal.trust import judge
from seatsync.planning.portal.users import compare_users


def compare(export: Export, books: Snapshot, changed: Changed = NOTHING_CHANGED) -> Comparison:
    """Compare an export with the ledger, or with what a plan will leave. Neither is changed.

    The snapshot must have all members. Somebody on the rosters whom the ledger does not know yet is found only if their
    `member-add` has been posted to ``books``.
    """
    look = Look(export, books, changed)
    judge(look)
    for library in look.libraries:
        _compare_licenses(look, library)
    if not look.is_old:
        compare_users(look)
        _name_the_unsure(look)
        _name_strangers(look)
    return look.found


def _compare_licenses(look: Look, library: str) -> None:
    """Compare the licenses of a library: of those in the export, then of those missing in it."""
    held, shown = look.books.licenses.get(library, {}), look.export.holdings.get(library)
    if shown is not None:
        for number, position in look.rows.items():
            there, old = shown.get(look.export.members[position].key, NOTHING), held.get(number, ABSENT)
            if (old.there or there != old[:2]) and not look.says_nothing(library, number):
                _compare_listed(look, library, number, old, there)
    for number, old in look.held(library):
        if (old.active or old.there) and number not in look.rows and not look.is_outdated(library):
            _compare_missing(look, library, number, old)


def _compare_listed(look: Look, library: str, number: int, old: License, there: Holding) -> None:
    if look.export.is_ours:
        old = old._replace(there="")
    now = Outcome(old.kind, old.status, old.there)
    if library not in look.wrong:
        now = _observed(look, library, number, old, there)
    if not look.is_outdated(library) and (what := contradiction(now, there)):
        look.differ(what, library, number, now[:2], there)


def _compare_missing(look: Look, library: str, number: int, old: License) -> None:
    """Compare the license of somebody who is not in the export: they have nothing there, if the export is whole."""
    now = Outcome(old.kind, old.status, old.there)
    if look.is_whole and library not in look.wrong:
        now = _observed(look, library, number, old, NOTHING)
    if contradiction(now, NOTHING) or (look.export.is_ours and old.active):
        look.differ(Differs.MISSING, library, number, now[:2], NOTHING)


def _observed(look: Look, library: str, number: int, old: License, there: Holding) -> Outcome:
    known = look.books.libraries.get(library)
    at_vendor = known is not None and known.is_at_vendor and not look.export.is_ours
    now = observed(old, there, at_vendor, look.books.members[number].on_roster)
    if look.is_outdated(library):
        now = lasting(old, now, there)
    look.move_license(library, number, now)
    return now


def _name_the_unsure(look: Look) -> None:
    """Name the people who may be somebody else than the ledger's record."""
    for person, record in look.found.unsure:
        look.found.differences.append(Difference(Differs.UNSURE, "", record, person.email, person.line))


def _name_strangers(look: Look) -> None:
    """Name the people whom the ledger does not know, with what they hold there.

    Under the e-mail or the id of somebody on the rosters, whom another row has, nobody is new.
    """
    export, found = look.export, look.found
    unsure = {one.person.key for one in found.unsure}
    unknown = [person for person, number in zip(export.members, found.numbers, strict=True) if not number]
    names = _names_on_rosters(look.books) if unknown else {}
    for person in unknown:
        if person.key in unsure:
            continue
        if is_stand_in(person.key):
            found.differences.append(Difference(Differs.CORRECTING, "", 0, person.email, person.line))
            continue
        if record := names.get(person.key) or names.get(person.student_id):
            found.differences.append(Difference(Differs.UNSURE, "", record, person.email, person.line))
            continue
        shown = {library: held.get(person.key, NOTHING) for library, held in export.holdings.items()}
        found.strangers.append(Stranger(person, shown))
        holds = [(library, there) for library, there in shown.items() if there[0] is not Kind.NONE]
        for library, there in holds or [("", NOTHING)]:
            difference = Difference(Differs.UNKNOWN, library, 0, person.email, person.line, there=there)
            found.differences.append(difference)


def _names_on_rosters(books: Snapshot) -> dict[str, int]:
    """The members on the rosters by e-mail key and by student id."""
    on_rosters = [(number, member) for number, member in books.members.items() if member.on_roster]
    ids = {member.student_id: number for number, member in on_rosters if member.student_id}
    return ids | {member.key: number for number, member in on_rosters}
