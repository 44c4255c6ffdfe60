"""A model of a ledger in plain dicts, written from the product's contract: slow, simple, and independent of the program.

Where the contract says nothing, it follows docs/architecture.md (reminders, ``until`` and the limit) or a comment here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from tests.faults.history_wishes import Person, Rule, Wish

CAN = {
    "logos-subscription": (("temporary",), "claim"),
    "logos-library": (("temporary", "permanent"), "claim"),
    "jamworks": (("temporary",), "account"),
}
"""Section 4 of the contract: kinds, and how a seat is delivered."""

INVITATIONS = ("invitation", "reminder", "set-password")
ACCESS = ("access", "plan-assigned", "permanent")
_LETTER = ("letter", "library", "member", "address", "created_at", "state")
ERASED = "(erased)"

License = dict[str, Any]
Member = dict[str, Any]
_NEVER: Mapping[str, Any] = {
    "kind": "none",
    "status": "none",
    "invited_on": "",
    "reminders": 0,
    "resent": [],
    "until": "",
}


@dataclass
class Who:
    """Who the people of the files are: their numbers, the positions in doubt, the numbers that give up their e-mail and id, and
    the approvals that say so."""

    numbers: list[int]
    doubts: set[int] = field(default_factory=set)
    replaced: set[int] = field(default_factory=set)
    approved: list[dict[str, Any]] = field(default_factory=list)

    def settle(self, position: int, person: Person, found: list[int], approvals: Sequence[dict[str, Any]]) -> None:
        approval = next((entry for entry in approvals if person.key in entry["member"]), None)
        if approval is None:
            self.doubts.add(position)
            return
        self.approved.append(approval)
        if approval["is"] == "new":
            self.numbers[position] = 0
            self.replaced |= {*found}


@dataclass
class Model:
    """The current state of one institution, and its letters. ``members`` are in the order of their first arrival."""

    serial: int = 0
    institution: dict[str, Any] | None = None
    libraries: dict[str, dict[str, Any]] = field(default_factory=dict)
    admins: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    licenses: dict[tuple[str, int], License] = field(default_factory=dict)
    rosters: dict[str, int] = field(default_factory=dict)
    applied_on: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)
    once_admins: set[str] = field(default_factory=set)
    used_approvals: list[dict[str, Any]] = field(default_factory=list)
    files: str = ""
    touched: set[tuple[str, int]] = field(default_factory=set)

    # ── The expected tables ─────────────────────────────────────────────────────────────────────────────────────────

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of the current state and of the outbox, each sorted."""
        if self.institution is None:
            return {"institution": [], "library": [], "admin": [], "member": [], "license": [], "outbox": []}
        its = self.institution
        plain = ("email", "key", "given_name", "family_name", "student_id", "role", "tags", "imported_on", "on_roster")
        members = [
            (number, *(";".join(sorted(m[name])) if name == "tags" else m[name] for name in (*plain, "account")))
            for number, m in enumerate(self.members, 1)
        ]
        return {
            "institution": [(self.serial, its["name"], its["contacts"], its["opt_out"], self.rosters, self.applied_on)],
            "library": sorted(
                (
                    id,
                    entry["title"],
                    entry["system"],
                    " ".join(CAN[entry["system"]][0]),
                    self._delivery(id),
                    entry["slots"],
                )
                for id, entry in self.libraries.items()
            ),
            "admin": sorted((email, email, name, "Abel") for email, name in self.admins.items()),
            "member": members,
            "license": sorted(
                (
                    *(*key, own["kind"], own["status"], own["invited_on"], own["reminders"]),
                    *("\n".join(own["resent"]), own["until"]),
                )
                for key, own in self.licenses.items()
            ),
            "outbox": sorted(tuple(letter[name] for name in _LETTER) for letter in self.letters),
        }

    def used(self, library: str) -> int:
        return sum(own["kind"] != "none" for (of, _), own in self.licenses.items() if of == library)

    def owned(self, claimed: bool = False) -> set[tuple[str, int]]:
        """The permanent licenses; with ``claimed``, only those that the member has claimed, and so can't decline."""
        permanent = {key: own for key, own in self.licenses.items() if own["kind"] == "permanent"}
        return {key for key, own in permanent.items() if own["status"] == "delivered" or not claimed}

    def unclaimed(self) -> list[tuple[str, int]]:
        return sorted(key for key, own in self.licenses.items() if own["status"] == "unclaimed")

    # ── An apply ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, wish: Wish, files: str, today: date, at: str) -> set[str]:
        """Return the codes of the refusals. If there are none, carry out the plan, or note that there is nothing to do.

        ``files`` is a digest of the files. They are noted only if they have changed.
        """
        after = deepcopy(self)
        refused = _Apply(after, wish, files, today, at).run()
        if not refused:
            vars(self).update(vars(after))
        return refused

    # ── Between applies ─────────────────────────────────────────────────────────────────────────────────────────────

    def claim(self, library: str, email: str, account: str, at: str) -> bool:
        number = self._who_may(library, email)
        if not number or self._has_ended(library, number, at):
            return False
        own = self.licenses[library, number]
        own["status"] = "delivered"
        self.members[number - 1]["account"] = account
        self.send("permanent" if own["kind"] == "permanent" else "access", library, number, at)
        self.settle()
        self.serial += 2
        return True

    def opt_out(self, library: str, email: str, at: str) -> bool:
        number = self._who_may(library, email)
        if not number or self._has_ended(library, number, at) or not (self.institution or {}).get("opt_out"):
            return False
        self.licenses[library, number].update(kind="none", status="opted_out")
        self.touched.add((library, number))
        self.settle()
        self.serial += 2
        return True

    def resend(self, library: str, at: str) -> int:
        """Send again to every current member who has not claimed."""
        waiting = [number for of, number in self.unclaimed() if of == library and library in self.libraries]
        for number in waiting:
            self.send(self.invitation(library), library, number, at)
        self.settle()
        self.serial += 1 + len(waiting) if waiting else 0
        return len(waiting)

    def erase(self, who: str) -> bool:
        """Erase a member who has left; an administrator only after the end of that role.

        If somebody new has the e-mail, it is the earlier member's.
        """
        key = who.lower()
        known = enumerate(self.members, 1)
        found = [n for n, m in known if key == (m["key"] or m["email"].lower()) or m["student_id"] == who]
        if any(not self.members[number - 1]["key"] for number in found):
            found = [number for number in found if not self.members[number - 1]["on_roster"]]
        if not (found or key in self.once_admins) or key in self.admins:
            return False
        if any(self.members[number - 1]["on_roster"] for number in found):
            return False
        for number in found:
            self.members[number - 1] |= _member(ERASED, "") | {"account": "", "on_roster": False}
        for letter in self.letters:
            if letter["member"] in found and letter["state"] == "pending":
                letter["state"] = "cancelled"
            if letter["address"] == key:
                letter.update(address="", state="cancelled")
        self.once_admins.discard(key)
        self.serial += 1 + len(found)
        return True

    def prune(self, before: str) -> int:
        """Delete old letters; of a seat that nobody was told of, no letter as long as there is a later one that it ended."""
        ends = {
            (one["library"], one["member"])
            for one in self.letters
            if one["letter"] == "removed" and one["state"] == "cancelled" and one["created_at"] >= before
        }
        kept = [
            letter
            for letter in self.letters
            if letter["created_at"] >= before
            or letter["state"] == "pending"
            or (letter["letter"] == "plan-assigned" and (letter["library"], letter["member"]) in ends)
        ]
        pruned = len(self.letters) - len(kept)
        self.letters = kept
        self.serial += 1 if pruned else 0
        return pruned

    def take_over(self, wish: Wish, library: str, portal: list[tuple[Person, str, str]], day: str) -> bool:
        """Import (person, kind, status) without letters. ``wish`` is the files, including the added rows."""
        after = deepcopy(self)
        if not after._take_over(wish, library, portal, day):
            return False
        vars(self).update(vars(after))
        return True

    def _take_over(self, wish: Wish, library: str, portal: list[tuple[Person, str, str]], day: str) -> bool:
        events = 0
        if self.institution is None:
            self.institution = settings(wish)
            self.libraries = deepcopy(wish.libraries)
            self.admins = dict(wish.admins)
            self.once_admins |= self.admins.keys()
            events += 1 + len(self.libraries) + len(self.admins)
        listed = {person.key for person, _, _ in portal}
        left = self.former(wish, [person for person, _, _ in portal])
        known = left.keys() | {person.key for person, _ in wish.people()}
        people = wish.people() + [(person, frozenset()) for person, _, _ in portal if person.key not in known]
        who = self.who_is_who([person for person, _ in people])
        numbers = {person.key: number for (person, _), number in zip(people, who.numbers, strict=True)}
        for person, tags in people:
            number = numbers[person.key]
            if person.key in listed and not (number and self.members[number - 1]["on_roster"]):
                numbers[person.key] = self.arrive(person, tags, number, day)
                events += 1
        rights = {person.key: frozenset({*tags, f"imported:{day}"}) for person, tags in people}
        for person, kind, status in portal:
            number = numbers.get(person.key) or left[person.key]
            own = self.licenses.get((library, number), dict(_NEVER))
            after = _forward(own, kind, status)
            if after == (own["kind"], own["status"]) or (
                person.key in left and own["kind"] == "none" and after[0] == "temporary"
            ):
                continue
            until = "" if after[0] == "permanent" else own["until"]
            if after[0] == "temporary" and own["kind"] == "none":
                row = next(one for one, _ in people if one.key == person.key)
                until = last_day(live_rules(wish, library, row, rights[person.key], date.fromisoformat(day)))
            changed = {"kind": after[0], "status": after[1], "invited_on": own["invited_on"] or day, "until": until}
            self.licenses[library, number] = own | changed
            self.touched.add((library, number))
            if self._delivery(library) == "account" and after[1] == "delivered":
                self.members[number - 1]["account"] = person.key
            events += 1
        self.settle()
        if self.used(library) > self.libraries[library]["slots"]:
            return False
        if events:
            self.serial += 1 + events
            self.rosters = counts(wish)
        return True

    def former(self, wish: Wish, people: list[Person]) -> dict[str, int]:
        """Return the numbers of those of these people who are not in the files, but in the ledger, by e-mail."""
        asked = {person.key for person, _ in wish.people()}
        others = [person for person in people if person.key not in asked]
        who = self.who_is_who(others)
        known = enumerate(zip(others, who.numbers, strict=True))
        return {person.key: n for position, (person, n) in known if n and position not in who.doubts}

    def unsure(self, wish: Wish, people: list[Person]) -> set[str]:
        """Return the keys of those of these people who are not in the files, and may be somebody whom the ledger knows."""
        asked = {person.key for person, _ in wish.people()}
        others = [person for person in people if person.key not in asked]
        return {others[position].key for position in self.who_is_who(others).doubts}

    # ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def who_is_who(self, people: list[Person], approvals: Sequence[dict[str, Any]] = ()) -> Who:
        """Return each person's number, or 0 for a new person: by student id if both have one, else by e-mail.

        Current members count before those who have left; of these, the last to leave counts first. A match of people who
        may be different is a doubt, unless an approval says who they are.
        """
        order = sorted(range(1, len(self.members) + 1), key=lambda n: (not self.members[n - 1]["on_roster"], -n))
        ids = {self.members[n - 1]["student_id"]: n for n in reversed(order)}
        who = Who([ids.get(person.student_id, 0) if person.student_id else 0 for person in people])
        for position, person in enumerate(people):
            number = who.numbers[position]
            if number and self._is_doubt(person, number):
                who.settle(position, person, [number], approvals)
        for position, person in enumerate(people):
            if who.numbers[position]:
                continue
            found = [
                n
                for n in order
                if self.members[n - 1]["key"] == person.key
                and n not in who.numbers
                and (not (self.members[n - 1]["student_id"] and person.student_id) or self._same_names(person, n))
            ]
            sure = [n for n in found if not self._is_doubt(person, n)]
            if sure:
                who.numbers[position] = sure[0]
            elif found:
                who.numbers[position] = found[0]
                who.settle(position, person, found, approvals)
        self._as_approved(who, people, order, approvals)
        return who

    def _as_approved(
        self, who: Who, people: list[Person], order: list[int], approvals: Sequence[dict[str, Any]]
    ) -> None:
        """Give new people who are the same by an approval the record with their e-mail, or of the one leaver with their names."""
        new = [position for position, number in enumerate(who.numbers) if not number]
        leavers = [n for n in order if self.members[n - 1]["on_roster"] and n not in who.numbers]
        for position in new:
            person = people[position]
            approval = next((entry for entry in approvals if person.key in entry["member"]), None)
            if approval is None or approval["is"] == "new":
                continue
            found = [n for n in order if self.members[n - 1]["key"] == person.key and n not in who.numbers]
            alike = [at for at in new if _words(people[at]) == _words(person)]
            namesakes = [n for n in leavers if self._same_names(person, n)]
            if not found and len(alike) == len(namesakes) == 1:
                found = [n for n in namesakes if n not in who.numbers]
            if found:
                who.numbers[position] = found[0]
                who.approved.append(approval)

    def _is_doubt(self, person: Person, number: int) -> bool:
        """Section 3: under one id, e-mail and both names differ, or the ids have moved by a row; else, both names differ."""
        member = self.members[number - 1]
        has_id = bool(person.student_id) and member["student_id"] == person.student_id
        if self._same_names(person, number):
            return False
        if has_id and member["on_roster"] and member["key"] == person.key:
            return False
        if has_id and member["key"] != person.key:
            others = (n for n, one in enumerate(self.members, 1) if one["key"] == person.key)
            if any(self._same_names(person, n) for n in others):
                return True
        return bool(member["given_name"] != person.given_name and member["family_name"] != person.family_name)

    def _same_names(self, person: Person, number: int) -> bool:
        member = self.members[number - 1]
        return (member["given_name"], member["family_name"]) == (person.given_name, person.family_name)

    def arrive(self, person: Person, tags: Iterable[str], number: int, day: str) -> int:
        """Add a new member, or the former member with this ``number``."""
        if not number:
            self.members.append({"imported_on": day, "account": ""})
            number = len(self.members)
        self.members[number - 1] |= _member(person.email, person.key) | _fields(person, tags) | {"on_roster": True}
        return number

    def send(
        self, letter: str, library: str, number: int, at: str, address: str = "", is_reminder: bool = False
    ) -> None:
        if number and not self.members[number - 1]["key"]:
            return  # somebody new may read that mailbox
        self.touched.add((library, number))
        row = {"letter": letter, "library": library, "member": number, "address": address, "created_at": at}
        self.letters.append(row | {"state": "pending", "is_reminder": is_reminder})

    def settle(self) -> None:
        """Of the letters about each touched seat, only what the member must still be told waits. Here nothing is ever sent."""
        seats: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for letter in self.letters:
            if letter["member"] and (key := (letter["library"], letter["member"])) in self.touched:
                seats.setdefault(key, []).append(letter)
        self.touched.clear()
        for key, letters in seats.items():
            true = _still_true(letters, self.licenses[key]["status"])
            for letter in letters:
                letter["state"] = "pending" if any(letter is one for one in true) else "cancelled"

    def invitation(self, library: str) -> str:
        return "set-password" if self._delivery(library) == "account" else "invitation"

    def _who_may(self, library: str, email: str) -> int:
        numbers = [number for of, number in self.unclaimed() if of == library and library in self.libraries]
        who = email.lower() if email != ERASED else None  # nobody has that address
        known = [(n, m) for n, m in enumerate(self.members, 1) if m["key"] == who]
        owner = next((m for _, m in known if m["on_roster"]), None)  # the mailbox is theirs, and no earlier owner's
        names = ("given_name", "family_name")
        theirs = {n for n, m in known if owner is None or all(m[name] == owner[name] for name in names)}
        return next((n for n in numbers if n in theirs), 0)

    def _has_ended(self, library: str, number: int, at: str) -> bool:
        return "" < str(self.licenses[library, number]["until"]) < at[:10]

    def _delivery(self, library: str) -> str:
        return CAN[self.libraries[library]["system"]][1]


