"""One license in the ledger and in an export: every case of ``licenses.yaml``, and what holds in all of them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.domain.license import ABSENT, Kind, License, Status, forward
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.export import NOTHING, Holding
from seatsync.planning.portal.licenses import Outcome, contradiction, observed

CASES = yaml.safe_load((Path(__file__).parent / "licenses.yaml").read_text())

_ROWS = [(where, case) for where, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(
    ("where", "case"), _ROWS, ids=[f"{where}: {case['here']} / {case['shows']}" for where, case in _ROWS]
)
def test_a_license_and_what_an_export_shows_of_it(where: str, case: dict[str, Any]) -> None:
    old, shows = _license(case["here"]), _holding(case["shows"])

    now = observed(old, shows, where.startswith("at the vendor"), where.endswith("on a roster"))

    new = _license(case.get("now", case["here"]))
    assert now[:3] == (new.kind, new.status, new.there)
    assert " ".join(now.seen) == case.get("seen", "")
    assert contradiction(now, shows) == case.get("is")


def _license(words: str) -> License:
    kind, status, *there = words.removesuffix(" first").split()
    invited, first = "2027-03-01", "2027-03-01" if words.endswith(" first") else "2026-09-01"
    return License(Kind(kind), Status(status), invited, there=There(*there) if there else "", first_on=first)


def _holding(words: str) -> Holding:
    if words == "-":
        return NOTHING
    kind, status = words.split()
    return Kind(kind), Status(status)


_HELD = [*product((Kind.TEMPORARY, Kind.PERMANENT), (Status.UNCLAIMED, Status.DELIVERED))]
_SHOWN: list[Holding] = [*_HELD, *((Kind.NONE, s) for s in (Status.NONE, Status.OPTED_OUT, Status.REVOKED))]
_BY_KIND = {
    Kind.TEMPORARY: (There.SAME, There.NONE, There.RESEND),
    Kind.PERMANENT: (There.SAME, There.NONE, There.TEMPORARY, There.RESEND, There.BY_HAND),
}
_LICENSES = [
    *(License(kind, status, there=there) for kind, status in _HELD for there in _BY_KIND[kind]),
    *(License(Kind.NONE, Status.REVOKED, there=there) for there in (There.SAME, There.TEMPORARY)),
    License(Kind.TEMPORARY, Status.UNCLAIMED, "2027-03-01", there=There.NONE, first_on="2027-03-01"),
    License(Kind.NONE, Status.OPTED_OUT),
    ABSENT,
]


_CASES = [(old, True) for old in _LICENSES] + [(old, False) for old in _LICENSES if not old.there]


@pytest.mark.parametrize(("old", "at_vendor"), _CASES)
def test_what_was_seen_is_seen_once_and_goes_only_forward(old: License, at_vendor: bool) -> None:
    for shows, on_roster in product(_SHOWN, (True, False)):
        now = observed(old, shows, at_vendor, on_roster)
        new = old._replace(kind=now.kind, status=now.status, there=now.there)

        again = observed(new, shows, at_vendor, on_roster)
        assert again == Outcome(now.kind, now.status, now.there), "a second look at the same export changes nothing"
        assert bool(now.seen) == (now[:3] != (old.kind, old.status, old.there))
        assert now[:2] in (old[:2], forward(old, *shows))
        assert old.kind is not Kind.PERMANENT or now.kind is Kind.PERMANENT or now.status is Status.OPTED_OUT
        assert on_roster or old.active or now.kind is not Kind.TEMPORARY
