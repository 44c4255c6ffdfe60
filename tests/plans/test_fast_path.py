"""The fast paths give the same plan as the slow path, byte for byte, for any files, order, duplicates and spelling."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy.event
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from seatsync.cli.at_once import answer
from seatsync.domain.action import Letter
from seatsync.domain.letters import LetterState
from seatsync.domain.text.days import iso
from seatsync.formats.plan_document import to_document, to_text
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.outbox import HELD, Mark, mark, take_due
from seatsync.ledger.read import knows
from seatsync.plans.make import make_plan
from seatsync.plans.partial import partial_plan
from seatsync.plans.result import PlanResult
from seatsync.plans.since import since_apply
from seatsync.plans.unchanged import unchanged_plan
from seatsync.plans.whole import whole_plan
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.rosters.members import RosterReader
from tests.plans.roster_forms import SETS, SUFFIXES, csv_of, write_roster
from tests.support.accounts import signed_up
from tests.support.command_line import seatsync
from tests.support.databases import location, removed
from tests.support.long_form import times

pytestmark = pytest.mark.slow

DAY = datetime(2026, 9, 1, tzinfo=UTC)
ADMIN = "given_name: R, family_name: A, email: r@g.example"
NAMES = ["ann", "ben", "cy", "dee", "eli", "fay", "gus", "hal"]
GIVEN = ["Ann", "Ben", "Zoë", "O'Neil", 'Mary "May"', "Lee, Jr.", "ChloÃ©", "Jo  Ann"]
TAGS = ["a", "b", "c", "old", "x,y"]
COLUMNS = [
    ["email", "given_name", "family_name", "student_id", "tags"],
    ["student_id", "tags", "email", "family_name", "given_name", "role"],
    ["tags", "given_name", "family_name", "email"],
    ["email", "given_name", "family_name"],
    ["email", "given_name", "family_name", "tags", "remark"],
    ["email", "given_name", "family_name", "student_id", "tags", "exit date"],
]
SELECTORS = [
    "{everyone: true}",
    "{tags: [a]}",
    "{tags: [a, b]}",
    "{any_tags: [b, c]}",
    "{everyone: true, not_tags: [b]}",
    "{tags: [nobody]}",
    "{emails: [ann@g.example, zed@g.example]}",
    "{file: chosen.csv}",
    "{tags: ['imported:2026-09-01']}",
    "{roles: [student, dean]}",
    "{everyone: true, not_emails: [ann@g.example, zed@g.example]}",
    "{not_file: chosen.csv}",
]
APPROVED = """limits: {permanent: retain, max_revokes: 0}
approvals:
  - {refusal: too-many-revokes, library: books, count: 1, until: 2026-09-04, reason: one}
  - {refusal: too-many-revokes, library: books, count: 9, until: 2026-12-31, reason: all}
  - {refusal: too-many-revokes, library: sub, count: 1, until: 2026-12-31, reason: one}
  - {refusal: empty-roster, until: 2026-12-31, reason: any}
"""
WHO_IS_WHO = """approvals:
  - {refusal: identity-changed, member: [ann@g.example, cy@g.example], is: new, until: 2026-12-31, reason: new}
  - {refusal: identity-changed, member: [ben@g.example, dee@g.example], is: same, until: 2026-12-31, reason: same}