class _Apply:
    """Computes the next ledger directly from the files and the current ledger."""

    def __init__(self, model: Model, wish: Wish, files: str, today: date, at: str) -> None:
        self.model, self.wish, self.files, self.today, self.at = model, wish, files, today, at
        self.day = today.isoformat()
        self.events = 0
        self.refused: set[str] = set()
        self.revokes: Counter[str] = Counter()
        self.corrected: set[int] = set()
        self.active = {library: model.used(library) for library in model.libraries}
        self.delivered_before = {library: model._delivery(library) for library in model.libraries}
        self.passed: list[dict[str, Any]] = []
        self.is_over = wish.retire is not None and wish.retire < today

    def run(self) -> set[str]:
        model, wish = self.model, self.wish
        self._judge_rosters()
        self._judge_libraries()
        is_new = model.institution is None
        known = model.institution or settings(wish)
        if known["name"] != wish.name and "" < known["retire"] < self.day and not self.is_over:
            self.refused.add("institution-mismatch")  # another institution under the id of one that has ended
        if model.institution != settings(wish):
            self.events += 1
            model.institution = settings(wish)
        self._admins()
        dropped = set(model.libraries) - set(wish.libraries)
        changed = [id for id, entry in wish.libraries.items() if model.libraries.get(id) != entry]
        self.events += len(dropped) + len(changed)
        model.libraries = deepcopy(wish.libraries)
        self._people(sorted({*dropped, *wish.libraries}))
        model.settle()
        self._judge_numbers()
        moved = {path for path, n in counts(wish).items() if n} != {path for path, n in model.rosters.items() if n}
        if self.events or is_new or moved or model.files != self.files:
            model.serial += 1 + self.events
            model.rosters, model.applied_on, model.files = counts(wish), self.day, self.files
        model.used_approvals += self.passed
        return self.refused

    # ── Refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _judge_rosters(self) -> None:
        approvals = {entry.get("roster", ""): entry for entry in reversed(self._approvals("empty-roster"))}
        had = {path for path, count in self.model.rosters.items() if count}
        empty = {path for path, roster in self.wish.rosters.items() if not roster.people and path in had}
        everybody_went = any(m["on_roster"] for m in self.model.members) and not self.wish.people()
        explained = had and had <= empty
        if "" not in approvals and (empty - approvals.keys() or (everybody_went and not explained)):
            self.refused.add("empty-roster")
        of_all = {""} if everybody_went and not explained else {path if path in approvals else "" for path in empty}
        self.passed += [approvals[path] for path in of_all if path in approvals]

    def _judge_libraries(self) -> None:
        owned = {library for library, _ in self.model.owned()}
        if owned & (self.model.libraries.keys() - self.wish.libraries.keys()):
            self.refused.add("library-in-use")
        for rule in self.wish.rules:
            if rule.kind not in CAN[self.wish.libraries[rule.library]["system"]][0]:
                self.refused.add("kind-not-allowed")
        for id, entry in self.wish.libraries.items():
            if id in owned and "permanent" not in CAN[entry["system"]][0]:
                self.refused.add("kind-not-allowed")

    def _judge_numbers(self) -> None:
        for library, count in self.revokes.items():
            limit = self.wish.max_revokes
            number = float(limit.rstrip("%"))
            most = max(5, int(round(self.active[library] * number / 100, 6))) if "%" in limit else int(number)
            approvals = [entry for entry in self._approvals("too-many-revokes") if entry["library"] == library]
            enough = [entry for entry in approvals if entry["count"] >= count]
            if count > most and not enough:
                self.refused.add("too-many-revokes")
            elif count > most:
                self.passed.append(min(enough, key=lambda entry: entry["count"]))
        if any(self.model.used(id) > entry["slots"] for id, entry in self.wish.libraries.items()):
            self.refused.add("slots")

    def _approvals(self, refusal: str) -> list[dict[str, Any]]:
        """The approvals in force that no apply has used."""
        unused = [entry for entry in self.wish.approvals if entry not in self.model.used_approvals]
        return [entry for entry in unused if entry["refusal"] == refusal and entry["until"] >= self.day]

    # ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _admins(self) -> None:
        for email, name in self.wish.admins.items():
            if email not in self.model.admins:
                self.model.send("admin-welcome", "", 0, self.at, email)
            self.events += self.model.admins.get(email) != name
        self.events += len(self.model.admins.keys() - self.wish.admins.keys())
        self.model.admins = dict(self.wish.admins)
        self.model.once_admins |= self.wish.admins.keys()

    def _people(self, libraries: list[str]) -> None:
        model, people = self.model, self.wish.people()
        who = model.who_is_who([person for person, _ in people], self._approvals("identity-changed"))
        numbers = who.numbers
        self.passed += [entry for at, entry in enumerate(who.approved) if entry not in who.approved[:at]]
        if who.doubts:
            self.refused.add("identity-changed")
        leaving = [n for n, m in enumerate(model.members, 1) if m["on_roster"] and n not in numbers]
        for position, (person, tags) in enumerate(people):
            number = numbers[position]
            member = model.members[number - 1] if number else None
            if member is not None and member["key"] != person.key:
                self.corrected.add(number)
            if member is None or not member["on_roster"]:
                numbers[position] = model.arrive(person, tags, number, self.day)
                self.events += 1
            elif member["key"] != person.key or any(member[k] != v for k, v in _fields(person, tags).items()):
                address = {} if member["key"] == person.key else _member(person.email, person.key)
                member |= address | _fields(person, tags)
                self.events += 1
        for number in who.replaced.difference(numbers):
            model.members[number - 1] |= {"key": "", "student_id": ""}
            self.events += 1
        for number in leaving:
            model.members[number - 1]["on_roster"] = False
            self.events += 1
        for library in libraries:
            for (person, tags), number in zip(people, numbers, strict=True):
                self._license(library, person, tags, number)
            for number in leaving:
                if self._held(library, number)["kind"] == "temporary":
                    self._revoke(library, number)

    def _license(self, library: str, person: Person, tags: frozenset[str], number: int) -> None:
        tags |= {f"imported:{self.model.members[number - 1]['imported_on']}"}
        live = live_rules(self.wish, library, person, tags, self.today)
        own = self._held(library, number)
        if not live or (self.is_over and own["kind"] != "permanent"):
            self._unwanted(library, number, own)
            return
        is_permanent = any(rule.kind == "permanent" for rule in live)
        asked = sorted({rule.resend for rule in live} - {""})
        until = last_day(live)
        if own["kind"] == "none":
            if own["status"] != "opted_out" or any(rule.regrant for rule in live):
                self._grant(library, number, "permanent" if is_permanent else "temporary", asked, until)
            return
        is_new_way = self.delivered_before.get(library) not in (None, self.model._delivery(library))
        if own["kind"] == "permanent" and not is_permanent:
            self.refused.add("permanent-downgrade")
        elif (
            (is_new_way or number in self.corrected)
            and own["status"] == "unclaimed"
            and self._comes_at_once(library, number)
        ):
            self._grant(library, number, "permanent" if is_permanent else "temporary", asked, until)
            return
        if own["kind"] == "temporary" and is_permanent:
            own.update(kind="permanent", until="")
            self.events += 1
            if own["status"] == "delivered":
                self.model.send("permanent", library, number, self.at)
        elif own["kind"] == "temporary" and own["until"] != until:
            self.revokes[library] += self._is_earlier_soon(own["until"], until)
            own["until"] = until
            self.events += 1
        if self.is_over:
            return
        if own["status"] == "unclaimed" and is_new_way:
            new = [value for value in asked if value not in own["resent"]]
            own.update(resent=[*own["resent"], *new], invited_on=self.day, reminders=0)
            self.events += 1
            self.model.send(self.model.invitation(library), library, number, self.at)
        elif own["status"] == "unclaimed":
            self._remind(library, number, own, [value for value in asked if value not in own["resent"]])

    def _is_earlier_soon(self, was: str, until: str) -> bool:
        soon = (self.today + timedelta(days=30)).isoformat()
        return bool(until) and until <= soon and (not was or until < was)

    def _unwanted(self, library: str, number: int, own: License) -> None:
        if own["kind"] == "permanent" and self.is_over:
            return  # what is owned outlives the institution
        if own["kind"] == "permanent" and library in self.wish.libraries and not self.wish.retain:
            self.refused.add("permanent-revoke")
        elif (
            (own["kind"], own["status"]) == ("permanent", "unclaimed")
            and number in self.corrected
            and library in self.wish.libraries
        ):
            self.events += 1
            self.model.send(self.model.invitation(library), library, number, self.at)
        if own["kind"] == "temporary":
            self._revoke(library, number)

    def _grant(self, library: str, number: int, kind: str, asked: list[str], until: str) -> None:
        status = "delivered" if self._comes_at_once(library, number) else "unclaimed"
        self.model.licenses[library, number] = {
            "kind": kind,
            "status": status,
            "invited_on": self.day,
            "reminders": 0,
            "resent": asked,
            "until": until,
        }
        self.events += 1
        letter = "plan-assigned" if status == "delivered" else self.model.invitation(library)
        self.model.send(letter, library, number, self.at)

    def _comes_at_once(self, library: str, number: int) -> bool:
        at_once = CAN[self.wish.libraries[library]["system"]][1] == "account"
        return at_once and bool(self.model.members[number - 1]["account"])

    def _remind(self, library: str, number: int, own: License, new: list[str]) -> None:
        """Send one letter for all new values of ``resend``. As no invitation is ever sent here, no reminder is due."""
        if new or number in self.corrected:
            own["resent"] = [*own["resent"], *new]
            self.events += 1
            self.model.send(self.model.invitation(library), library, number, self.at)

    def _revoke(self, library: str, number: int) -> None:
        own = self.model.licenses[library, number]
        self.revokes[library] += not "" < own["until"] < self.day
        if own["status"] == "delivered":
            self.model.send("removed", library, number, self.at)
        own.update(kind="none", status="revoked")
        self.model.touched.add((library, number))
        self.events += 1

    def _held(self, library: str, number: int) -> License:
        return self.model.licenses.get((library, number), dict(_NEVER))


