"""Several purchases of one library: what commands say of them, and that no day surprises a reviewed or a saved plan."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.money.price import Per, Price, costs_of, in_words, parse_price
from seatsync.domain.money.purchases import Contract, Purchase, is_purchases, purchases_of, total_on, turns
from tests.support.letters import DAY, plain, ran

pytestmark = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books:
    title: Books
    system: logos-library
    price: 42 USD/year
    slots:
      - {count: 3, until: 2027-07-31, contract: {until: 2027-07-31, notice: 60d, order: PO-1187}}
      - {count: 1}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {everyone: true}}
"""
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n"
LAST, AFTER = "2027-07-31", "2027-08-01"


@pytest.fixture
def school(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(tmp_path, "apply", "--yes")
    return tmp_path


def as_json(folder: Path, *args: str, now: str = DAY) -> Any:
    return json.loads(ran(folder, *args, "--format", "json", now=now).out)


def test_the_status_says_the_total_of_the_ledger_what_falls_when_and_what_lies_idle(school: Path) -> None:
    said = " ".join(ran(school, "status").out.split())
    assert (
        "Books: 4 seats, 1 from 2027-08-01 on. 168 USD a year; 2 seats (84 USD a year) lie idle. "
        "Contract PO-1187 until 2027-07-31, notice by 2027-06-01." in said
    )
    found = as_json(school, "status")["purchases"]["books"]
    assert found == {
        "coming": [{"on": AFTER, "total": 1}],
        "costs": [{"amount": "168.00", "currency": "USD", "per": "year"}],
        "idle": 2,
        "idle_costs": [{"amount": "84.00", "currency": "USD", "per": "year"}],
        "contracts": [{"until": LAST, "notice_by": "2027-06-01", "order": "PO-1187"}],
    }
    assert as_json(school, "report")["libraries"]["books"]["purchases"] == found
    assert "4 seats, 1 from 1 August 2027 on. 168 USD a year" in plain(ran(school, "report", "--format", "html").out)
    ran(school, "apply", "--yes", now=AFTER)
    assert as_json(school, "status", now=AFTER)["purchases"]["books"]["coming"] == []


def test_what_was_bought_is_in_the_plan_the_journal_and_a_ledger_that_is_dumped_and_loaded(school: Path) -> None:
    before = as_json(school, "status")
    assert "bought as 3 seats until 2027-07-31 (42 USD/year, contract PO-1187" in ran(school, "log").out
    ran(school, "ledger", "rebuild")
    assert as_json(school, "status") == before
    (school / "seatsync.yaml").write_text(CONFIG.replace("count: 1}", "count: 2}"), encoding="utf-8")
    plan = " ".join(ran(school, "plan").out.split())
    assert "and 1 seat (42 USD/year) → 3 seats until 2027-07-31" in plan
    ran(school, "apply", "--yes")
    ran(school, "verify")


def test_a_night_on_which_the_total_falls_leaves_a_reviewed_plan_as_it_was(school: Path) -> None:
    (school / "members.csv").write_text(MEMBERS.replace("Ben,", "Benjamin,"), encoding="utf-8")
    reviewed = as_json(school, "plan", now=LAST)
    (school / "members.csv").write_text(MEMBERS, encoding="utf-8")
    ran(school, "apply", "--yes", "--same-files", now=AFTER)
    assert as_json(school, "status", now=AFTER)["libraries"]["books"]["total"] == 1
    (school / "members.csv").write_text(MEMBERS.replace("Ben,", "Benjamin,"), encoding="utf-8")
    ran(school, "apply", "--expect", reviewed["fingerprint"], now=AFTER)


def test_a_saved_plan_is_stale_on_a_day_with_another_total(school: Path) -> None:
    (school / "members.csv").write_text(f"{MEMBERS}cy@grace.example,Cy,Roe\n", encoding="utf-8")
    ran(school, "plan", "--out", str(school / "plan.json"), now=LAST)
    late = ran(school, "apply", str(school / "plan.json"), now=AFTER, code=5)
    assert f"books had 4 seats on {LAST} and has 1 today, {AFTER}" in late.out + late.err
    ran(school, "apply", str(school / "plan.json"), now=LAST)


def test_one_number_does_not_replace_a_list_of_purchases_by_command(school: Path) -> None:
    refused = ran(school, "edit", "library", "set", "books", "--slots", "9", code=64)
    assert "books has a list of purchases under `slots`" in refused.err
    assert (school / "seatsync.yaml").read_text(encoding="utf-8") == CONFIG


PRICES = st.builds(
    Price,
    st.integers(0, 10**8).map(lambda cents: Decimal(cents) / 100),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(Per),
)
DAYS = st.dates().map(str)
CONTRACTS = st.builds(Contract, DAYS, st.integers(0, 9999), st.sampled_from(["", "PO-1187"]))
PURCHASES = st.builds(
    Purchase, st.integers(0, 999), st.just("") | DAYS, st.just("") | DAYS, st.none() | PRICES, st.none() | CONTRACTS
)


@given(st.lists(PURCHASES, max_size=4), DAYS, DAYS)
def test_totals_change_on_the_days_that_are_told_and_on_no_other(
    purchases: list[Purchase], one: str, other: str
) -> None:
    today, later = sorted((one, other))
    total = total_on(purchases, today)
    for turn in turns(purchases, today):
        assert turn.on > today
        total = turn.total if turn.on <= later else total
    assert total == total_on(purchases, later)


@given(st.lists(PURCHASES, max_size=4))
def test_purchases_are_read_as_they_are_written(purchases: list[Purchase]) -> None:
    written = json.loads(json.dumps([one.as_dict() for one in purchases]))
    assert is_purchases(written)
    assert purchases_of(written) == tuple(purchases)


@given(st.lists(st.tuples(st.integers(0, 999), PRICES)))
def test_sums_are_exact_and_of_one_currency_and_time(seats: list[tuple[int, Price]]) -> None:
    costs = costs_of(seats)
    for of, amount in costs.items():
        cents = sum(number * int(price.amount * 100) for number, price in seats if (price.currency, price.per) == of)
        assert amount * 100 == cents
    assert all(f" {currency} " in f"{in_words(costs)} " for currency, _ in costs)


@pytest.mark.parametrize(
    "text", ["42", "42 USD", "42 usd/year", "-1 USD/year", "1.234 USD once", "1,000 USD/year", "1 USD/month"]
)
def test_what_is_no_price(text: str) -> None:
    assert parse_price(text) is None


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [{}],
        [{"count": -1}],
        [{"count": True}],
        [{"count": 1, "more": 2}],
        [{"count": 1, "until": "2027-02-30"}],
        [{"count": 1, "price": "a lot"}],
        [{"count": 1, "price": 5}],
        [{"count": 1, "contract": {"until": "2027-07-31"}}],
        [{"count": 1, "contract": {"until": "2027-07-31", "notice": "60d", "order": ""}}],
        [{"count": 1, "contract": {"until": "2027-07-31", "notice": 60, "order": "\u202e"}}],
    ],
)
def test_a_plan_or_journal_with_other_purchases_is_not_believed(wrong: Any) -> None:
    assert not is_purchases(wrong)