"""
TERMS = "terms: {first: {from: 2026-08-01, until: 2026-09-02}, second: {from: 2026-09-03, until: 2026-09-04}}\n"
LEAVER = {
    "email": "zoe@g.example",
    "given_name": "Zoe",
    "family_name": "Roy",
    "student_id": "9",
    "role": "",
    "tags": "a;b",
    "remark": "-",
    "exit date": "",
}
"""Who leaves before the story begins, so that some approvals are used, and somebody may be in the grace period of leavers."""
people = st.fixed_dictionaries(
    {
        "email": st.sampled_from([f"{name}@g.example" for name in NAMES] + ["Ann@G.example"]),
        "given_name": st.sampled_from(GIVEN),
        "family_name": st.sampled_from(["Lee", "Ode"]),
        "student_id": st.sampled_from(["", "1", "01", "2", "3", "#4"]),
        "role": st.sampled_from(["", "Student"]),
        "tags": st.lists(st.sampled_from(TAGS), max_size=3).map(lambda tags: ";".join(dict.fromkeys(tags))),
        "remark": st.just("-"),
        "exit date": st.sampled_from(["", "", "2026-08-31", "2026-09-01", "2026-09-04", "2027-06-30"]),
    }
)
rosters = st.lists(people, min_size=1, max_size=8, unique_by=lambda person: person["email"])
rules = st.lists(
    st.tuples(
        st.sampled_from(["books, kind: temporary", "books, kind: permanent", "sub", "jam"]),
        st.sampled_from(SELECTORS),
        st.sampled_from(
            [
                "",
                ", resend: once",
                ", priority: 5",
                ", regrant: true",
                ", until: 2026-09-04",
                ", until: 2027-06-30",
                ", until: 9999-12-31",
                ", after: {days: 2}",
                ", after: {days: 40}",
                ", from: 2026-09-03",
                ", from: 2026-09-05, until: 2026-09-05",
                ", from: 2026-09-05, after: {days: 1}",
                ", after: {terms: 2}",
                ", after: {terms: 1, not_counting: {any_tags: [student, staff]}}",
                ", term: second",
            ]
        ),
    ).filter(
        lambda rule: not any(key in rule[2] for key in (("until", "term:") if "permanent" in rule[0] else ("after",)))
    ),
    min_size=1,
    max_size=4,
)
BOUGHT = [
    ", slots: [{count: 4, until: 2026-09-02}, {count: 2}], price: 42 USD/year, warn_below: 3",
    ", when_full: wait, slots: [{count: 2}, {count: 3, from: 2026-09-03}], contract: {until: 2026-10-31, notice: 60d}",
]
"""Seats that come and go by the day, with a price, a contract and a warning."""

FREEZES = [
    "freeze: [{from: 2026-09-02, until: 2026-09-04, reason: finals}]\n",
    "freeze: [{from: 2026-09-01, until: 2026-09-01, actions: [revoke, resend]}, {from: 2026-09-05, until: 2026-09-06, actions: resend}]\n",
]
INVITES = ["invites: {remind_after: [2d, 5d]}\n", "invites: {remind_after: [2d], reclaim_after: 4d}\n"]
files = st.fixed_dictionaries(
    {
        "columns": st.sampled_from(COLUMNS),
        "rules": rules,
        "remind": st.sampled_from(["", *INVITES]),
        "leavers": st.sampled_from(["", "leavers: {grace: 2d}\n", "leavers: {grace: 4d}\n"]),
        "freeze": st.sampled_from(["", "", *FREEZES]),
        "limits": st.sampled_from(["", "limits: {permanent: retain, max_revokes: 0}\n", APPROVED, WHO_IS_WHO]),
        "tags": st.sampled_from(["", ", tags: [all]"]),
        "two": st.booleans(),
        "where": st.sampled_from(["", "", ", delivered_by: vendor"]),
        "line": st.sampled_from(
            ["", "", ", slots: 6", ", slots: 3, when_full: wait", ", slots: 2, when_full: wait", *BOUGHT]
        ),
        "zone": st.sampled_from(["", "", ", timezone: America/Chicago", ", timezone: Pacific/Auckland"]),
        "form": st.sampled_from([*["csv"] * 6, "yaml", "yaml", "xlsx", *SETS]),
        "other": st.sampled_from(["", "", "", "zip"]),
    }
)


def plainly(chosen: dict[str, Any]) -> dict[str, Any]:
    return chosen | {"rules": [rule for rule in chosen["rules"] if rule[1] in SELECTORS[:2]]}


life = st.lists(
    st.tuples(
        st.sampled_from(["claim", "opt-out", "resend", "send", "send"]),
        st.sampled_from(NAMES),
        st.sampled_from(["books", "sub", "jam"]),
    ),
    max_size=4,
)
signing_up = st.tuples(*[st.sets(st.sampled_from(NAMES), max_size=2)] * 2)
writing = st.fixed_dictionaries(
    {
        "shuffled": st.randoms(use_true_random=False),
        "ends": st.sampled_from(["\n", "\n", "\n", "\r\n"]),
        "around": st.sampled_from(["", "", "", " "]),
        "blank": st.booleans(),
        "twice": st.sampled_from([False, False, False, True]),
        "tags_turned": st.sampled_from([0, 1, 2]),
        "quoted": st.sampled_from([0, 0, 1, 2]),
        "columns_turned": st.booleans(),
        "terms": st.sampled_from([0, 0, 1]),
    }
)


QUICKLY = partial(
    settings,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # each example is a whole history; shrinking takes minutes
)


def write(folder: Path, chosen: dict[str, Any], roster: list[dict[str, str]], how: dict[str, Any]) -> None:
    """Write an institution. Of two rosters, the second may have another form."""
    folder.mkdir(exist_ok=True)
    forms = [chosen["form"], chosen.get("other") or chosen["form"]][: 1 + chosen["two"]]
    names = [f"{name}{SUFFIXES[form]}" for name, form in zip(["one", "two"], forms, strict=False)]
    entries = [f"path: {name}{more}" for name, more in zip(names, [chosen["tags"], ""], strict=False)]
    of_set = ", map: {student_id: identifier}, tags_from: {role: null}"
    entries = [entry + of_set * (form in SETS) for entry, form in zip(entries, forms, strict=True)]
    prefix = "class:" if {*forms} & {*SETS} else ""
    grants = "\n".join(
        f"  - {{library: {what}, to: {of_classes(to, prefix)}{more}}}" for what, to, more in chosen["rules"]
    )
    (folder / "seatsync.yaml").write_text(
        f"version: 1\ninstitution: {{id: g, name: G, opt_out: true{chosen.get('zone', '')}, admins: [{{{ADMIN}}}]}}\n"
        "libraries:\n"
        f"  books: {{title: B, system: logos-library{chosen.get('line') or ', slots: 6'}{chosen.get('where', '')}}}\n"
        "  sub: {title: S, system: logos-subscription, slots: 9}\n"
        f"  jam: {{title: J, system: jamworks, slots: 9{chosen.get('where', '')}}}\n"
        f"{TERMS}rosters: [{', '.join(f'{{{entry}}}' for entry in entries)}]\n"
        f"{chosen['remind']}{chosen.get('leavers', '')}{chosen.get('freeze', '')}{chosen['limits']}grants:\n{grants}\n",
        encoding="utf-8",
    )
    (folder / "chosen.csv").write_text("email,student_id\nben@g.example,2\n,3\nzed@g.example,\n", encoding="utf-8")
    columns = chosen["columns"][:: -1 if how.get("columns_turned") else 1]
    for position, (name, form) in enumerate(zip(names, forms, strict=True)):
        part = roster[position :: len(names)]
        if prefix and form not in SETS:
            part = [
                person | {"tags": ";".join(prefix + tag for tag in person["tags"].split(";") if tag)} for person in part
            ]
        write_roster(folder, name, form, columns, part, how)


def of_classes(selector: str, prefix: str) -> str:
    """The selector for tags as sets give them: with a ``prefix``."""
    return re.sub(r"\b([abc])\b(?=[],])", rf"'{prefix}\1'", selector) if prefix else selector


def begun_anew(place: Path) -> None:
    """Restore the state from before the previous example."""
    if place.exists():
        with suppress(FileNotFoundError):
            removed(place)
        shutil.rmtree(place)


def lived(
    place: Path,
    chosen: dict[str, Any],
    roster: list[dict[str, str]],
    happened: list[tuple[str, str, str]],
    accounts: tuple[set[str], set[str]],
) -> None:
    """Apply the files, then let things happen. Some people had accounts before, some have created them since."""
    begun_anew(place)
    before, since = accounts
    if chosen["limits"] == APPROVED or chosen["leavers"]:
        write(place, chosen, [*roster, LEAVER], {})
        seatsync("apply", "--yes", "--now", "2026-09-01", folder=place)
    write(place, chosen, roster, {})
    if before:
        seatsync("ledger", "migrate", folder=place)
    for who in before:
        signed_up(place, f"{who}@g.example")
    seatsync("apply", "--yes", "--now", "2026-09-01", folder=place)
    for what, who, library in happened:
        if what == "send":
            letters_go_out(place, f"{who}@g.example")
            continue
        of_all_who = ["resend", "--library", library, "--yes"]
        args = of_all_who if what == "resend" else ["ledger", what, library, f"{who}@g.example"]
        seatsync(*args, "--now", "2026-09-01", folder=place)
    with Ledger(location(place)).reading() as connection:
        is_there = connection is not None
    for who in since - before if is_there else ():
        signed_up(place, f"{who}@g.example")


def letters_go_out(place: Path, coming_back: str) -> None:
    """Send the letters that wait; those to one address come back."""

    def send(connection: Connection) -> None:
        due, _ = take_due(connection, "g", DAY, 1000, tuple(Letter)) if knows(connection, "g") else ([], 0)
        states = [LetterState.BOUNCED if one.address == coming_back else LetterState.SENT for one in due]
        marks = [Mark(one.serial, state, iso(DAY), "") for one, state in zip(due, states, strict=True)]
        mark(connection, "g", marks, iso(DAY + HELD))

    ledger = Ledger(location(place))
    with ledger.reading() as connection:
        is_there = connection is not None
    if is_there:
        ledger.write("g", "sender", "", send)


def text_of(made: PlanResult) -> str:
    if made.plan is None:
        return "\n".join(map(str, made.found))
    return "".join(to_text([to_document(made.plan)], False))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "g"


@QUICKLY(max_examples=times(short=30, long=5_000))
@given(
    chosen=files,
    roster=rosters,
    happened=life,
    accounts=signing_up,
    dropped=st.sets(st.integers(0, 7), max_size=2),
    changed=st.dictionaries(st.integers(0, 7), people, max_size=2),
    more=st.lists(people | st.just(LEAVER), max_size=1),
    how=writing,
    hours=st.sampled_from([0, 4, 11, 24, 48, 96, 99, 107, 120, 960]),
    other=st.sampled_from([None, None, None, files]),
    data=st.data(),
)
def test_the_fast_path_gives_the_plan_of_the_slow_path(
    place: Path,
    database: str,
    chosen: dict[str, Any],
    roster: list[dict[str, str]],
    happened: list[tuple[str, str, str]],
    accounts: tuple[set[str], set[str]],
    dropped: set[int],
    changed: dict[int, dict[str, str]],
    more: list[dict[str, str]],
    how: dict[str, Any],
    hours: int,
    other: Any,
    data: st.DataObject,
) -> None:
    lived(place, chosen, roster, happened, accounts)
    then = [changed.get(position, person) for position, person in enumerate(roster) if position not in dropped] + more
    if how["shuffled"].random() < 0.3:
        how["shuffled"].shuffle(then)
    write(place, data.draw(other) if other is not None else chosen, then, how)
    with Ledger(location(place)).reading() as connection:
        now = DAY + timedelta(hours=hours)
        long = whole_plan(InstitutionFolder.open(place), connection, now)
        since = since_apply(connection, "g", now) if connection is not None else None
        short = (
            connection is not None
            and since is not None
            and partial_plan(InstitutionFolder.open(place), connection, since, now)
        )
        event(f"the fast path works: {bool(short)}")
        assert text_of(make_plan(InstitutionFolder.open(place), connection, now, "g")) == text_of(long)


@QUICKLY(max_examples=times(short=12, long=2_000))
@given(
    chosen=files.map(plainly),
    roster=rosters.map(lambda roster: [person | {"given_name": "Ann", "tags": "a;b"} for person in roster]),
    happened=life,
    accounts=signing_up,
    hours=st.sampled_from([0, 4, 11, 24, 48, 96, 99, 107, 120, 960]),
)
def test_what_is_unchanged_needs_no_reading_to_give_the_same_plan(
    place: Path,
    database: str,
    chosen: dict[str, Any],
    roster: list[dict[str, str]],
    happened: list[tuple[str, str, str]],
    accounts: tuple[set[str], set[str]],
    hours: int,
) -> None:
    lived(place, chosen, roster, happened, accounts)
    with Ledger(location(place)).reading() as connection:
        now = DAY + timedelta(hours=hours)
        since = since_apply(connection, "g", now) if connection is not None else None
        plan = since is not None and unchanged_plan(InstitutionFolder.open(place), since, now)
        event(f"unchanged: {bool(plan)}")
        if plan:
            assert text_of(PlanResult(plan, [])) == text_of(whole_plan(InstitutionFolder.open(place), connection, now))
    said = answer(["plan", str(place)], now) if database == "sqlite" else None
    event(f"answered at once: {said is not None}")
    if said is not None:
        assert seatsync("plan", str(place), "--now", now.isoformat(), folder=place) == (0, said, "")


# ── How much is read ───────────────────────────────────────────────────────────────────────────────────────────


def write_of(place: Path, chosen: dict[str, Any], roster: list[dict[str, str]]) -> None:
    """Write a folder with enough seats for everybody."""
    write(place, chosen, roster, {})
    text = (place / "seatsync.yaml").read_text(encoding="utf-8")
    (place / "seatsync.yaml").write_text(text.replace("slots: 9", "slots: 9000"), encoding="utf-8")


def grown(place: Path, members: int) -> list[dict[str, str]]:
    """Apply an institution whose ``members`` all hold a license; return its roster."""
    roster = [
        {"email": f"m{i}@g.example", "given_name": "Ann", "family_name": "Lee", "student_id": f"S{i}", "tags": "a;b"}
        for i in range(members)
    ]
    write_of(place, ONE_RULE, roster)
    assert seatsync("apply", "--yes", "--quiet", folder=place).code == 0
    return roster


ONE_RULE: dict[str, Any] = {
    "form": "csv",
    "columns": COLUMNS[0],
    "rules": [("sub", "{tags: [a]}", "")],
    "remind": "",
    "limits": "",
    "tags": "",
    "two": False,
}


def members_made(place: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many members of the files a plan has read."""
    taken: list[int] = []
    take, take_plain = RosterReader.take, RosterReader.take_plain

    def one(reader: RosterReader, *args: Any, **more: Any) -> None:
        taken.append(1)
        take(reader, *args, **more)

    def many(reader: RosterReader, columns: Any, lines: Any, *more: Any) -> bool:
        kept = take_plain(reader, columns, lines, *more)
        taken.append(len(lines) if kept else 0)
        return kept

    monkeypatch.setattr(RosterReader, "take", one)
    monkeypatch.setattr(RosterReader, "take_plain", many)
    assert seatsync("plan", "--quiet", folder=place).code == 0
    return sum(taken)