def live_rules(wish: Wish, library: str, person: Person, tags: frozenset[str], today: date) -> list[Rule]:
    """The grants of a library that reach a person and have not ended."""
    rules = [_ending_by(wish.retire, rule) for rule in wish.rules if rule.library == library]
    rules = [rule for rule in rules if reaches(rule.to, person, tags)]
    return [rule for rule in rules if rule.until is None or rule.until >= today]


def _ending_by(last: date | None, rule: Rule) -> Rule:
    """The grant, which ends with the institution at the latest, if it is temporary."""
    if last is None or rule.kind == "permanent" or (rule.until is not None and rule.until <= last):
        return rule
    return replace(rule, until=last)


def last_day(live: list[Rule]) -> str:
    """The end date (ISO) of a license by these grants; empty for none."""
    ends = [rule.until for rule in live]
    if not live or None in ends or any(rule.kind == "permanent" for rule in live):
        return ""
    return max(end.isoformat() for end in ends if end)


def reaches(to: Mapping[str, Any], person: Person, tags: frozenset[str]) -> bool:
    """Return whether a person meets every given condition."""
    names = {person.key, person.student_id}
    return (
        tags.issuperset(to.get("tags", ()))
        and not tags.intersection(to.get("not_tags", ()))
        and ("any_tags" not in to or bool(tags.intersection(to["any_tags"])))
        and ("emails" not in to or person.key in to["emails"])
        and ("file" not in to or bool(names.intersection(to["file"])))
    )


