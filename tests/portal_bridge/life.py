"""The life of an institution: files change, a registrar works in the portals, people click there, exports come back."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from seatsync.domain.failure import ExitCode
from seatsync.domain.portal.at_vendor import users_there
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.work import open_counts, open_work
from seatsync.ledger.read import read_snapshot
from seatsync.planning.work import count_people
from tests.faults.history_checks import must_be_sound
from tests.portal_bridge.files import SLOTS, TITLES, Files
from tests.portal_bridge.hands import Hands, owned
from tests.support.command_line import Outcome, seatsync
from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.logos import PERMANENT, LogosPortal
from tests.support.vendors.registrar import WAYS, Portals, Registrar

ANY = tuple(ExitCode)


class Export(NamedTuple):
    """A file from a portal, and when it was made. ``library`` is empty if its columns name the libraries."""

    content: bytes
    taken: str
    library: str


class Life:
    """One institution: its files, its ledger, both portals, and who works there."""

    def __init__(self, at: Path, ledger: str, chance: random.Random, count: Counter[str]) -> None:
        self.at, self.ledger, self.chance, self.count = at, ledger, chance, count
        self.now = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
        self.files = Files(at / "grace", chance)
        self.logos = LogosPortal(lambda: self.now, opt_out=True, writes_kind_before=chance.random() < 0.5)
        self.logos.add_library(TITLES["books"], SLOTS)
        self.logos.add_library(TITLES["sub"], SLOTS, is_subscription=True)
        self.jam = JamworksPortal(SLOTS)
        self.jam.admins["ruth@grace.example"] = Person("ruth@grace.example", "Ruth", "Abel")
        self.hands = Hands(self.logos, self.jam, chance)
        self.registrar = Registrar(Portals(self.logos, self.jam), chance)
        self.exports: list[Export] = []
        self.kept: Path | None = None
        """A bundle that is still to be carried out."""
        self.asked: set[tuple[str, str]] = set()
        """Permanent licenses that applied files asked for, as (library, e-mail of today)."""
        self.asked_ids: set[tuple[str, str]] = set()
        """The same as (library, student id): in the portal, people may still have an e-mail of before."""
        self.emails: dict[str, str] = {}
        """Everybody's e-mail in the applied files, by student id."""
        self.log: list[str] = []
        self.apply()

    # ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self) -> None:
        happenings = {
            self.edit_and_apply: 8,
            self.work: 6,
            self.members_act: 6,
            self.click: 3,
            self.export: 3,
            self.take_export: 3,
            self.commit_export: 2,
            self.look: 1,
            self.let_days_pass: 1,
            self.buy: 0.5,
        }
        (happening,) = self.chance.choices(list(happenings), list(happenings.values()))
        self.count["steps"] += 1
        self.tick()
        before = owned(self.logos)
        self.note(happening.__name__)
        try:
            happening()
            lost = before - owned(self.logos)
            assert not lost or happening == self.members_act, f"a permanent license was lost: {lost}"
        except BaseException as error:
            error.add_note(f"In step {self.count['steps']}, in {self.at}\n" + "\n".join(self.log[-30:]))
            raise

    def edit_and_apply(self) -> None:
        before = self.files.contents()
        self.note(self.files.edit(self.now.date()))
        self.apply(otherwise=before)

    def let_days_pass(self) -> None:
        self.now += timedelta(self.chance.choice((1, 3, 20)))
        self.apply()

    def buy(self) -> None:
        """The institution buys slots, or a few less: first there, then in the files."""
        before, more = self.files.contents(), self.chance.choice((-1, 1, 3))
        library = self.files.buy(more)
        if self.apply(otherwise=before):
            if library == "jam":
                self.jam.seats += more
            else:
                self.logos.library(TITLES[library]).total += more

    def work(self) -> None:
        """The registrar takes the bundle, or one that was kept, and carries it out in one of many ways. Some forget to say so."""
        if self.kept is None:
            self.kept = self.bundle()
        if self.kept is None or self.chance.random() < 0.2:
            return
        way = self.chance.choice(("whole", *WAYS))
        done, complaints = self.registrar.carry_out(self.kept, way)
        self.note(f"{way}: {[step.name for step in done]} {complaints}")
        self.count[f"bundles {way}"] += 1
        self.count["complaints"] += len(complaints)
        self.kept = None
        if self.chance.random() < 0.7:
            self.tick()
            for step in done:
                self.run(*step.command, "--yes")

    def members_act(self) -> None:
        for _ in range(self.chance.choice((1, 3, 6))):
            self.count["claims"] += self.hands.claim()
            if self.chance.random() < 0.15:
                self.count["opt-outs"] += self.hands.opt_out()

    def click(self) -> None:
        clicked = self.hands.click()
        self.note(clicked)
        self.count["clicks by hand"] += bool(clicked)

    def export(self) -> None:
        self.exports.append(self.exported(self.chance.choice(list(TITLES))))

    def take_export(self) -> None:
        """Import an export: at once, or one that was made some time ago."""
        if self.exports:
            export = self.exports.pop(self.chance.randrange(len(self.exports)))
            self.take(export, may_be_refused=True)

    def commit_export(self) -> None:
        """Name an export in the files, and apply."""
        if self.exports:
            before = self.files.contents()
            export = self.exports.pop(self.chance.randrange(len(self.exports)))
            self.commit(export)
            self.apply(otherwise=before)

    def look(self) -> None:
        """``drift`` writes nothing. ``status`` has as many people in each step as the work list."""
        export = self.exported(self.chance.choice(list(TITLES)))
        self.drift(export)
        with Ledger(self.ledger).reading() as connection:
            assert open_counts(connection, "grace")[1] == count_people(open_work(connection, "grace")[1])

    # ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, otherwise: dict[str, bytes] | None = None) -> bool:
        """Apply the files. If they are refused, put ``otherwise`` back. Return whether they were applied."""
        outcome = self.run("apply", "--yes", "--quiet", allowed=(ExitCode.DONE, ExitCode.REFUSED))
        if outcome.code == ExitCode.REFUSED:
            self.note("refused: " + outcome.err.strip().replace("\n", " ")[:200])
            self.count["refused"] += 1
            if otherwise is not None:
                self.files.restore(otherwise)
            return False
        emails = self.files.emails_by_id()
        called = {self.emails[id]: email for id, email in emails.items() if id in self.emails}
        self.emails |= emails
        wanted = self.files.wanted(self.now.date())
        self.asked = {(library, called.get(email, email)) for library, email in self.asked}
        self.asked |= {(library, email) for (library, email), kind in wanted.items() if kind == PERMANENT}
        ids = {email: id for id, email in emails.items()}
        self.asked_ids |= {(library, ids[email]) for library, email in self.asked if email in ids}
        self.count["applied"] += 1
        return True

    def bundle(self) -> Path | None:
        """Write the bundle. Return None if there is nothing to do."""
        folder = self.at / "bundle"
        shutil.rmtree(folder, ignore_errors=True)
        if not self.work_list():
            return None
        self.run("worklist", "bundle", str(folder))
        return folder

    def work_list(self) -> list[Any]:
        listed: list[Any] = json.loads(self.run("worklist", "list", "--format", "json").out)
        return listed

    def licenses(self) -> list[dict[str, Any]]:
        """All licenses in the ledger, also of people who have left."""
        listed: list[dict[str, Any]] = json.loads(self.run("licenses", "--all", "--format", "json").out)
        return listed

    def known_as(self, email: str) -> str:
        """The e-mail in the ledger of whoever has this one in the Logos portal."""
        with Ledger(self.ledger).reading() as connection:
            members = read_snapshot(connection, "grace").members.values()
        found = [member.email for member in members if users_there(member).get("logos", {}).get("email") == email]
        return found[0].lower() if found else email

    def exported(self, library: str) -> Export:
        """Make an export. Logos writes the columns of all libraries, or of the one whose list it is."""
        if library == "jam":
            return Export(self.jam.member_list(), self.at_present, library)
        if self.chance.random() < 0.5:
            return Export(self.logos.export_user_data(), self.at_present, "")
        return Export(self.logos.export_user_data(TITLES[library]), self.at_present, library)

    def take(self, export: Export, *, may_be_refused: bool) -> None:
        allowed = (ExitCode.DONE, ExitCode.REFUSED) if may_be_refused else (ExitCode.DONE,)
        self.run("import", *self._arguments(export), "--yes", allowed=allowed)
        self.count["exports imported"] += 1

    def commit(self, export: Export) -> None:
        config = self.files.config
        path = f"exports/{export.taken.replace(':', '')}-{export.library or 'all'}.csv"
        (self.files.folder / "exports").mkdir(exist_ok=True)
        (self.files.folder / path).write_bytes(export.content)
        library = {"library": export.library} if export.library else {}
        config.setdefault("exports", []).append({"path": path, **library, "taken": export.taken})
        self.files.write_config(config)
        self.count["exports committed"] += 1

    def drift(self, export: Export) -> dict[str, Any]:
        outcome = self.run(
            "drift", *self._arguments(export), "--format", "json", allowed=(ExitCode.DONE, ExitCode.CHANGES)
        )
        found: dict[str, Any] = json.loads(outcome.out)
        return found

    def run(self, *args: str, allowed: Collection[int] = (ExitCode.DONE,)) -> Outcome:
        outcome = seatsync(*args, "--ledger", self.ledger, "--now", self.at_present, folder=self.files.folder)
        self.note(f"$ seatsync {' '.join(args)} → {outcome.code}")
        assert outcome.code in allowed, (args, outcome)
        assert "Traceback" not in outcome.err
        return outcome

    def _arguments(self, export: Export) -> list[str]:
        path = self.at / "export.csv"
        path.write_bytes(export.content)
        library = ["--library", export.library] if export.library else []
        return [str(path), *library, "--taken", export.taken]

    # ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def at_present(self) -> str:
        return f"{self.now:%Y-%m-%dT%H:%M:%SZ}"

    def tick(self) -> None:
        self.now += timedelta(minutes=self.chance.choice((1, 7, 90, 700)))

    def note(self, text: str) -> None:
        self.log.append(f"{self.count['steps']} {self.at_present} {text}")

    def must_be_sound(self) -> None:
        must_be_sound(self.ledger)
