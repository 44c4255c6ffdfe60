"""Addresses that members are sent to: whoever wrote them, a browser is never led elsewhere."""

from __future__ import annotations

import pytest

from seatsync.domain.action import Action, Event
from seatsync.domain.license import IllegalTransition
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.web_addresses import MAX_ADDRESS, web_address_fault

LIBRARY = {"title": "Books", "system": "logos-library", "kinds": ["temporary"], "delivery": "claim", "slots": 1}

GOOD = (
    "https://app.logos.example/",
    "https://app.logos.example:8443/a/b?c=%C3%BC&d=[1]#e",
    "https://xn--bcher-kva.example",
    "https://x.example/" + "a" * (MAX_ADDRESS - 18),
)
BAD = (
    "http://app.logos.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//app.logos.example/",
    "https:app.logos.example",
    "https://",
    "https://localhost/",
    "https://.example",
    "https://ruth@app.logos.example/",
    "https://app.logos.example@evil.example/",
    "https://app.logos.example/\\evil",
    'https://app.logos.example/" onclick="x',
    "https://app.logos.example/<script>",
    "https://bücher.example/",
    "https://app.logos.example/\n",
    "https://app.logos.example:99999/",
    "https://[app.logos.example/",
    "https://x.example/" + "a" * (MAX_ADDRESS - 17),
)


@pytest.mark.parametrize("address", GOOD)
def test_an_https_address_is_taken(address: str) -> None:
    assert web_address_fault(address) == ""


@pytest.mark.parametrize("address", BAD)
def test_any_other_is_not_also_not_from_a_forged_plan_or_journal(address: str) -> None:
    assert web_address_fault(address)
    for name in ("open_url", "claim_url"):
        with pytest.raises(IllegalTransition):
            post(Snapshot(), Event(Action.LIBRARY_ADD, "books", detail={**LIBRARY, name: address}))