def _forward(own: License, kind: str, status: str) -> tuple[str, str]:
    """Section 10: an import takes what moves forward, and never turns a claimed or declined license back."""
    if own["status"] == "revoked":
        return ("permanent", status) if kind == "permanent" else ("none", "revoked")
    follows = {
        "none": {status},
        "unclaimed": {"delivered", "opted_out", "revoked"},
        "delivered": {"revoked"},
        "opted_out": {"delivered"},
    }[own["status"]]
    if own["kind"] == "permanent":
        follows = follows - {"revoked"}
    after = status if status in follows else own["status"]
    if after in ("none", "opted_out", "revoked"):
        return "none", after
    return ("permanent" if "permanent" in (own["kind"], kind) else "temporary"), after


def _still_true(letters: list[dict[str, Any]], status: str) -> list[dict[str, Any]]:
    """The letters that say how the seat is now, if that is not what the member knows; ``letters`` are oldest first."""
    match status:
        case "unclaimed":
            asking = [one for one in letters if one["letter"] in INVITATIONS and one["state"] != "cancelled"]
            last = max((at for at, one in enumerate(asking) if _invites(one)), default=0)
            return asking[last:]
        case "delivered":
            last = max((at for at, one in enumerate(letters) if one["letter"] in ACCESS), default=-1)
            if last < 0 or letters[last]["state"] == "cancelled":
                return []
            if letters[last]["letter"] == "plan-assigned" and _knew(letters[:last]):
                return []
            return [letters[last]]
        case "revoked":
            removed = [one for one in letters if one["letter"] == "removed"]
            return removed[-1:] if _knew(letters) else []
    return []


