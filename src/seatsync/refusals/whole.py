"""Guard for a draft with only some members: a rule can't mistake them for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from seatsync.planning.draft import Draft


class NotWhole(Exception):
    """A rule needs all members, but only some are loaded."""


class _Withheld:
    """Placeholder for a collection; every access raises ``NotWhole``."""

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> NoReturn:
        raise NotWhole

    def __bool__(self) -> NoReturn:
        raise NotWhole

    def __contains__(self, item: object) -> NoReturn:
        raise NotWhole

    def __eq__(self, other: object) -> NoReturn:
        raise NotWhole

    def __getitem__(self, key: object) -> NoReturn:
        raise NotWhole

    def __iter__(self) -> NoReturn:
        raise NotWhole

    def __len__(self) -> NoReturn:
        raise NotWhole


WITHHELD: Any = _Withheld()


def without_members(draft: Draft) -> Draft:
    """Return the draft without its collections of members; what remains covers all members."""
    by_member = dict.fromkeys(("wanted", "ended", "resends", "regrants", "not_due", "coming"), WITHHELD)
    return replace(
        draft,
        desired=replace(draft.desired, members=WITHHELD),
        snapshot=replace(draft.snapshot, members=WITHHELD, licenses=WITHHELD),
        matching=draft.matching._replace(records=WITHHELD),
        entitlements=replace(draft.entitlements, **by_member),
        licenses=WITHHELD,
        numbers=WITHHELD,
    )
