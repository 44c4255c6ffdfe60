"""``seatsync drift``: the simulated portals' exports, compared with real ledgers."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatsync.reports.room import MOST
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import contents
from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.logos import LogosPortal

FIRST, SECOND, THIRD = "2027-02-01", "2027-03-01", "2027-03-15"
BOOKS, LOGOS = "Biblical Studies", "Logos Subscription"
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  timezone: America/Chicago
  opt_out: true
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 3000, delivered_by: vendor}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 20, delivered_by: vendor}
  jamworks: {title: Jamworks, system: jamworks, slots: 20, delivered_by: vendor}
rosters:
  - {path: members.csv}
grants:
  - {library: books, kind: temporary, to: {tags: [student]}}
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: jamworks, to: {tags: [jam]}}
"""
ANN = ("ann@grace.example", "Ann", "Lee", "001", "student;jam")
BEN = ("ben@grace.example", "Ben", "Okafor", "002", "student;jam")
CAGLA = ("cagla@grace.example", "Çağla", "Şahin", "003", "owner")
DAN = ("dan@grace.example", "Dan", "Dorn", "", "student;jam")
EVE = ("eve@grace.example", "Eve", "Ernst", "005", "")
FOLK = (ANN, BEN, CAGLA, DAN, EVE)


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """An institution whose files were applied, before anybody did anything in a portal."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    change(tmp_path, FIRST, *FOLK)
    return tmp_path


def change(folder: Path, day: str, *members: tuple[str, ...]) -> None:
    """Change the roster and apply it."""
    with (folder / "members.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("email", "given_name", "family_name", "student_id", "tags"), *members])
    run(folder, "apply", "--yes", "--quiet", now=day)


def run(folder: Path, *args: str, code: int = 0, now: str = THIRD) -> Outcome:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code == code, f"seatsync {' '.join(args)} exited with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "This is a bug" not in outcome.err
    return outcome


def portal(*people: tuple[str, ...]) -> LogosPortal:
    """The Logos portal in which everything that the files want has been done."""
    logos = LogosPortal(lambda: datetime(2027, 3, 1, tzinfo=UTC), opt_out=True)
    logos.add_library(BOOKS, 3000)
    logos.add_library(LOGOS, 20, is_subscription=True)
    for email, given, family, id, tags in people:
        number = logos.create_user(given, family, email, id)
        if "student" in tags:
            logos.grant_temporary(BOOKS, [number])
        if "owner" in tags:
            logos.grant_permanent(BOOKS, [number])
    return logos


def jamworks(*people: tuple[str, ...]) -> JamworksPortal:
    jamworks = JamworksPortal(20)
    jamworks.add_members(*(Person(email, given, family) for email, given, family, _, tags in people if "jam" in tags))
    return jamworks


def drift(folder: Path, export: bytes, *args: str, code: int = 2, now: str = THIRD) -> Any:
    """What `drift --format json` says of this export."""
    (folder / "users.csv").write_bytes(export)
    return json.loads(run(folder, "drift", "users.csv", *args, "--format", "json", code=code, now=now).out)


def told(document: Any) -> Counter[tuple[str, str]]:
    return Counter((one["what"], one["member"].partition("@")[0]) for one in document["differences"])


def take(folder: Path, export: bytes, *args: str, now: str = SECOND) -> None:
    (folder / "taken.csv").write_bytes(export)
    run(folder, "import", "taken.csv", "--yes", "--quiet", *args, now=now)


@pytest.fixture
def done(folder: Path) -> tuple[Path, LogosPortal, JamworksPortal]:
    """The same, after everything was done in both portals and their exports were taken."""
    logos, jam = portal(ANN, BEN, CAGLA, DAN), jamworks(*FOLK)
    take(folder, logos.export_user_data())
    take(folder, jam.member_list(), "--library", "jamworks")
    return folder, logos, jam


def test_what_was_done_is_told_until_an_import_takes_it(folder: Path) -> None:
    logos, jam = portal(ANN, BEN, CAGLA, DAN), jamworks(*FOLK)

    found = drift(folder, logos.export_user_data())

    assert told(found) == Counter({("done", name): 1 for name in ("ann", "ben", "cagla", "dan")})
    assert found["seats"]["books"] == {"here": 4, "to_grant": 4, "to_revoke": 0, "there": 4}
    take(folder, logos.export_user_data())
    assert drift(folder, logos.export_user_data(), code=0)["differences"] == []
    found = drift(folder, jam.member_list(), "--library", "jamworks")
    assert told(found) == Counter({("claimed", name): 1 for name in ("ann", "ben", "dan")})
    take(folder, jam.member_list(), "--library", "jamworks")
    assert drift(folder, jam.member_list(), "--library", "jamworks", code=0)["differences"] == []


def test_what_is_still_to_be_done_is_no_difference(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, logos, jam = done
    change(folder, THIRD, ("ann@new.example", *ANN[1:]), CAGLA, (*DAN[:4], "student"), (*EVE[:4], "student;jam"))

    found = drift(folder, logos.export_user_data(), code=0, now="2027-03-16")

    assert found["differences"] == []
    assert found["seats"]["books"] == {"here": 4, "to_grant": 1, "to_revoke": 1, "there": 4}
    assert drift(folder, jam.member_list(), "--library", "jamworks", code=0, now="2027-03-16")["differences"] == []


def test_three_changes_by_hand_are_told_as_exactly_these_three(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, jam = done
    logos.grant_permanent(BOOKS, [logos.user(ANN[0])])
    logos.edit_user(logos.user(BEN[0]), family_name="Okapi")
    logos.remove_users([logos.user(DAN[0])])

    found = drift(folder, logos.export_user_data())

    assert told(found) == Counter([("permanent", "ann"), ("other-record", "ben"), ("undone", "dan")])
    by_name = {one["what"]: one for one in found["differences"]}
    assert by_name["permanent"]["source"] == {"file": "users.csv", "line": 2}
    assert by_name["permanent"]["there"] == {"kind": "permanent", "status": "unclaimed"}
    assert by_name["other-record"]["fields"] == {"family_name": ["Okafor", "Okapi"]}
    assert "source" not in by_name["undone"]
    jam.delete_participant(ANN[0])
    jam.edit_member(BEN[0], first_name="Benjamin")
    jam.add_members(Person("zoe@grace.example", "Zoe", "Zorn"))
    found = drift(folder, jam.member_list(), "--library", "jamworks")
    assert told(found) == Counter([("missing-there", "ann"), ("other-record", "ben"), ("unknown", "zoe")])


@pytest.mark.parametrize("is_claimed", [True, False])
def test_who_owns_a_library_and_is_missing_is_to_be_looked_for_first(
    done: tuple[Path, LogosPortal, JamworksPortal], is_claimed: bool
) -> None:
    folder, logos, _ = done
    if is_claimed:
        logos.claim(BOOKS, CAGLA[0], "own@mail.example")
        take(folder, logos.export_user_data(), now="2027-03-02")
    logos.edit_user(logos.user(CAGLA[0]), email="married@grace.example", user_id="", family_name="Yılmaz")

    found = drift(folder, logos.export_user_data())

    what = "missing-there" if is_claimed else "undone"
    assert told(found) == Counter([(what, "cagla"), ("unknown", "married")])
    missing = next(one for one in found["differences"] if one["what"] == what)
    assert missing["person"] == {"given_name": "Çağla", "family_name": "Şahin", "student_id": "003"}
    assert missing["to_do"].startswith(
        "Look for them there first, by name and by ID: what is granted permanently a second"
    )
    text = run(folder, "drift", "users.csv", "--no-redact", code=2).out
    assert "cagla@grace.example (Çağla Şahin, 003)  books" in text
    hidden = run(folder, "drift", "users.csv", "--redact", "--format", "json", code=2).out
    assert not [name for name in ("ahin", "agla", "003", "married") if name in hidden]


def test_who_left_and_is_missing_is_looked_for_by_name_and_gets_a_stand_in_if_somebody_has_their_email(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    change(folder, THIRD, ANN, BEN, DAN, EVE, (CAGLA[0], "Cem", "Kaya", "009", "student"))
    logos.claim(BOOKS, CAGLA[0], "own@mail.example")
    take(folder, logos.export_user_data(), now="2027-03-15T12:00:00Z")
    logos.edit_user(logos.user(CAGLA[0]), email="old@grace.example", user_id="")

    found = drift(folder, logos.export_user_data(), now="2027-03-16")

    missing = next(one for one in found["differences"] if one["what"] == "missing-there")
    assert missing["person"]["email"] == "member-3@stand-in.invalid"
    assert missing["to_do"].endswith("so take the one that ends in stand-in.invalid.")
    logos.edit_user(logos.user("old@grace.example"), email=missing["person"]["email"], user_id="003")
    assert drift(folder, logos.export_user_data(), code=0, now="2027-03-16")["differences"] == []


def test_a_claim_and_a_decline_are_told(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, logos, _ = done
    logos.claim(BOOKS, ANN[0], "own@mail.example")
    logos.opt_out_of(BOOKS, BEN[0])

    found = drift(folder, logos.export_user_data())

    assert told(found) == Counter([("claimed", "ann"), ("declined", "ben")])
    assert all(one["taken"] for one in found["differences"])


def test_an_export_says_nothing_of_what_changed_after_it_was_taken(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    before = logos.export_user_data()
    change(folder, "2027-03-10T12:00:00Z", ANN, CAGLA, DAN, EVE)  # Ben has left
    logos.remove_users([logos.user(BEN[0])])
    take(folder, logos.export_user_data(), now="2027-03-11T12:00:00Z")

    assert told(drift(folder, before)) == Counter([("undone", "ben")])
    assert drift(folder, before, "--taken", "2027-03-09", code=0)["taken"] == "2027-03-09T06:00:00Z"
    assert drift(folder, before, "--taken", "2027-03-11", code=0)["taken"] == "2027-03-11T06:00:00Z"
    assert drift(folder, before, "--taken", "2027-03-12")["differences"]
    late = run(folder, "drift", "users.csv", "--taken", "2027-03-16", code=64)
    assert late.err.endswith("--taken 2027-03-16T05:00:00Z is in the future.\n")


def test_an_export_older_than_one_that_has_been_read_takes_nothing_back(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    old = a_week_ago()
    (folder / "new.csv").write_bytes(logos.export_user_data())
    said = run(folder, "import", "new.csv", "--yes", "--taken", "2027-03-10")
    assert "The ledger already had everything." in f"{said.out}{said.err}"

    found = drift(folder, old, "--taken", "2027-03-03", code=0)
    before = contents(folder)
    said = run(folder, "import", "users.csv", "--yes", "--taken", "2027-03-03")

    assert [notice.partition(" This one")[0] for notice in found["notices"]] == [
        "An export of 2027-03-10 00:00 CST has been read since."
    ]
    assert "An export of 2027-03-10 00:00 CST has been read since." in said.err
    assert "The ledger already had everything." in f"{said.out}{said.err}"
    assert contents(folder) == before
    assert drift(folder, logos.export_user_data(), "--taken", "2027-03-11", code=0)["notices"] == []
    run(folder, "verify")
    assert told(drift(folder, old)) == Counter({("undone", "ann"): 1, ("undone", "cagla"): 1, ("granted", "eve"): 1})


def a_week_ago() -> bytes:
    """The export of a week ago: Ann has nothing yet, Çağla a temporary license, and Eve a seat that has been removed since."""
    was = portal(BEN, DAN, (*CAGLA[:4], "student"), (*EVE[:4], "student"))
    return was.export_user_data()


def test_an_end_date_that_changed_since_is_nothing_that_a_portal_knows(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    logos.claim(BOOKS, ANN[0], "own@mail.example")
    config = CONFIG.replace("{tags: [student]}}", "{tags: [student]}, until: 2027-12-31}")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    run(folder, "apply", "--yes", "--quiet", now="2027-03-10")

    assert told(drift(folder, logos.export_user_data(), "--taken", "2027-03-09")) == Counter([("claimed", "ann")])


def test_a_filtered_export_says_nothing_of_who_is_missing_in_it(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    head, *rows = logos.export_user_data().splitlines(keepends=True)

    found = drift(folder, head)

    assert told(found) == Counter({("missing-there", name): 1 for name in ("ann", "ben", "cagla", "dan")})
    assert found["notices"][0].startswith("4 of 4 people who have a seat there by the ledger are not in the file.")
    assert told(drift(folder, head + rows[0])) == Counter({("undone", name): 1 for name in ("ben", "cagla", "dan")})


def test_nothing_is_written_and_mistakes_in_the_files_do_not_matter(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    logos.claim(BOOKS, ANN[0], "own@mail.example")
    (folder / "members.csv").write_text("nobody\n", encoding="utf-8")
    (folder / "users.csv").write_bytes(logos.export_user_data())
    before = contents(folder)

    assert told(drift(folder, logos.export_user_data())) == Counter([("claimed", "ann")])

    assert contents(folder) == before


def test_what_is_wrong_has_its_exit_code(folder: Path, tmp_path: Path) -> None:
    export = portal(ANN).export_user_data()
    (folder / "users.csv").write_bytes(export.replace(b"ann@grace.example", b"ann"))
    assert "invalid-email" in run(folder, "drift", "users.csv", code=3).err
    assert "file-not-found" in run(folder, "drift", "other.csv", code=3).err
    (folder / "users.csv").write_bytes(export)
    unknown = run(folder, "drift", "users.csv", "--library", "boks", code=64)
    assert 'The ledger has no library "boks". Did you mean "books"?' in unknown.err
    several = run(folder, "drift", "users.csv", "users.csv", "--library", "books", code=64)
    assert "--library is about one file." in several.err
    assert "Name a file, or use --exports." in run(folder, "drift", code=64).err


@pytest.mark.sqlite_only("a folder without a ledger")
def test_without_a_ledger_there_is_nothing_to_compare(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "users.csv").write_bytes(portal(ANN).export_user_data())

    failed = run(tmp_path, "drift", "users.csv", code=6)

    assert "There is no ledger of grace at seatsync.db, so there is nothing to compare." in failed.err
    assert not (tmp_path / "seatsync.db").exists()


def test_text_and_markdown_say_the_seats_the_counts_and_what_to_do(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, jam = done
    logos.claim(BOOKS, ANN[0], "own@mail.example")
    logos.create_user("Zoe|", "<b>Zorn</b>", "zoe@grace.example")
    (folder / "users.csv").write_bytes(logos.export_user_data())
    (folder / "participants.csv").write_bytes(jam.member_list())

    text = run(folder, "drift", "users.csv", "participants.csv", "--no-redact", code=2).out

    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "users.csv and the ledger differ: 2 differences."
    assert "books 4 0 0 4" in lines
    assert "1 claimed there" in lines
    assert "1 in the portal, and on no roster" in lines
    assert "To fix: Put the person on a roster (an import does), or remove them there." in lines
    assert "line 2 ann@grace.example books here: temporary, unclaimed there: temporary, claimed" in lines
    assert "participants.csv and the ledger agree." in lines
    quiet = run(folder, "drift", "users.csv", "participants.csv", "--quiet", code=2).out
    assert quiet.splitlines() == [lines[0], "participants.csv and the ledger agree."]
    page = run(folder, "drift", "users.csv", "--no-redact", "--format", "markdown", code=2).out
    assert page.startswith("## ⚠️ users.csv and the ledger differ: 2 differences.\n\n| library | here |")
    assert "| `ann@grace.example` | books | temporary, unclaimed | temporary, claimed | `users.csv:2` |" in page


def test_no_name_is_in_public_output(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, logos, _ = done
    logos.edit_user(logos.user(BEN[0]), family_name="Okapi", email="okapi@grace.example")
    logos.create_user("Zoe", "Zorn", "zoe@grace.example")
    logos.claim(BOOKS, ANN[0], "own@mail.example")
    (folder / "users.csv").write_bytes(logos.export_user_data())

    for format in ("text", "json", "markdown"):
        shown = run(folder, "drift", "users.csv", "--redact", "--verbose", "--format", format, code=2)
        words = f"{shown.out}{shown.err}".lower()
        assert words.count("person-") >= 3
        assert not [name for name in ("ann@", "ben", "okap", "okaf", "zoe", "zorn", "grace.example") if name in words]


def test_many_differences_fit_into_a_comment(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    people = [(f"m{n}@grace.example", "Given", f"Family{n}", f"{n:05}", "student") for n in range(900)]
    change(tmp_path, FIRST, *people)
    logos = portal(*people)
    for email, *_ in people[:700]:
        logos.claim(BOOKS, email, email)
    (tmp_path / "users.csv").write_bytes(logos.export_user_data())

    page = run(tmp_path, "drift", "users.csv", "--no-redact", "--format", "markdown", code=2).out

    assert len(page) <= MOST
    assert "700 claimed there" in page
    assert "### Done there, and still on the work list (200)" in page
    assert "`seatsync drift --format json` has everything." in page
    text = run(tmp_path, "drift", "users.csv", code=2).out
    assert "… and 500 more (--verbose or --format json shows all)" in text


def test_a_file_of_seatsync_export_agrees_with_the_ledger_that_wrote_it(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    logos.claim(BOOKS, CAGLA[0], "own@mail.example")
    take(folder, logos.export_user_data(), now=THIRD)
    change(folder, THIRD, ANN, BEN, (*DAN[:4], ""), (*EVE[:4], "owner"))  # Çağla, who owns a license, has left

    exported = run(folder, "export").out.encode()

    assert drift(folder, exported, code=0)["differences"] == []


# ── What is committed ───────────────────────────────────────────────────────────────────────────────────────────────


def commit(folder: Path, **exports: bytes) -> None:
    """Put these exports into the folder, and name them in seatsync.yaml: NAME_DAY, taken on that day of March."""
    entries = []
    for name, export in exports.items():
        (folder / f"{name}.csv").write_bytes(export)
        library, _, day = name.rpartition("_")
        which = f"library: {library}, " if library in ("jamworks", "books") else ""
        entries.append(f"  - {{path: {name}.csv, {which}taken: 2027-03-{day}}}\n")
    (folder / "seatsync.yaml").write_text(f"{CONFIG}exports:\n{''.join(entries)}", encoding="utf-8")


def test_of_committed_exports_the_newest_of_each_library_is_compared(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, jam = done
    old = logos.export_user_data()
    logos.create_user("Stray", "Cat", "stray@grace.example")
    commit(folder, users_05=old, jamworks_06=jam.member_list(), users_07=logos.export_user_data())

    both = json.loads(run(folder, "drift", "--exports", "--format", "json", code=2).out)

    assert [(one["file"], one["taken"], len(one["differences"])) for one in both] == [
        ("users_07.csv", "2027-03-07T06:00:00Z", 1),
        ("jamworks_06.csv", "2027-03-06T06:00:00Z", 0),
    ]
    quiet = run(folder, "drift", "--exports", "--quiet", "--redact", code=2).out.splitlines()
    assert quiet == ["users_07.csv and the ledger differ: 1 difference.", "jamworks_06.csv and the ledger agree."]


def test_committed_exports_that_are_wrong_or_missing_are_told(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, logos, _ = done
    assert "names no exports" in run(folder, "drift", "--exports").err
    commit(folder, users_20=logos.export_user_data())
    assert "export-in-future" in run(folder, "drift", "--exports", code=3).err
    run(folder, "drift", "--exports", "users.csv", code=64)
    run(folder, "drift", "--exports", "--taken", "2027-03-01", code=64)
    run(folder, "drift", code=64)


def test_a_plan_takes_from_committed_exports_what_an_import_takes(folder: Path) -> None:
    logos, jam = portal(ANN, BEN, CAGLA, DAN), jamworks(*FOLK)
    logos.create_user("Stray", "Cat", "stray@grace.example")
    commit(folder, users_05=logos.export_user_data(), jamworks_06=jam.member_list())

    plan = json.loads(run(folder, "plan", "--format", "json").out)
    run(folder, "apply", "--expect", plan["fingerprint"], "--yes")

    assert plan["summary"].keys() == {"observe"}
    assert [one["what"] for one in plan["drift"]] == ["unknown"]
    left = json.loads(run(folder, "drift", "--exports", "--format", "json", code=2).out)
    assert [told(one) for one in left] == [Counter(), Counter({("unknown", "stray"): 1})]
    assert json.loads(run(folder, "worklist", "list", "--format", "json").out) == []
    run(folder, "verify")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".yaml")}


def test_another_institutions_list_is_shown_and_never_imported(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, *_ = done
    others = [
        (f"{name}@hope.example", name.title(), "Hope", id, "student;jam") for id, name in (("71", "uma"), ("72", "vic"))
    ]
    lists = {"users.csv": portal(*others).export_user_data(), "members-there.csv": jamworks(*others).member_list()}
    for name, export in lists.items():
        (folder / name).write_bytes(export)
    before, ledger = files_of(folder), contents(folder)

    for name in lists:
        for more in ((), ("--files-only",), ("--tag", "new")):
            refused = run(folder, "import", name, "--yes", *more, code=3)
            assert f"{name}: None of the " in refused.err
            assert "another institution" in refused.err
            assert "To fix: Export all users of Grace Seminary" in refused.err
        shown = run(folder, "import", name, "--dry-run", code=2)
        assert "uma@hope.example" in shown.out
        assert "An import refuses this file." in shown.out + shown.err
        assert "uma@hope.example" in run(folder, "drift", name, code=2).out
    assert (files_of(folder), contents(folder)) == (before, ledger)


def test_a_first_list_into_an_institution_that_has_nobody_there_is_taken(folder: Path) -> None:
    take(folder, portal(("uma@hope.example", "Uma", "Hope", "71", "student")).export_user_data())

    assert "uma@hope.example" in run(folder, "members").out


def test_a_stand_in_of_the_bundle_is_never_imported(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, _, jam = done
    jam.edit_member(BEN[0], new_email="stand-in-1@stand-in.invalid")

    assert ("correcting", "stand-in-1") in told(drift(folder, jam.member_list(), "--library", "jamworks"))
    take(folder, jam.member_list(), "--library", "jamworks")

    assert "stand-in" not in run(folder, "members").out


def test_a_file_of_the_bundle_puts_no_step_back(done: tuple[Path, LogosPortal, JamworksPortal]) -> None:
    folder, logos, _ = done
    change(folder, SECOND, ANN, CAGLA, DAN, EVE)  # Ben has left
    run(folder, "worklist", "bundle", "to-do", now=SECOND)
    removal = next((folder / "to-do" / "logos").glob("1-remove*.csv")).read_bytes()
    logos.remove_users([logos.user(BEN[0])])
    run(folder, "worklist", "done", "--yes", now=SECOND)
    log = run(folder, "log").out

    take(folder, removal)

    assert run(folder, "log").out == log
    assert run(folder, "worklist", "list", "--format", "json").out.count("ben@") == 0


def test_a_committed_export_older_than_one_that_an_apply_has_read_takes_nothing_back(
    done: tuple[Path, LogosPortal, JamworksPortal],
) -> None:
    folder, logos, _ = done
    (folder / "new.csv").write_bytes(logos.export_user_data())
    (folder / "old.csv").write_bytes(a_week_ago())
    entry = "exports:\n  - {path: new.csv, taken: 2027-03-10}\n"
    (folder / "seatsync.yaml").write_text(CONFIG + entry, encoding="utf-8")
    run(folder, "plan", "--out", "plan.json", "--quiet")
    run(folder, "apply", "plan.json", "--quiet")
    (folder / "seatsync.yaml").write_text(
        f"{CONFIG}{entry}  - {{path: old.csv, taken: 2027-03-03}}\n", encoding="utf-8"
    )

    run(folder, "apply", "--yes", "--quiet")

    assert json.loads(run(folder, "worklist", "list", "--format", "json").out) == []
    assert drift(folder, logos.export_user_data(), code=0)["differences"] == []
    run(folder, "verify")
