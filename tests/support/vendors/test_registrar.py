"""The registrar reads a check list as a person does, and does what it says."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.vendors.clicks import NoSuchButton
from tests.support.vendors.jamworks import JamworksPortal
from tests.support.vendors.logos import TEMPLATE, LogosPortal, Slots
from tests.support.vendors.registrar import Count, Portals, Registrar, read_check_list

CHECK_LIST = """\
# Check list

## Logos portal

### Step 1 of 4: Correct names

- [ ] `logos/2-edit`: **1 person.** Done on ____________ by ____________
- For 2 values of 1 person, from the top: Users → the person.

| Institution Email Address | Given Name | Family Name | Field | In the portal | Change to |
| --- | --- | --- | --- | --- | --- |
| `ann@x.edu` | `=1\\|2` | Lee | Given Name | Ann | `=1\\|2` |
| `ann@x.edu` | `=1\\|2` | Lee | Institution Email Address | `ann@x.edu` | `a_b@x.edu` |

### Step 2 of 4: Add people, with the tags greek, student

- [ ] `logos/3-import-student`: **1 person.** Done on ____________ by ____________
- Click Users → Import users → Choose File → `3-import-student.csv` → Import.
- Before the last click, type these tags: greek; student. The portal adds the date by itself.

By hand, because a spreadsheet would run it: Users → the menu → Create user. For each, type these tags: greek; student. 1 person:

| Institution Student ID | Given Name | Family Name | Institution Email Address |
| --- | --- | --- | --- |
|  | `@Eve` | Ray | `eve@x.edu` |

### Step 3 of 4: Grant temporary licenses: Books

- [ ] `logos/5-grant-temporary-books`: **1 person.** Done on ____________ by ____________
- Click Libraries → Books → Users without license → Select by CSV → `5-grant-temporary-books.csv` → Manage users → Grant temporary license.
- Before and after, for Books: Used Slots 0 → 2, Available Slots 1,000 → 998.

By hand: Libraries → Books → Users without license → the person → Manage users → Grant temporary license.

| Institution Student ID | Given Name | Family Name | Institution Email Address |
| --- | --- | --- | --- |
|  | `@Eve` | Ray | `eve@x.edu` |

## Jamworks Portal

| Library | people in the list of members |
| --- | --- |
| Jamworks | 0 |

### Step 4 of 4: Add people

- [ ] `jamworks/3-add`: **1 person.** Done on ____________ by ____________
- Click Members → Import CSV → `3-add.csv` → Add members.

```sh
seatsync worklist done logos/2-edit --select DIR/logos/2-edit.csv
seatsync worklist done logos/3-import-student
seatsync worklist done logos/5-grant-temporary-books --select DIR/logos/5-grant-temporary-books.csv
seatsync worklist done jamworks/3-add --select DIR/jamworks/3-add.csv
```
"""
HEADER = ",".join(TEMPLATE)


@pytest.fixture
def portals() -> Portals:
    return fresh()


def fresh() -> Portals:
    logos = LogosPortal(lambda: datetime(2026, 9, 1, tzinfo=UTC))
    logos.add_library("Books", 1000)
    logos.create_user("Ann", "Lee", "ann@x.edu")
    return Portals(logos, JamworksPortal(5))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "CHECKLIST.md": CHECK_LIST,
        "logos/3-import-student.csv": f"{HEADER}\n,,Ben,Lee,ben@x.edu\n",
        "logos/5-grant-temporary-books.csv": f"{HEADER}\n,,Ben,Lee,ben@x.edu\n",
        "jamworks/3-add.csv": "email,First name,Last name,type\nben@x.edu,Ben,Lee,participant\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_whole_check_list_is_done(portals: Portals, folder: Path) -> None:
    done, complaints = Registrar(portals, random.Random(1)).carry_out(folder)
    assert complaints == []
    ann, ben, eve = portals.logos.users.values()
    assert (ann.given_name, ann.email) == ("=1|2", "a_b@x.edu")
    assert ben.tags == {"greek", "student", "2026-09-01 00:00"}
    assert eve.given_name == "@Eve"
    assert portals.logos.slots("Books") == Slots(1000, 2, 998, 2, 0, 0, 0)
    assert list(portals.jam.members) == ["ben@x.edu"]
    assert [step.command for step in done][2:] == [
        ["worklist", "done", step.name, "--select", f"{folder}/{step.name}.csv"] for step in done[2:]
    ]


def test_what_was_done_before_is_a_complaint(portals: Portals, folder: Path) -> None:
    done, complaints = Registrar(portals, random.Random(1)).carry_out(folder, "twice")
    assert len(done) == 4
    assert [(complaint.step, complaint.reason) for complaint in complaints] == [
        ("logos/2-edit", "No user has the e-mail ann@x.edu."),
        ("logos/2-edit", "No user has the e-mail ann@x.edu."),
        ("logos/3-import-student", "ben@x.edu is a duplicate user."),
        ("logos/3-import-student", "eve@x.edu is a duplicate user."),
        ("logos/5-grant-temporary-books", "Books shows 2 Used Slots, not 0"),
        ("logos/5-grant-temporary-books", "Books shows 998 Available Slots, not 1000"),
        ("logos/5-grant-temporary-books", "ben@x.edu is not in the list"),
        ("logos/5-grant-temporary-books", "eve@x.edu is not under 'Users without license' of Books."),
        ("jamworks/3-add", "ben@x.edu is a member already."),
    ]


def test_in_the_wrong_order_the_portal_complains(folder: Path) -> None:
    found = [Registrar(fresh(), random.Random(seed)).carry_out(folder, "wrong order")[1] for seed in range(10)]
    assert any(complaint.reason == "ben@x.edu is not in the list" for complaints in found for complaint in complaints)


def test_a_part_is_some_steps_from_the_top_and_the_last_for_some_people(portals: Portals, folder: Path) -> None:
    found = [Registrar(portals, random.Random(seed)).carry_out(folder, "part")[0] for seed in range(20)]
    assert {len(done) for done in found} == {1, 2, 3, 4}
    assert {step.file.name for done in found for step in done if step.file} >= {"some-3-add.csv", "3-add.csv"}


def test_counts_are_read(folder: Path) -> None:
    steps = [*read_check_list(folder)]
    assert steps[2].counts == [Count("Books", "Used Slots", 0, 2), Count("Books", "Available Slots", 1000, 998)]


def test_a_button_that_the_portal_does_not_have_is_no_complaint_but_a_failure(portals: Portals, folder: Path) -> None:
    text = CHECK_LIST.replace("Grant temporary license.", "Give temporary license.")
    (folder / "CHECKLIST.md").write_text(text, encoding="utf-8")
    with pytest.raises(NoSuchButton):
        Registrar(portals, random.Random(1)).carry_out(folder)
