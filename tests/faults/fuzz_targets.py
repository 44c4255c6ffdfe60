"""The targets of fuzzing: for each kind of file how to make inputs, how to feed them to seatsync, and what must hold."""

from __future__ import annotations

import io
import json
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch
from zlib import crc32

import click

from seatsync.cli import exits
from seatsync.cli.output.explanations import explanations
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.reports import text as report
from seatsync.reports.text import writer
from seatsync.sources.files import NAME, Folder
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from tests.faults import fuzz_forgery, fuzz_grammar, fuzz_samples
from tests.faults.fuzz_mutation import mutate
from tests.faults.fuzz_samples import BEFORE, EXPORT, NOW, PORTAL
from tests.support.command_line import Outcome, seatsync

TODAY = datetime(2026, 9, 8, tzinfo=UTC)
DONE, INVALID, REFUSED, STALE = 0, 3, 4, 5
_MOST_SHOWN = 20
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")  # including the line ends of YAML
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Input(NamedTuple):
    """Files by name, and the arguments for seatsync."""

    files: dict[str, bytes]
    args: tuple[str, ...] = ()


class Target(ABC):
    """One kind of input.

    ``feed`` runs within the limits of time and memory. ``judge`` checks the outcome.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def make(self, random: Random) -> Input:
        """Return an input of this kind."""

    @abstractmethod
    def feed(self, given: Input) -> Any:
        """Have seatsync read the input, within the limits of time and memory."""

    @abstractmethod
    def judge(self, given: Input, outcome: Any) -> str:
        """Check the outcome; return the text that a person gets, which must be the same every time."""

    def write(self, given: Input) -> None:
        put(self.folder, given)


def put(folder: Path, given: Input) -> None:
    """Write the files of an input as new files, because some file systems overwrite slowly."""
    for name, data in given.files.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(data)


# ── Checks of every report ──────────────────────────────────────────────────────────────────────────────────────────


def well_said(found: Sequence[Diagnostic], files: dict[str, bytes]) -> str:
    """Check that every diagnostic is complete; return the text that a person gets."""
    known, lines = _codes(), {name: _lines(data) for name, data in files.items()}
    for diagnostic in found:
        assert diagnostic.message.strip(), f"{diagnostic.code} says nothing"
        assert diagnostic.help.strip(), f"{diagnostic.code} does not help"
        assert diagnostic.code in known, f"{diagnostic.code} can't be explained"
        if diagnostic.origin is not None:
            file, line, column = diagnostic.origin
            assert column >= 1, f"{diagnostic.code} in column {column}"
            last = lines.get(file, line)
            assert 1 <= line <= last, f"{diagnostic.code} on line {line} of {last}"
    if not found:
        return ""
    out = io.StringIO()
    report.diagnostics(writer(out, no_color=True), found[:_MOST_SHOWN])
    return fit_to_be_shown(out.getvalue())


@cache
def _codes() -> frozenset[str]:
    return frozenset(explanations())


def is_wrong(found: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in found)


def _lines(data: bytes) -> int:
    """Return the largest number of lines in any encoding."""
    return max(len(_LINE_END.split(data.decode(charset, "replace"))) for charset in ("utf-8", "utf-16", "cp1252"))


def fit_to_be_shown(text: str) -> str:
    """Check that it has no control characters for a terminal."""
    found = _CONTROL.search(text)
    assert found is None, f"U+{ord(found[0]):04X} in {text[max(0, found.start() - 60) : found.end() + 20]!r}"
    return text


# ── Files of the desired state ──────────────────────────────────────────────────────────────────────────────────────


class Config(Target):
    """``seatsync.yaml`` next to valid files. Its plan is made and saved."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        fuzz_samples.write(folder, BEFORE)
        self.texts = [BEFORE[NAME].encode(), *fuzz_samples.examples("seatsync.yaml"), *fuzz_samples.corpus("config")]
        self.others = [*self.texts, *fuzz_samples.corpus("roster"), EXPORT.encode()]
        self.tree = _untyped(BEFORE[NAME])

    def make(self, random: Random) -> Input:
        if random.random() < 0.5:
            text = fuzz_grammar.as_yaml(random, fuzz_grammar.spoil(random, json.loads(self.tree)))
        else:
            text = mutate(random, self.texts[0] if random.random() < 0.5 else random.choice(self.texts), self.others)
        return Input({NAME: text})

    def feed(self, given: Input) -> tuple[bool, list[Diagnostic], str]:
        from seatsync.domain.snapshot import Snapshot
        from seatsync.planning.diff import diff
        from seatsync.refusals.judge import judge

        desired, found, _ = load(InstitutionFolder.open(self.folder), TODAY)
        if desired is None:
            return False, found, ""
        plan = judge(diff(desired, Snapshot(), TODAY.date()), TODAY, found)
        return True, [*found, *plan.refusals, *plan.warnings], plan.fingerprint

    def judge(self, given: Input, outcome: tuple[bool, list[Diagnostic], str]) -> str:
        is_read, found, fingerprint = outcome
        assert is_read != is_wrong(found), f"{'something' if is_read else 'nothing'} was read: {found}"
        return well_said(found, given.files) + fingerprint