def test_where_nothing_changed_nobody_is_looked_at(place: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grown(place, 300)
    assert members_made(place, monkeypatch) == 0


def test_a_plan_looks_at_those_who_changed_and_no_others(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = grown(place, 300)
    changed = [person | {"given_name": "Eve"} if person["student_id"] in ("S7", "S9") else person for person in roster]
    text = csv_of(
        COLUMNS[0], [*changed[:200], *changed[210:], roster[0] | {"email": "new@g.example", "student_id": "N"}], {}
    )
    (place / "one.csv").write_text(text, encoding="utf-8")
    assert members_made(place, monkeypatch) == 3


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("tags", "a;https://g.example/p?id=7", 1),
        ("role", "Why?", 1),
        ("student_id", "?{}", 1),
        ("given_name", "Zo?", 300),
        ("family_name", "L?e", 300),
        ("role", "FranÃ§ais", 1),
        ("given_name", "FranÃ§ois", 300),
    ],
)
def test_only_what_stands_in_a_name_can_be_a_lost_letter_and_is_read_again(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch, field: str, value: str, read: int
) -> None:
    roster = [person | {"role": ""} | {field: value.format(n)} for n, person in enumerate(grown(place, 300))]
    columns = ["email", "family_name", "given_name", "role", "student_id", "tags"]
    (place / "one.csv").write_text(csv_of(columns, roster, {}), encoding="utf-8")
    assert seatsync("apply", "--yes", "--quiet", folder=place).code == 0
    roster[7]["family_name"] += "son"
    (place / "one.csv").write_text(csv_of(columns, roster, {}), encoding="utf-8")
    assert members_made(place, monkeypatch) == read