def _invites(letter: dict[str, Any]) -> bool:
    return letter["letter"] in INVITATIONS and not letter["is_reminder"]


def _knew(letters: list[dict[str, Any]]) -> bool:
    """Whether the member knew of a seat that was taken away since: they had claimed it."""
    claimed = max((at for at, one in enumerate(letters) if one["letter"] == "access"), default=-1)
    return any(one["letter"] == "removed" for one in letters[claimed + 1 :]) and (
        claimed >= 0 or all(one["letter"] != "plan-assigned" for one in letters[: _first_removed(letters)])
    )


def _first_removed(letters: list[dict[str, Any]]) -> int:
    return next((at for at, one in enumerate(letters) if one["letter"] == "removed"), len(letters))


def _words(person: Person) -> tuple[str, str]:
    return (person.given_name, person.family_name)


def settings(wish: Wish) -> dict[str, Any]:
    retire = wish.retire.isoformat() if wish.retire else ""
    return {"id": wish.id, "name": wish.name, "contacts": wish.contacts, "opt_out": wish.opt_out, "retire": retire}


def counts(wish: Wish) -> dict[str, int]:
    return {path: len(roster.people) for path, roster in wish.rosters.items()}


def _member(email: str, key: str) -> Member:
    empty = {"given_name": "", "family_name": "", "student_id": "", "role": "", "tags": frozenset()}
    return {"email": email, "key": key, **empty}


def _fields(person: Person, tags: Iterable[str]) -> Member:
    names = ("given_name", "family_name", "student_id", "role")
    return {name: getattr(person, name) for name in names} | {"tags": frozenset(tags)}
