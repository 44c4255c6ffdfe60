"""Compare the licenses of one library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import REMIND, Hold, hold_on
from seatsync.domain.desired import Grant
from seatsync.domain.library import DEFAULT_DELIVERY
from seatsync.domain.license import ABSENT, NEVER, Kind, License, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.waiting import reminders_due
from seatsync.planning.change import Change
from seatsync.planning.dates.begun import Begun
from seatsync.planning.dates.coming import begins_next, next_grants
from seatsync.planning.draft import Draft, KeptLicense, is_corrected, signs_in
from seatsync.planning.due import away, since
from seatsync.planning.reasons.ends import why_ended, why_granted, why_kept
from seatsync.planning.reasons.lost import Lost
from seatsync.planning.reasons.words import AT_ONCE, CORRECTED, DROPPED, LEFT, REDELIVERED, WANTED, reason_of

_NEW_ADDRESS = {"new_address": True}


class LicenseDiff:
    """Walk the members of one library: first those on the rosters, in the order of the files, then those who leave."""

    def __init__(self, draft: Draft, library: str) -> None:
        self.draft = draft
        self.library = library
        self.dropped = library not in draft.desired.libraries
        self.held = draft.licenses.get(library, {})
        self.wanted: Mapping[int, Grant] = draft.entitlements.wanted.get(library, {})
        self.ended: Mapping[int, Grant] = draft.entitlements.ended.get(library, {})
        self.resends = draft.entitlements.resends.get(library, {})
        self.regrants = draft.entitlements.regrants.get(library, set())
        desired = draft.desired.libraries.get(library)
        delivery = desired.delivery if desired else DEFAULT_DELIVERY
        self.at_vendor = desired is not None and desired.is_at_vendor
        self.at_once = delivery.facts.at_once and not self.at_vendor
        self.delivery = {} if delivery is DEFAULT_DELIVERY or self.at_vendor else {"delivery": delivery.value}
        known = draft.snapshot.libraries.get(library)
        is_another = known is not None and desired is not None and known.delivery is not delivery
        self.is_redelivered = is_another and not self.at_vendor
        self.invites = desired is None or desired.invites
        self.invites_again = desired is None or desired.invites_again
        self.remind_after = draft.desired.remind_after if self.invites else ()
        self.is_silent = hold_on(draft.desired.institution.freezes, draft.today.isoformat(), REMIND) is not None
        self.next = next_grants(draft.entitlements, library)
        self.granted: dict[Grant, tuple[str, Mapping[str, Any] | None]] = {}
        self.begun = Begun(draft, library)
        self.is_over = draft.desired.institution.is_over(draft.today)
        self.hold = draft.hold
        self.today = draft.today.isoformat()
        self.soon = (draft.today + timedelta(days=draft.desired.limits.soon)).isoformat()

    @cached_property
    def lost(self) -> Lost:
        """The reasons of seats that nobody asks for any more."""
        return Lost(self.draft, self.library)

    def run(self, only: Sequence[int] | None = None) -> None:
        """Add this library's changes to the draft: those of all members, or of those at these positions and of leavers."""
        place = self.draft.desired.place("libraries" if self.dropped else "grants")
        records, numbers = self.draft.matching.records, self.draft.numbers
        for position in range(len(records)) if only is None else only:
            record, number = records[position], numbers[position]
            rule, license = self.wanted.get(position), self.held.get(number, ABSENT) if number else ABSENT
            if rule is not None and not (self.is_over and license.kind is not Kind.PERMANENT):
                self._wanted(rule, license, position, record)
            elif license.kind is not Kind.NONE:
                self._unwanted(license, position, self.draft.desired.members[position].email, record)
            elif license.status is Status.WAITING:
                ended = self.ended.get(position)
                where, reason = (ended.origin, f"The grant ended on {ended.ends}") if ended is not None else (place, "")
                self._unwait(where, self.draft.desired.members[position].email, record, reason)
        for record in self.draft.matching.leaving:
            self._leaving(self.held.get(record, ABSENT), record)

    def _wanted(self, rule: Grant, license: License, position: int, record: int) -> None:
        email = self.draft.desired.members[position].email
        if license.kind is Kind.NONE:
            if license.status is Status.OPTED_OUT and position not in self.regrants:
                self.draft.declined.append(KeptLicense(self.library, email, rule, self.draft.numbers[position]))
            elif license.status is not Status.LAPSED or self._offers_again(rule, license, position):
                self._grant(rule, license, position, email, record)
            return
        if self._lapses(rule, license, position, record):
            self._lapse(rule, license, position, email, record)
            return
        if license.kind is Kind.PERMANENT and rule.kind is Kind.TEMPORARY:
            is_by_hand = license.there == There.BY_HAND
            kept = self.draft.by_hand if is_by_hand else self.draft.downgrades
            kept.append(KeptLicense(self.library, email, rule, self.draft.numbers[position]))
        elif license.there == There.BY_HAND and rule.kind is Kind.PERMANENT:
            self._add(
                Action.OBSERVE,
                WANTED,
                rule.origin,
                email,
                record,
                license.kind,
                license.status,
                {"there": license.there},
                {"there": ""},
            )
        elif self._comes_at_once(license, position, record):
            self._grant(rule, license, position, email, record)
            return
        elif license.kind is not rule.kind:
            before = {"kind": license.kind}
            reason = reason_of(rule) + self._since(rule, license, record)
            self._add(Action.UPGRADE, reason, rule.origin, email, record, Kind.PERMANENT, license.status, before)
        elif license.until != self.draft.ends(rule):
            self._new_end(rule, license, email, record)
        if (
            license.status is Status.UNCLAIMED
            and self.invites_again
            and not self.is_over
            and (
                position in self.resends
                or self.remind_after
                or self.is_redelivered
                or is_corrected(self.draft, position, record)
            )
        ):
            self._resend(rule, license, position, email, record)

    def _grant(self, rule: Grant, license: License, position: int, email: str, record: int) -> None:
        """Grant a seat, or deliver an unclaimed one at once."""
        if rule not in self.granted:
            until = {"until": ends} if (ends := self.draft.ends(rule)) else {}
            self.granted[rule] = why_granted(self.draft, rule), {**self.delivery, **until} or None
        reason, after = self.granted[rule]
        reason += self._since(rule, license, record)
        if values := self.resends.get(position):
            after = {**(after or {}), "resend": list(values)}
        if license.active:
            reason = AT_ONCE if self.is_redelivered else "E-mail corrected, and it has an account"
        before = None if license.status is Status.NONE else {"kind": license.kind, "status": license.status}
        self.begun.note(Action.GRANT, rule, record)
        self._add(
            Action.GRANT, reason, rule.origin, email, record, rule.kind, self._status(position, record), before, after
        )

    def _since(self, rule: Grant, license: License, record: int) -> str:
        snapshot, today = self.draft.snapshot, self.draft.today
        return since(rule, license, away(rule, snapshot, record, today)) if rule.after else ""

    def _offers_again(self, rule: Grant, license: License, position: int) -> bool:
        """Whether who did not claim in time is asked again: by another grant or term, by ``regrant`` or by a new ``resend``."""
        is_another = rule.kind is Kind.PERMANENT or rule.ends != license.until
        return is_another or position in self.regrants or bool(self._new_resends(license, position))

    def _new_resends(self, license: License, position: int) -> list[str]:
        if not (asked := self.resends.get(position)):
            return []
        seen = license.resent.splitlines()
        return [value for value in asked if value not in seen]

    def _lapses(self, rule: Grant, license: License, position: int, record: int) -> bool:
        """Whether the seat was not claimed in time, the plan does not offer it once more, and no freeze holds it back."""
        is_late = license.status is Status.UNCLAIMED and license.kind is Kind.TEMPORARY
        if not (is_late and self.draft.has_lapsed(self.library, record)):
            return False
        is_offered = self.is_redelivered or is_corrected(self.draft, position, record)
        if is_offered or self._offers_again(rule, license._replace(until=rule.ends), position):
            return False
        if self.hold is not None:
            self.draft.held[Action.REVOKE, self.library].append(self.draft.desired.members[position].email)
        return self.hold is None

    def _lapse(self, rule: Grant, license: License, position: int, email: str, record: int) -> None:
        days, sent = self.draft.desired.institution.reclaim_after, self.draft.invited[self.library, record]
        reason = f"Not claimed within {days} days after the invitation of {sent}"
        where, before, after = self.draft.desired.place("invites"), {"status": license.status}, {"until": rule.ends}
        self._add(Action.REVOKE, reason, where, email, record, license.kind, Status.LAPSED, before, after)

    def _new_end(self, rule: Grant, license: License, email: str, record: int) -> None:
        """Change the end date. If it moves to an earlier day soon, it counts to the limit like the revoke that follows.

        It does not count right after a version that kept no end dates: that version took changed ones for nothing to do.
        """
        ends = self.draft.ends(rule)
        is_earlier = "" < ends < (license.until or NEVER)
        if is_earlier and ends <= self.soon and not self.draft.lacks_end_dates:
            self.draft.revokes[self.library].append(email)
        self.begun.note(Action.LICENSE_UPDATE, rule, record)
        is_retiring = rule.ends == self.draft.desired.institution.retire != ""
        reason = why_granted(self.draft, rule, f"The institution ends on {rule.ends}" if is_retiring else "")
        where = self.draft.desired.place("institution", "retire") if is_retiring else rule.origin
        self._move_end(license, ends, reason, where, email, record)

    def _move_end(self, license: License, until: str, reason: str, where: Origin, email: str, record: int) -> None:
        before, after = {"until": license.until}, {"until": until}
        self._add(Action.LICENSE_UPDATE, reason, where, email, record, license.kind, license.status, before, after)

    def _comes_at_once(self, license: License, position: int, record: int) -> bool:
        """Whether the seat is unclaimed and comes into the member's account: the library is delivered in another way now, or the
        e-mail is corrected to one with an account."""
        is_new = self.is_redelivered or is_corrected(self.draft, position, record)
        return license.status is Status.UNCLAIMED and is_new and self._status(position, record) is Status.DELIVERED

    def _status(self, position: int, record: int) -> Status:
        """Delivered at once, or unclaimed until the member claims or sets a password."""
        draft = self.draft
        at_once = self.at_once and (
            signs_in(draft.snapshot, record) or draft.desired.members[position].key in draft.accounts
        )
        return Status.DELIVERED if at_once else Status.UNCLAIMED

    def _resend(self, rule: Grant, license: License, position: int, email: str, record: int) -> None:
        new = self._new_resends(license, position)
        sent = self.draft.invited.get((self.library, record))
        due = reminders_due(sent, self.remind_after, self.draft.today)
        if self.is_redelivered:
            after: dict[str, Any] = {"resend": new} if new else {}
            after["delivery"] = self.draft.desired.libraries[self.library].delivery.value
            where = self.draft.desired.place("libraries", self.library)
            self._add(Action.RESEND, REDELIVERED, where, email, record, rule.kind, Status.UNCLAIMED, None, after)
            return
        corrected = is_corrected(self.draft, position, record) and license.there != There.NONE
        if self.is_silent and due > license.reminders:
            self.draft.held[Action.RESEND, self.library].append(email)
        if not (new or corrected) and (self.is_silent or due <= license.reminders):
            return
        after = {"resend": new} if new else {}
        reason, where = f"Resend: {', '.join(new)}", rule.origin
        if due > license.reminders and not self.is_silent:
            after["reminders"] = due
        if corrected:
            after |= _NEW_ADDRESS
            reason, where = CORRECTED, self.draft.desired.members[position].origin
        elif not new:
            reason = f"Reminder {due}: unclaimed since {sent}"
            where = self.draft.desired.place("invites")
        self._add(Action.RESEND, reason, where, email, record, rule.kind, Status.UNCLAIMED, None, after)

    def _unwanted(self, license: License, position: int, email: str, record: int) -> None:
        ended = self.ended.get(position)
        if license.kind is Kind.PERMANENT:
            if self.dropped or self.is_over:
                return  # the rule library-in-use reports it; what is owned outlives the institution
            if license.there == There.BY_HAND:
                self.draft.by_hand.append(KeptLicense(self.library, email, ended, self.draft.numbers[position]))
                return
            if self.draft.desired.limits.retain_permanent:
                self.draft.retained.append(KeptLicense(self.library, email, ended, self.draft.numbers[position]))
                is_invited = license.status is Status.UNCLAIMED and self.invites_again and license.there != There.NONE
                if is_invited and is_corrected(self.draft, position, record):
                    where = self.draft.desired.members[position].origin
                    kind, after = license.kind, _NEW_ADDRESS
                    self._add(Action.RESEND, CORRECTED, where, email, record, kind, license.status, None, after)
                return
        reason, place = self.lost.why(license, position, record)
        if self.hold is not None and license.kind is Kind.TEMPORARY:
            self._hold_back(self.hold, license, reason, place, email, record)
        else:
            self._revoke(license, reason, place, email, record, later=self.next.get(position))

    def _hold_back(self, hold: Hold, license: License, reason: str, where: Origin, email: str, record: int) -> None:
        """Let the seat stay to the end of the freeze in place of revoking it. It counts to the limit once: when its end moves there."""
        self.draft.held[Action.REVOKE, self.library].append(email)
        if hold.last < (license.until or NEVER):
            self.draft.revokes[self.library].append(email)
        if license.until != hold.last:
            self._move_end(license, hold.last, f"{reason}; held back {hold.in_words}", where, email, record)

    def _leaving(self, license: License, record: int) -> None:
        known, leaver = self.draft.snapshot.members[record], self.draft.leavers[record]
        if license.kind is Kind.PERMANENT and not (known.left_on and leaver.ends):
            self.draft.kept.append(KeptLicense(self.library, known.email, None, record))
        elif license.kind is Kind.TEMPORARY and self.library in leaver.ends:
            self._keep_for_now(license, known, leaver.ends[self.library], record)
        elif license.kind is Kind.TEMPORARY:
            reason = f"On no roster since {known.left_on}, and no grace period any more" if known.left_on else LEFT
            self._revoke(license, reason, self.draft.last_row(record), known.email, record, known.left_on)
        elif license.status is Status.WAITING:
            self._unwait(self.draft.last_row(record), known.email, record, LEFT)

    def _unwait(self, where: Origin, email: str, record: int, reason: str = "") -> None:
        before = {"status": Status.WAITING}
        reason = reason or (DROPPED if self.dropped else "No longer granted")
        self._add(Action.UNWAIT, reason, where, email, record, Kind.NONE, Status.NONE, before)

    def _keep_for_now(self, license: License, known: Member, last: str, record: int) -> None:
        """Let a leaver keep the seat until ``last``. On the day they leave that counts to the limit, and later if it ends earlier."""
        if not known.left_on or last < (license.until or NEVER):
            self.draft.revokes[self.library].append(known.email)
        if license.until != last:
            reason, place = why_kept(self.draft, known, last, record)
            self._move_end(license, last, reason, place, known.email, record)

    def _revoke(
        self,
        license: License,
        reason: str,
        where: Origin,
        email: str,
        record: int,
        left_on: str = "",
        later: Grant | None = None,
    ) -> None:
        """Revoke. It counts to the limit, unless the license has ended by its date in the ledger. ``left_on`` is when a member left
        whose grace period is over; ``later`` gives it again."""
        before = {"status": license.status}
        if license.kind is Kind.TEMPORARY and license.ended(self.today):
            reason = why_ended(self.draft, license, reason, left_on)
        elif license.kind is Kind.TEMPORARY:
            self.draft.revokes[self.library].append(email)
        reason += begins_next(later)
        self._add(Action.REVOKE, reason, where, email, record, license.kind, Status.REVOKED, before)

    def _add(
        self,
        action: Action,
        reason: str,
        where: Origin,
        email: str,
        record: int,
        kind: Kind,
        status: Status,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        change = Change(action, reason, where, self.library, email, kind, status, before, after, record)
        self.draft.changes.append(change)
