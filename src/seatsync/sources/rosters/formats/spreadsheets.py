"""Spreadsheets in which a family name has two columns: the Dutch prefix, and the second surname of Spanish."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format

FORMATS = (
    Format(
        "dutch-list",
        "a Dutch list with a column of prefixes",
        needs=(("Tussenvoegsel", "Achternaam"), ("Voorvoegsel", "Achternaam"), ("Tussenvoegsels", "Achternaam")),
        fields={
            "family_name": tuple(
                f"{{{prefix}|}} {{Achternaam}}" for prefix in ("Tussenvoegsel", "Voorvoegsel", "Tussenvoegsels")
            )
        },
    ),
    Format(
        "spanish-list",
        "a Spanish list with two surnames",
        needs=(("Primer apellido", "Segundo apellido"), ("Apellido paterno", "Apellido materno")),
        fields={
            "given_name": ("Nombre", "Nombres", "Primer nombre"),
            "family_name": ("{Primer apellido} {Segundo apellido|}", "{Apellido paterno} {Apellido materno|}"),
        },
    ),
)
