"""Why somebody on a roster loses a seat, and where in the files that is."""

from __future__ import annotations

from seatsync.domain.calendar.freezes import hold_on
from seatsync.domain.license import License
from seatsync.domain.origin import Origin
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_id
from seatsync.planning.draft import Draft
from seatsync.planning.reasons.words import DROPPED


class Lost:
    """The reasons of one library."""

    def __init__(self, draft: Draft, library: str) -> None:
        self.draft = draft
        self.is_dropped = library not in draft.desired.libraries
        self.ended = draft.entitlements.ended.get(library, {})
        self.emails: dict[str, Origin] = {}
        self.ids: dict[str, Origin] = {}
        for rule, people in draft.entitlements.unknown_members.items():
            for one in people if rule.library == library else ():
                self.emails |= {email_key(one.email): one.origin(rule)} if one.email else {}
                self.ids |= {one.student_id: one.origin(rule)} if one.student_id else {}
        self.reaching_nobody = [
            rule
            for rule in draft.desired.grants
            if rule.library == library
            and not draft.entitlements.reach.get(rule, 1)
            and not rule.expired(draft.today)
            and not rule.begins_after(draft.today)
        ]

    def why(self, license: License, position: int, record: int) -> tuple[str, Origin]:
        """The reason in words, and its place."""
        desired = self.draft.desired
        if desired.institution.is_over(self.draft.today):
            return f"The institution ended on {desired.institution.retire}", desired.place("institution", "retire")
        if (ended := self.ended.get(position)) is not None:
            what, was = ended.ends_with or "the grant", f" (was: {license.until or 'no end'})"
            if hold_on(desired.institution.freezes, license.until) is not None:
                was = ""
            return f"The end date of {what}, {ended.until}, has passed{was}", ended.origin
        if self.is_dropped:
            return DROPPED, desired.place("libraries")
        return self._no_longer_granted(license, record)

    def _no_longer_granted(self, license: License, record: int) -> tuple[str, Origin]:
        """A grant that names who the member was before is the cause. One that reaches nobody may be, often by a typo: it is told if
        no other could be."""
        before = self.draft.snapshot.members.get(record)
        reason = "No longer granted"
        if before is not None and before.key in self.emails:
            return f"{reason}; a grant names the old e-mail {before.email}", self.emails[before.key]
        if before is not None and (id := plain_id(before.student_id)) in self.ids:
            return f"{reason}; a grant names the old student id {id}", self.ids[id]
        possible = [rule for rule in self.reaching_nobody if rule.kind is license.kind]
        if len(possible) == 1:
            return f"{reason}; the grant at {possible[0].origin} reaches nobody", possible[0].origin
        return reason, self.draft.desired.place("grants")