def _untyped(text: str) -> str:
    """Return the YAML as JSON in which every scalar is text."""
    import yaml

    return json.dumps(yaml.load(text, Loader=yaml.BaseLoader))


class Reader(Target):
    """One file and its reader."""

    name = ""
    encodings: tuple[str, ...] = ("", "", "", "", "windows-1252", "utf-16")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.texts = self.sound()
        self.others = [*self.texts, BEFORE[NAME].encode(), EXPORT.encode(), PORTAL.encode()]

    @abstractmethod
    def sound(self) -> list[bytes]:
        """Return valid files."""

    def grown(self, random: Random) -> bytes:
        return fuzz_grammar.table(random)

    def make(self, random: Random) -> Input:
        grown = random.random() < 0.4
        data = self.grown(random) if grown else mutate(random, random.choice(self.texts), self.others)
        return Input({self.name: data}, (random.choice(self.encodings),))

    def feed(self, given: Input) -> tuple[object, list[Diagnostic]]:
        files = Folder(self.folder)
        text = files.read(self.name, encoding=given.args[0] or None)
        return self.read(text, files.found) if text is not None else None, files.found

    @abstractmethod
    def read(self, text: str, found: list[Diagnostic]) -> object:
        """Return what seatsync reads from a file."""

    def judge(self, given: Input, outcome: tuple[object, list[Diagnostic]]) -> str:
        made, found = outcome
        return well_said(found, given.files) + repr(made)


class CsvRoster(Reader):
    name = "members.csv"

    def sound(self) -> list[bytes]:
        return [
            BEFORE[self.name].encode(),
            PORTAL.encode(),
            EXPORT.encode(),
            *_tables(),
            *fuzz_samples.corpus("roster", ".csv"),
        ]

    def read(self, text: str, found: list[Diagnostic]) -> object:
        from seatsync.sources.rosters.members import RosterReader
        from seatsync.sources.rosters.read import read_rows

        reader = RosterReader(self.name, ["student"], found)
        read_rows(text, reader)
        return reader.members


class YamlRoster(CsvRoster):
    name = "staff.yaml"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tree = _untyped(BEFORE[self.name])

    def sound(self) -> list[bytes]:
        return [
            BEFORE[self.name].encode(),
            *fuzz_samples.examples(".yaml", 12),
            *fuzz_samples.corpus("roster", ".yaml"),
        ]

    def grown(self, random: Random) -> bytes:
        return fuzz_grammar.as_yaml(random, fuzz_grammar.spoil(random, json.loads(self.tree)))

    def read(self, text: str, found: list[Diagnostic]) -> object:
        from seatsync.sources.rosters.members import RosterReader
        from seatsync.sources.rosters.yaml_members import read_yaml

        reader = RosterReader(self.name, ["staff"], found)
        read_yaml(text, reader)
        return reader.members


class Grants(Reader):
    name = "extra.csv"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        fuzz_samples.write(folder, BEFORE)
        desired = load(InstitutionFolder.open(folder), TODAY).desired
        assert desired is not None
        self.libraries = dict(desired.libraries)

    def sound(self) -> list[bytes]:
        return [BEFORE[self.name].encode(), *fuzz_samples.corpus("grants")]

    def read(self, text: str, found: list[Diagnostic]) -> object:
        from seatsync.sources.selections import GrantsReader

        reader = GrantsReader(self.name, self.libraries, found)
        reader.read(text)
        return [(grant.library, grant.kind, grant.to.emails, grant.until, grant.origin) for grant in reader.grants]


class Selection(Reader):
    name = "graduates.csv"

    def sound(self) -> list[bytes]:
        return [BEFORE[self.name].encode(), *_tables(), *fuzz_samples.corpus("selection")]

    def read(self, text: str, found: list[Diagnostic]) -> object:
        from seatsync.sources.selections import read_selection

        selection = read_selection(text, self.name, found)
        return selection and selection.rows


