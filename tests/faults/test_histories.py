"""Long random histories of a ledger, compared with a model that was written only from the contract.

After each step the tables equal the model and the replay of the journal; a plan after an apply is empty; a refused command changes
nothing; no library uses more seats than it has; a permanent license is never taken back.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from seatsync.apply.apply import carry_out
from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from seatsync.ledger.read import read_renamed
from seatsync.ledger.verification.verify import verify
from seatsync.planning.diff import diff
from seatsync.planning.plan import Plan, accept
from seatsync.refusals.judge import judge
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from tests.faults.history_checks import must_fit, rows
from tests.faults.history_databases import Databases, databases_of
from tests.faults.history_model import CAN, Model
from tests.faults.history_torture import figures, replayable, seeds
from tests.faults.history_wishes import (
    ADMINS,
    EMAILS,
    ROSTERS,
    Person,
    Roster,
    Rule,
    Wish,
    first_wish,
    next_wish,
    read_csv,
    write_csv,
    write_files,
)
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import looking_into
from tests.support.long_form import times

LIVES = (1, 100)
STEPS = times(short=60, long=100)
"""Steps of one history. The form decides the number of histories."""


def test_every_step_of_a_long_life_is_as_the_contract_says(database: str, tmp_path: Path) -> None:
    others = {"sqlite": "postgres", "postgres": "sqlite"}
    here, there = databases_of(database, tmp_path), databases_of(others[database], tmp_path)
    with figures("random history", database) as count:
        for seed in seeds(*LIVES):
            with replayable(seed) as chance:
                life = Life(here, there, tmp_path / str(seed), chance, count)
                for _ in range(STEPS):
                    life.step()
                here.drop(life.ledger)
            count["lives"] += 1


def test_the_journal_of_somebody_erased_still_comes_to_the_same(database: str, tmp_path: Path) -> None:
    """The erased account may have received a license immediately. Nobody else can claim in its place."""
    here = databases_of(database, tmp_path)
    life = Life(here, here, tmp_path / "life", random.Random(1), Counter())
    libraries = {id: {"title": id, "system": "jamworks", "slots": 9} for id in ("jam", "sub")}
    libraries["books"] = {"title": "Books", "system": "logos-library", "slots": 9}
    ann, ben = Person(EMAILS[0]), Person(EMAILS[1])
    everyone = {"everyone": True}
    rules = [Rule("jam", "temporary", everyone), Rule("books", "permanent", everyone)]
    life.wish = Wish(libraries=libraries, rosters={ROSTERS[0]: Roster((), [ann, ben])}, rules=rules)
    life.apply_files()
    assert life.model.claim("jam", ann.email, ann.email, life.now)
    life.run("ledger", "claim", "jam", ann.email)
    life.wish.rules.append(Rule("sub", "temporary", everyone))
    life.apply_files()
    life.wish.rosters[ROSTERS[0]].people.remove(ann)
    life.apply_files()
    assert life.model.erase(ann.email)
    life.run("ledger", "erase", ann.email, "--yes")
    life.must_be_as_the_model_says()
    life.move()
    life.run("ledger", "claim", "books", "(erased)", "--account", ben.email, done=False)
    life.must_be_as_the_model_says()


class Life:
    """One institution's files, its ledger, and the model of the ledger."""

    def __init__(self, here: Databases, there: Databases, at: Path, chance: random.Random, count: Counter[str]) -> None:
        self.here, self.there, self.at, self.chance, self.count = here, there, at, chance, count
        self.folder = at / "grace"
        self.ledger = here.fresh()
        self.model = Model()
        self.today = date(2026, 9, 1)
        self.wish = first_wish(chance)
        self.is_applied = False
        at.mkdir()
        write_files(self.wish, self.folder)

    def step(self) -> None:
        happenings = {
            self.edit_and_apply: 8,
            self.let_days_pass_and_apply: 3,
            self.claim: 6,
            self.opt_out: 2,
            self.resend: 2,
            self.take_over: 2,
            self.erase: 1,
            self.prune: 0.5,
            self.move: 0.3,
            self.change_id: 0.5,
        }
        if not self.model.serial:
            happenings = {self.edit_and_apply: 3, self.take_over: 1}
        (happening,) = self.chance.choices(list(happenings), list(happenings.values()))
        self.count["steps"] += 1
        owned = self.model.owned(claimed=happening in (self.opt_out, self.take_over))  # there, a member may decline
        try:
            happening()
            self.must_be_as_the_model_says()
        except AssertionError as error:
            error.add_note(f"In step {self.count['steps']}, {happening.__name__}, on {self.today}, in {self.at}")
            raise
        assert owned <= self.model.owned(), "a permanent license was lost"

    # ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def edit_and_apply(self) -> None:
        before = self.wish
        self.wish = next_wish(self.wish, self.chance, self.today)
        self.apply_files()
        if not self.is_applied and self.chance.random() < 0.8:
            self.wish = before  # as people do after reading the refusal
            write_files(self.wish, self.folder)

    def change_id(self) -> None:
        """Give the institution another id, or an earlier one. Where that is refused for another reason, it comes later."""
        if self.is_applied:
            others = [id for id in ("grace", "college", "school") if id != self.wish.id]
            self.wish.was, self.wish.id = self.wish.id, self.chance.choice(others)
            self.apply_files()

    def let_days_pass_and_apply(self) -> None:
        self.today += timedelta(self.chance.choice((1, 1, 2, 5, 20)))
        self.apply()

    def apply_files(self) -> None:
        write_files(self.wish, self.folder)
        self.apply()

    def apply(self) -> None:
        plan = self.plan()
        refused = self.model.apply(self.wish, plan.desired_digest, self.today, self.now)
        codes = {"slots" if refusal.code.startswith("slots-") else refusal.code for refusal in plan.refusals}
        if "identity-changed" in refused:  # the model does not say what else is wrong if it is not clear who is who
            codes &= {"identity-changed"}
            refused = codes & refused
            assert refused
        assert codes == refused
        self.is_applied = not refused
        self.count["refused" if refused else "applied"] += 1
        match self.chance.choice(("values", "values", "command line", "plan file")):
            case "values" if (accepted := accept(plan)) is not None:
                carry_out(Ledger(self.ledger), accepted, self.today, self.now, "somebody", "")
            case "plan file":
                self.run("plan", "--out", "plan.json", done=not refused)
                self.run("apply", "plan.json", "--commit", "c0ffee", done=not refused)
            case _:
                self.run("apply", "--yes", "--quiet", "--commit", "c0ffee", done=not refused)
        if not refused:
            assert self.plan().changes == []

    def claim(self) -> None:
        library, email = self.somebodys_license()
        account = self.chance.choice((email, f"own-{email}"))
        done = self.model.claim(library, email, account, self.now)
        self.run("ledger", "claim", library, email, "--account", account, done=done)

    def opt_out(self) -> None:
        library, email = self.somebodys_license()
        self.run("ledger", "opt-out", library, email, done=self.model.opt_out(library, email, self.now))

    def resend(self) -> None:
        if self.model.libraries:
            library = self.chance.choice(sorted(self.model.libraries))
            self.model.resend(library, self.now)
            self.run("resend", "--library", library, "--yes")

    def erase(self) -> None:
        who = self.chance.choice([*EMAILS, *ADMINS, "S1", "S2"])
        self.run("ledger", "erase", who, "--yes", done=self.model.erase(who))

    def prune(self) -> None:
        before = (self.today - timedelta(self.chance.choice((0, 5, 20)))).isoformat()
        self.model.prune(before)
        self.run("ledger", "prune", "--letters-before", before, "--yes")

    def take_over(self) -> None:
        """Import a portal's export of current and new members, if files and ledger agree or there is no ledger."""
        if not self.wish.libraries or (self.model.serial and not self.is_applied):
            return
        library = self.chance.choice(sorted(self.wish.libraries))
        portal = self.portal(library)
        columns = ("student_id", "given_name", "family_name", "email", "License Kind", "License Status")
        exported = [
            {**{n: vars(p)[n] for n in columns[:4]}, columns[4]: kind, columns[5]: status} for p, kind, status in portal
        ]
        write_csv(self.folder / "portal.csv", columns, exported)
        done = self.run("import", "portal.csv", "--library", library, "--yes", done=None)
        known = {person.key for person, _ in self.wish.people()}
        unsure = self.model.unsure(self.wish, [person for person, _, _ in portal])
        can_be = {kind for _, kind, _ in portal} <= {"none", *CAN[self.wish.libraries[library]["system"]][0]}
        portal = [row for row in portal if row[0].key not in unsure]  # they are told, and left as they are
        left = self.model.former(self.wish, [person for person, _, _ in portal])
        new = [person for person, _, _ in portal if person.key not in known | left.keys()]
        if done.code == ExitCode.DONE:
            self.take_over_what_was_added(new)
        expected = can_be and self.model.take_over(self.wish, library, portal, self.today.isoformat())
        assert (done.code == ExitCode.DONE) is expected, done
        self.is_applied = self.is_applied and not self.plan().changes

    def portal(self, library: str) -> list[tuple[Person, str, str]]:
        known = {person.key: person for person, _ in self.wish.people()}
        emails = self.chance.sample(EMAILS, self.chance.randint(1, 4))
        statuses = {
            "none": ("none", "opted_out", "revoked"),
            "temporary": ("unclaimed", "delivered"),
            "permanent": ("unclaimed", "delivered"),
        }
        portal = []
        for email in emails:
            number = next((n for n, m in enumerate(self.model.members, 1) if m["key"] == email and m["on_roster"]), 0)
            held = self.model.licenses.get((library, number), {"kind": "none"})["kind"]
            kinds = (
                ["temporary", "temporary", "none", "permanent"] if held != "permanent" else ["permanent"] * 9 + ["none"]
            )
            kind = self.chance.choice(kinds)
            portal.append((known.get(email, Person(email)), kind, self.chance.choice(statuses[kind])))
        return portal

    def take_over_what_was_added(self, new: list[Person]) -> None:
        """Add to ``wish`` what the import has added to the files."""
        config = yaml.safe_load((self.folder / "seatsync.yaml").read_text(encoding="utf-8"))
        rosters, listed = self.wish.rosters, [entry["path"] for entry in config["grants"] if "path" in entry]
        self.wish.rosters = {
            path: rosters.get(path, Roster((), new)) for path in (entry["path"] for entry in config["rosters"])
        }
        for row in (row for path in listed for row in read_csv(self.folder / path)):
            self.wish.rules.append(Rule(row["library"], row["kind"], {"emails": [row["email"].lower()]}))

    def move(self) -> None:
        """Dump the ledger, load it into the other kind of database, and from there back into this one."""
        for databases in (self.there, self.here):
            self.run("ledger", "dump", "--out", "grace.jsonl")
            before, self.ledger = self.ledger, databases.fresh()
            self.run("ledger", "load", "grace.jsonl")
            self.must_be_as_the_model_says()
            (self.here if databases is self.there else self.there).drop(before)

    # ── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def must_be_as_the_model_says(self) -> None:
        if not self.model.serial and not self.is_there():
            return
        with looking_into(self.ledger) as connection:
            id = self.model.institution["id"] if self.model.institution is not None else "grace"
            found = {table: rows(connection, table, id) for table in self.model.tables()}
            faults = verify(connection, id).faults
            must_fit(connection, id)
        assert faults == []
        for table, expected in self.model.tables().items():
            assert _rows_as_in_model(table, found[table]) == expected, table

    def is_there(self) -> bool:
        return "://" in self.ledger or Path(self.ledger).exists()

    # ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> str:
        return f"{self.today}T08:00:00Z"

    def plan(self) -> Plan:
        desired = load(InstitutionFolder.open(self.folder), datetime.fromisoformat(self.now)).desired
        assert desired is not None
        with Ledger(self.ledger).reading() as connection:
            snapshot = read_renamed(connection, desired.institution.id, desired.was)
        return judge(diff(desired, snapshot, self.today), datetime.fromisoformat(self.now), [])

    def somebodys_license(self) -> tuple[str, str]:
        """Return (library, e-mail), usually of somebody who has not claimed yet."""
        waiting = self.model.unclaimed()
        if waiting and self.chance.random() < 0.8:
            library, number = self.chance.choice(waiting)
            return library, str(self.model.members[number - 1]["email"])
        return self.chance.choice(("books", "sub")), self.chance.choice(EMAILS)

    def run(self, *args: str, done: bool | None = True) -> Outcome:
        """Run a command. ``done`` says whether it must succeed or be refused; None allows both, and files that say what can't be."""
        outcome = seatsync(*args, "--ledger", self.ledger, "--now", self.now, folder=self.folder)
        allowed = (
            (ExitCode.DONE, ExitCode.REFUSED, ExitCode.INVALID)
            if done is None
            else (ExitCode.DONE,)
            if done
            else (ExitCode.REFUSED,)
        )
        assert outcome.code in allowed, (args, outcome)
        return outcome


def _rows_as_in_model(table: str, found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return rows of the database in the model's form."""
    as_json = ("contacts", "rosters")
    return sorted(
        tuple(json.loads(row[name]) if name in as_json else row[name] for name in _COLUMNS[table].split())
        for row in found
    )


_COLUMNS = {
    "institution": "serial name contacts opt_out rosters applied_on",
    "library": "id title system kinds delivery slots",
    "admin": "key email given_name family_name",
    "member": "number email key given_name family_name student_id role tags imported_on on_roster account",
    "license": "library member kind status invited_on reminders resent until",
    "outbox": "letter library member address created_at state",
}
