"""The guard of a draft in which not all members are at hand: a rule can't take them for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from seatsync.planning.draft import Draft


class NotWhole(Exception):
    """A rule looks at all members, and only a part of them is at hand."""


class _Withheld:
    """Stands in the place of a collection; every look into it raises ``NotWhole``."""

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
    """The draft with all in it that is true of all members; what is by member is withheld."""
    by_member = dict.fromkeys(("wanted", "ended", "resends", "regrants"), WITHHELD)
    return replace(
        draft,
        desired=replace(draft.desired, members=WITHHELD),
        snapshot=replace(draft.snapshot, members=WITHHELD, licenses=WITHHELD),
        matching=draft.matching._replace(records=WITHHELD),
        wishes=replace(draft.wishes, **by_member),
    )