class Export(Grants):
    """A portal's export, with or without a library."""

    name = "users.csv"

    def sound(self) -> list[bytes]:
        return [EXPORT.encode(), EXPORT.encode(), PORTAL.encode(), BEFORE["members.csv"].encode(), *_tables()]

    def make(self, random: Random) -> Input:
        made = super().make(random)
        return Input(made.files, (*made.args, random.choice(("books", "books", "jam", "own", ""))))

    def feed(self, given: Input) -> tuple[object, list[Diagnostic]]:
        self.library = given.args[1] or None
        return super().feed(given)

    def read(self, text: str, found: list[Diagnostic]) -> object:
        from seatsync.sources.portal.export import read_export

        return read_export(text, self.name, self.libraries, self.library, found)

    def judge(self, given: Input, outcome: tuple[object, list[Diagnostic]]) -> str:
        portal, found = outcome
        assert (portal is None) == is_wrong(found), f"{'nothing' if portal is None else 'something'} was read: {found}"
        return super().judge(given, outcome)


def _tables() -> tuple[bytes, ...]:
    return fuzz_samples.examples(".csv", 12)


# ── The command line ────────────────────────────────────────────────────────────────────────────────────────────────


def ran(*args: str, folder: Path) -> Outcome:
    """Run one command. An exception that it would report as a bug is raised."""
    with patch.object(exits, "failed", _failed):
        return seatsync(*args, folder=folder)


def _failed(error: Exception, tell: Callable[[Exception], int] = exits.failed) -> int:
    if exits.explained(error) is None and not isinstance(error, click.UsageError):
        raise error
    return tell(error)


def answered(outcome: Outcome, codes: Iterable[int], plain: bool = True) -> str:
    """Check that it exited with one of these codes, and that its output can be printed anywhere; return the output."""
    assert outcome.code in codes, f"exited with {outcome.code}: {outcome.err}"
    assert outcome.code == DONE or outcome.err.strip() or outcome.out.strip(), (
        f"exited with {outcome.code}, without a word"
    )
    outcome.out.encode()
    fit_to_be_shown(outcome.err)
    return str(outcome.code) + outcome.err + (fit_to_be_shown(outcome.out) if plain else outcome.out)


class CommandLine(Target):
    """Any damaged file of the desired state, read by commands."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.kinds = [kind(folder) for kind in (Config, CsvRoster, YamlRoster, Grants, Selection)]

    def make(self, random: Random) -> Input:
        files = random.choice(self.kinds).make(random).files
        command, *formats = random.choice(
            (("validate", "text", "json", "markdown"), ("plan", "text", "json", "markdown", "html"))
        )
        return Input(files, (command, "--format", random.choice(formats), *NOW))

    def write(self, given: Input) -> None:
        fuzz_samples.write(self.folder, BEFORE)
        super().write(given)

    def feed(self, given: Input) -> Outcome:
        return ran(*given.args, folder=self.folder)

    def judge(self, given: Input, outcome: Outcome) -> str:
        is_json = given.args[2] == "json"
        if is_json and outcome.out:
            json.loads(outcome.out)
        return answered(outcome, (DONE, INVALID, REFUSED), plain=given.args[2] == "text")


class Plan(Target):
    """A plan file, read by ``show``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        fuzz_samples.make_history(folder)
        self.plans = [(folder / "plan.json").read_text(encoding="utf-8")]
        fuzz_samples.make_first_plan(folder / "first")
        self.plans.append((folder / "first" / "plan.json").read_text(encoding="utf-8"))
        self.others = [EXPORT.encode(), BEFORE[NAME].encode(), (folder / "dump.jsonl").read_bytes()]

    def make(self, random: Random) -> Input:
        text = random.choice(self.plans)
        if random.random() < 0.3:
            data = mutate(random, text.encode(), [*self.others, *(plan.encode() for plan in self.plans)])
        else:
            data = fuzz_forgery.plan(random, text, sealed=random.random() < 0.8)
        return Input({"plan.json": data}, (random.choice(("text", "json", "markdown", "html")),))

    def feed(self, given: Input) -> Outcome:
        from seatsync.cli.commands.plan import load_plans
        from seatsync.formats.plan_document import BadPlanFile

        try:
            load_plans(self.folder / "plan.json")
        except BadPlanFile as bad:  # as most are; the command would report the same
            return Outcome(STALE, "", str(bad))
        return ran("show", "plan.json", "--format", given.args[0], folder=self.folder)

    def judge(self, given: Input, outcome: Outcome) -> str:
        return answered(outcome, (DONE, STALE), plain=given.args[0] == "text")


