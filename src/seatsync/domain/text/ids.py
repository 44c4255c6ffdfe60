"""Student ids and e-mails as they were typed: without what programs put around or into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import methodcaller

from seatsync.domain.text.characters import INVISIBLE

_FORMULA = re.compile(r'="([^"=]*)"')
_MARKED = re.compile(r"'+(?=[^'])|#(?=\w)(?!(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)$)")

NO_IDS = frozenset(
    {
        *(
            "\\n",
            "n/a",
            "na",
            "n.a.",
            "nan",
            "nil",
            "null",
            "none",
            "void",
            "undefined",
            "unknown",
            "unassigned",
            "empty",
            "blank",
        ),
        *("missing", "pending", "tbd", "tba", "noid", "nonumber", "notavailable", "notapplicable", "notassigned"),
        *("k.a.", "keine", "unbekannt", "leer", "aucun", "aucune", "inconnu", "ninguno", "ninguna", "desconocido"),
        *(
            "nessuno",
            "nessuna",
            "sconosciuto",
            "nenhum",
            "nenhuma",
            "desconhecido",
            "n.v.t.",
            "geen",
            "onbekend",
            "brak",
        ),
    }
)
"""What people and programs write where there is no id, in lower case, without spaces and brackets."""
_NOTHING = re.compile(r"[^\w#]*|[0_]*")
_BRACKETS = "()[]<>{}*"
_LONGEST = max(map(len, NO_IDS))

_WITHOUT_ZEROS = methodcaller("strip", "0")

MARKS = ("", "'", "#", "'#")
"""What may stand before a student id in a ledger of before, which has ids as they were typed."""


def plain_id(id: str) -> str:
    """The student id without invisible characters, a formula around it (``="0123"``), ``'`` or ``#`` before it.

    Empty for what stands for no id: ``N/A``, ``-``, ``NULL``, ``0000``.
    """
    if "1" <= id[:1] <= "9" and id.isalnum() and id.isascii():  # most are so
        return id
    if id[:1] in ("#", "'") and id[1:].isalnum():
        id = id[1:]
    elif not (id.isascii() and id.isalnum()):
        id = _without_guard(id)
    return "" if is_no_id(id) else id


def plain_ids(ids: Sequence[str]) -> Sequence[str]:
    """The ``plain_id`` of each. Many plain ones are looked at together."""
    together = "".join(ids)
    if together.isascii() and together.isalnum():
        real = [*filter(None, ids)]
        if NO_IDS.isdisjoint(map(str.lower, real)) and "" not in map(_WITHOUT_ZEROS, real):
            return ids
    return [*map(plain_id, ids)]


def is_no_id(id: str) -> bool:
    """Whether the value of an id's column only says that there is none. Also of an empty one."""
    if id.isalnum():
        return not id.strip("0") or (len(id) <= _LONGEST and id.lower() in NO_IDS)
    if _NOTHING.fullmatch(id):
        return True
    word = "".join(id.split()).strip(_BRACKETS)
    return len(word) <= _LONGEST and word.lower() in NO_IDS


def plain_email(email: str) -> str:
    """The e-mail without invisible characters, a formula around it, ``'`` or ``#`` before it."""
    found = INVISIBLE.sub("", email) if not email.isascii() else email
    if not found or found[0] not in "='#":
        return found
    formula = _FORMULA.fullmatch(found)
    return (formula[1] if formula else found).lstrip("'#").strip()


def _without_guard(id: str) -> str:
    """The id without all that stands around it."""
    found, before = INVISIBLE.sub("", id).strip(), None
    while found != before:
        before = found
        if formula := _FORMULA.fullmatch(found):
            found = formula[1].strip()
        if _MARKED.match(found):
            found = _MARKED.sub("", found, count=1).strip()
    return found
