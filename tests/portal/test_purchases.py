"""What was bought of a library, on the administrators' pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import letters
from tests.support.letters import ANN, CONFIG, applied
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room


def test_administrators_see_what_seats_cost_what_lies_idle_and_what_ends_when(school: Path, room: Mailroom) -> None:
    contract = "contract: {until: 2027-07-31, notice: 60d, order: PO-1187}"
    bought = f"slots: [{{count: 50, until: 2027-07-31, {contract}}}, {{count: 10}}], price: 10.50 USD/term"
    (school / "seatsync.yaml").write_text(
        CONFIG.replace("system: logos-library, slots: 1000", f"system: logos-library, {bought}"), encoding="utf-8"
    )
    applied(school, ANN)
    with pages_of(school, room, room.port) as pages:
        ruth = pages.account("ruth@grace.example")
        for page in ("", "libraries"):
            text = ruth.open(f"/admin/grace/{page}").text
            assert "Seats from 1 August 2027 on: 10 Costs: 630 USD a term" in text
            assert "Idle seats: 59 (619.50 USD a term)" in text
            assert "Contract PO-1187: last day 31 July 2027, notice by 1 June 2027" in text
            assert text.count("Costs:") == 1, "the other libraries do not say what they cost"