class WithLedger(Target):
    """A command that writes to a ledger: it succeeds and leaves a valid ledger, or it fails and does not touch the ledger."""

    command: tuple[str, ...] = ()
    codes: tuple[int, ...] = (DONE, INVALID, REFUSED)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.source = folder / "source"
        fuzz_samples.make_history(self.source)
        self.dump = (self.source / "dump.jsonl").read_text(encoding="utf-8")
        self.home = folder / "home"
        self.renew()

    def renew(self) -> None:
        """Restore files and ledger to their original state."""
        shutil.rmtree(self.home, ignore_errors=True)
        fuzz_samples.write(self.home, fuzz_samples.AFTER)
        shutil.copy(self.source / LEDGER, self.home)

    def write(self, given: Input) -> None:
        put(self.home, given)

    def feed(self, given: Input) -> Outcome:
        with patch("os.urandom", Random(1).randbytes):  # the output must be the same every time
            return ran(*self.command, *given.args, folder=self.home)

    def judge(self, given: Input, outcome: Outcome) -> str:
        is_touched = (self.home / LEDGER).read_bytes() != (self.source / LEDGER).read_bytes()
        try:
            if outcome.code == DONE:
                self.sound(given)
            assert not is_touched or outcome.code == DONE, f"exited with {outcome.code}, but wrote: {outcome.err}"
        finally:
            if is_touched:
                self.renew()
        return answered(outcome, self.codes)

    def sound(self, given: Input) -> None:
        """Check that the tables equal the journal, and that a command (a different one for each input) can read them."""
        another = _READING[crc32(b"".join(given.files.values())) % len(_READING)]
        for command in (("verify",), another):
            outcome = ran(*command, folder=self.home)
            codes = (DONE, INVALID, REFUSED) if command[0] == "plan" else (DONE,)
            assert outcome.code in codes, f"{command[0]} exited with {outcome.code}: {outcome.err or outcome.out}"


LEDGER = "seatsync.db"
_READING = (("status",), ("members",), ("licenses",), ("log",), ("outbox", "list"), ("export",), ("plan", *NOW))


class Apply(WithLedger):
    """A forged plan, read by ``apply``."""

    command: tuple[str, ...] = ("apply", "plan.json", ".", *NOW)
    codes: tuple[int, ...] = (DONE, INVALID, REFUSED, STALE)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.plan = (self.source / "plan.json").read_text(encoding="utf-8")

    def make(self, random: Random) -> Input:
        return Input({"plan.json": fuzz_forgery.plan(random, self.plan)})


class FirstApply(Apply):
    """The same, without a ledger."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        fuzz_samples.make_first_plan(folder / "first")
        self.plan = (folder / "first" / "plan.json").read_text(encoding="utf-8")

        empty = folder / "empty"
        empty.mkdir()
        ran("ledger", "migrate", folder=empty)
        self.source = empty
        self.renew()


class Dump(FirstApply):
    """A damaged or forged dump, read by ``load``."""

    command = ("ledger", "load", "dump.jsonl")
    codes = (DONE, INVALID, REFUSED)

    def make(self, random: Random) -> Input:
        if random.random() < 0.3:
            return Input({"dump.jsonl": mutate(random, self.dump.encode(), [self.plan.encode()])})
        return Input({"dump.jsonl": fuzz_forgery.dump(random, self.dump)})


class Import(WithLedger):
    """A portal's export, read by ``import``: files and ledger get its contents, and the next plan is empty."""

    command = ("import", "users.csv", "--yes", *NOW)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.exports = Export(self.folder)

    def make(self, random: Random) -> Input:
        made = self.exports.make(random)
        library = ("--library", made.args[1]) if made.args[1] else ()
        return Input(made.files, library)

    def sound(self, given: Input) -> None:
        super().sound(given)
        assert load(InstitutionFolder.open(self.home), TODAY).desired is not None, "the written files can't be read"


TARGETS: dict[str, type[Target]] = {
    "config": Config,
    "csv-roster": CsvRoster,
    "yaml-roster": YamlRoster,
    "grants": Grants,
    "selection": Selection,
    "export": Export,
    "command-line": CommandLine,
    "plan": Plan,
    "apply": Apply,
    "first-apply": FirstApply,
    "dump": Dump,
    "import": Import,
}