@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_a_way_to_write_tags_is_known_however_few_write_so(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    chosen = ONE_RULE | {"form": form}
    common, rare = "a;b", ["c;a;b", "b;old;a", "a"]
    tags = [rare[0], *[common] * 4_998, *rare[1:]]
    roster = [person | {"tags": own} for person, own in zip(grown(place, 5_001), tags, strict=True)]
    write_of(place, chosen, roster)
    assert seatsync("apply", "--yes", "--quiet", folder=place).code == 0
    write_of(place, chosen, [roster[0], roster[1] | {"given_name": "Eve"}, *roster[2:]])
    assert members_made(place, monkeypatch) == 1


@pytest.mark.parametrize(("differing", "is_short"), [(10, True), (11, False)])
@pytest.mark.parametrize("how", ["changed", "new", "gone"])
def test_where_more_than_a_quarter_differ_the_fast_path_gives_up(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch, how: str, differing: int, is_short: bool
) -> None:
    monkeypatch.setattr("seatsync.plans.differing.FEW", 0)
    roster = grown(place, 40 if how != "gone" else 40 + differing)
    if how == "changed":
        roster = [*(person | {"given_name": "Eve"} for person in roster[:differing]), *roster[differing:]]
    elif how == "new":
        roster = [
            *roster[:-differing],
            *(person | {"email": f"n.{person['email']}", "student_id": ""} for person in roster[-differing:]),
        ]
    else:
        roster = roster[differing:]
    write_of(place, ONE_RULE, roster)
    with Ledger(location(place)).reading() as connection:
        assert connection is not None
        now = datetime(2099, 1, 1, tzinfo=UTC)
        since = since_apply(connection, "g", now)
        assert since is not None
        assert (partial_plan(InstitutionFolder.open(place), connection, since, now) is not None) == is_short


def test_an_apply_asks_no_more_of_the_database_for_more_members(place: Path, database: str) -> None:
    def statements(members: int) -> int:
        asked: list[str] = []
        listen = (Engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        begun_anew(place)
        roster = grown(place, members)
        (place / "one.csv").write_text(csv_of(COLUMNS[0], roster[1:], {}), encoding="utf-8")
        sqlalchemy.event.listen(*listen)
        try:
            assert seatsync("apply", "--yes", "--quiet", folder=place).code == 0
        finally:
            sqlalchemy.event.remove(*listen)
        return len(asked)

    assert statements(10) == statements(200)


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        (["--help"], {"sqlalchemy", "pydantic", "yaml", "rich", "jinja2", "jsonschema"}),
        (["plan", "--quiet", "--verbose"], {"pydantic", "jinja2", "jsonschema", "alembic", "psycopg"}),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else " ".join(value),
)
@pytest.mark.sqlite_only("psycopg is imported where the ledger is on PostgreSQL")
def test_what_is_heavy_is_imported_only_where_it_is_needed(
    command: list[str], heavy: set[str], place: Path, database: str
) -> None:
    grown(place, 10)
    code = f"import sys; from seatsync.cli import main; main.run({command!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=True)
    assert heavy & {*done.stderr.split()} == set()
