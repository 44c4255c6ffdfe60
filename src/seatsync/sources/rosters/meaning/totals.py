"""Rows below a list that count it, as "Total,4,,"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seatsync.domain.text.characters import clean

_WORDS = "|".join(
    (
        *("total", "totals", "subtotal", "grand total", "sum", "count", "number", "average"),
        *("gesamt", "gesamtsumme", "gesamtzahl", "insgesamt", "summe", "zwischensumme", "anzahl"),
        *("suma", "totales", "recuento", "cantidad", "soma", "totais", "contagem", "quantidade"),
        *("somme", "nombre", "totaux", "effectif", "somma", "totale", "totaal", "aantal", "합계", "총계", "소계", "총"),
    )
)
_TOTAL = re.compile(rf"\W*(?:{_WORDS})\W*(?:\d(?:[.,' ]*\d)*\W*)?|(?:total|gesamt|anzahl)\b[^@]{{0,40}}", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.,' ]*")


def word_of_totals(email: str, given_name: str, family_name: str, others: Sequence[str]) -> str:
    """The value that shows that a row without an e-mail counts the list; "" if there is none, or the row may be a person's."""
    names = [clean(value) for value in (email, given_name, family_name)]
    found = next((value for value in map(clean, (*names, *others)) if _TOTAL.fullmatch(value)), "")
    may_be_a_person = not all(_TOTAL.fullmatch(name) or _NUMBER.fullmatch(name) for name in names)
    return "" if may_be_a_person or "@" in "".join((*names, *others)) else found
