"""Warn of what exports from the vendor's portal show otherwise, and tell what follows from what they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.license import Status
from seatsync.planning.portal.found import Differs
from seatsync.refusals.case import Case, by_rule

_WORDS: Mapping[Differs, tuple[str, str]] = {
    Differs.MISSING: ("person holds a seat here and is missing there", "people hold a seat here and are missing there"),
    Differs.NOT_THERE: ("person holds a seat here and none there", "people hold a seat here and none there"),
    Differs.NOT_HERE: ("person holds a seat there and none here", "people hold a seat there and none here"),
    Differs.KIND: ("license is of another kind there", "licenses are of another kind there"),
    Differs.STATUS: ("license has another status there", "licenses have another status there"),
    Differs.RECORD: ("record has another e-mail, name or id there", "records have another e-mail, name or id there"),
    Differs.LEFT: ("person there is on no roster any more", "people there are on no roster any more"),
    Differs.UNKNOWN: ("person there is on no roster", "people there are on no roster"),
    Differs.CORRECTING: ("person there is being corrected", "people there are being corrected"),
    Differs.UNSURE: ("person there may be somebody else", "people there may be somebody else"),
}


def drift(case: Case) -> Iterator[Diagnostic]:
    """Warn once for each export that shows something otherwise that the plan does not take."""
    for export, found in case.draft.read:
        counts = Counter(one.what for one in found.differences)
        if counts:
            told = ", ".join(counted(counts[what], *_WORDS[what]) for what in Differs if counts[what])
            members = [*dict.fromkeys(one.email for one in found.differences)]
            message = f"{export.path} shows what this plan does not take: {told}: {named(members)}."
            library = f" --library {export.library}" if export.library else ""
            help = (
                "Correct it in the portal or in the files; the report lists each under Drift. "
                "`seatsync drift --exports` shows what is left."
            )
            if counts[Differs.UNKNOWN]:
                take = f"seatsync import {export.path}{library} --files-only"
                help += f" To take the people who are on no roster into the files: `{take}`."
            yield Diagnostic("drift", message, help, export.origin, Severity.WARNING, export.library or None, members)


def not_believed(case: Case) -> Iterator[Diagnostic]:
    """Warn of an export in which so many are missing that nothing follows from it."""
    for export, found in case.draft.read:
        for library, lacking, expected in found.unbelieved:
            of = f" of {case.title(library)}" if library else ""
            what = "hold nothing there" if library else "are not in it"
            message = (
                f"{lacking:,} of {counted(expected, 'person', 'people')} who should be in {export.path}{of} {what}. "
                f"So nothing is taken from who is missing{of}."
            )
            help = "Export all users from the portal, without a filter, and commit that file."
            yield Diagnostic("export-not-believed", message, help, export.origin, Severity.WARNING, library or None)


def overtaken(case: Case) -> Iterator[Diagnostic]:
    """Tell of exports of whose libraries a newer one has been read, by an import or an apply."""
    for export, found in case.draft.read:
        if found.later:
            message = (
                f"{export.path} was taken before an export that has been read ({found.later}). Of the same libraries, only what "
                "nobody can take back is taken from it: claimed, declined and permanent seats. Its other differences are not told."
            )
            help = "Nothing to do, if `taken` is right. Else write when the file was downloaded."
            library = export.library or None
            yield Diagnostic("export-overtaken", message, help, export.origin, Severity.NOTICE, library)


def granted_again(case: Case) -> Iterator[Diagnostic]:
    """Tell whose seats were revoked in the portal, although the files still grant them."""
    for (action, library), changes in case.draft.groups.items():
        if action is not Action.OBSERVE:
            continue
        revoked = {change.member for change in changes if change.status == Status.REVOKED}
        again = [change for change in case.of(Action.GRANT, library) if change.member in revoked]
        if again:
            members = [change.member for change in again]
            message = (
                f"{counted(len(members), 'seat')} of {case.title(library)} {'was' if len(members) == 1 else 'were'} revoked "
                f"at the vendor, and the files still grant {'it' if len(members) == 1 else 'them'}: granted again to {named(members)}."
            )
            help = "If they are to stay revoked, take these members out of the grant."
            yield Diagnostic("granted-again", message, help, again[0].origin, Severity.NOTICE, library, members)


def by_hand(case: Case) -> Iterator[Diagnostic]:
    """Tell which permanent licenses were given in the portal although the files ask for less. They are kept."""
    for library, rule, members in by_rule(case.draft.by_hand):
        asked = "a temporary one" if rule is not None else "none"
        message = (
            f"{counted(len(members), 'permanent license')} of {case.title(library)} {'was' if len(members) == 1 else 'were'} "
            f"given at the vendor by hand, and {'is' if len(members) == 1 else 'are'} kept; the files ask for {asked}: {named(members)}."
        )
        help = "Nothing to do. To show it in the files, add a grant with `kind: permanent` for them."
        where = rule.origin if rule is not None else case.desired.place("grants")
        yield Diagnostic("permanent-by-hand", message, help, where, Severity.NOTICE, library, members)
