"""How people and programs name the columns of a roster, in the commonest languages of schools.

Only data. Case, spaces, accents' encoding and punctuation do not count. ``meanings.py`` finds the names in a header.
"""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.sources.rosters.meaning.emails import EMAIL
from seatsync.sources.rosters.meaning.ids import STUDENT_ID
from seatsync.sources.rosters.meaning.names import FAMILY_NAME, GIVEN_NAME

ROLE: tuple[tuple[str, ...], ...] = (
    ("Role", "User Role", "Roles"),
    ("User Type", "Person Type", "Account Type"),
    (
        "Rolle",
        "Funktion",
        "Rôle",
        "Fonction",
        "Rol",
        "Función",
        "Papel",
        "Função",
        "Ruolo",
        "Functie",
        "Rola",
        "Roll",
    ),
    ("Rooli", "Szerep", "Görev", "Роль", "角色", "役割", "역할"),
)

TAGS: tuple[tuple[str, ...], ...] = (
    ("Tags", "User Tags"),
    ("Tag",),
    (
        "Schlagwörter",
        "Schlagworte",
        "Étiquettes",
        "Etiquetas",
        "Etichette",
        "Labels",
        "Etykiety",
        "Taggar",
        "Метки",
        "标签",
    ),
)

SPELLINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "email": EMAIL,
    "given_name": GIVEN_NAME,
    "family_name": FAMILY_NAME,
    "student_id": STUDENT_ID,
    "role": ROLE,
    "tags": TAGS,
}
"""The names by field of ``Person``, the surest first: where several are in a header, the surest is read.

A field's own name is one too, and a vendor's template may have further ones.
"""

EXAMPLES: Mapping[str, str] = {
    "email": "Email, Email Address, Mail, User Email",
    "given_name": "Given Name, First Name, Forename, Vorname",
    "family_name": "Family Name, Last Name, Surname, Nachname",
    "tags": "Tags",
}
"""The names of required fields that messages show."""

UNUSED_TRIMMINGS = (
    "required",
    "optional",
    "mandatory",
    "read only",
    "upload only",
    "pflichtfeld",
    "obligatoire",
    "obligatorio",
    "y/n",
    "yes/no",
    "true/false",
    "ja/nein",
    "oui/non",
    "sí/no",
)
"""Words that programs put in brackets behind a column's name."""

OF_PEOPLE = (
    "student",
    "students",
    "user",
    "users",
    "person",
    "people",
    "member",
    "members",
    "teacher",
    "teachers",
    "staff",
    "staffs",
)
"""Tables that programs put before a column's name, with a dot or in brackets: ``student.lastName``, ``[Students]Last_Name``."""
