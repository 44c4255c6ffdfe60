"""Which columns say that somebody has left or is blocked, and what their values mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seatsync.domain.text.characters import clean


@dataclass(frozen=True)
class Presence:
    """What the values of a column say: ``here`` are the words of members, ``gone`` maps a word to why somebody is none.

    ``other`` is what any other value means: "" that somebody is a member, a reason that they are not, None that nobody knows;
    that is an error. An empty value says nothing. Case does not count.
    """

    here: frozenset[str] = frozenset()
    gone: Mapping[str, str] = field(default_factory=dict)
    other: str | None = None

    def word(self, value: str) -> str | None:
        """Why somebody with this value is no member; "" if they are one, None if nobody knows."""
        folded = clean(value).casefold()
        if not folded or folded in self.here:
            return ""
        return self.gone.get(folded, self.other)


_YES = ("true", "yes", "y", "1", "on", "t", "ja", "oui", "sí", "si", "sim", "sì", "tak", "kyllä", "да", "是", "x", "✓")
_NO = ("false", "no", "n", "0", "off", "f", "nein", "non", "não", "nee", "nie", "nej", "nei", "ei", "нет", "否")
HERE = frozenset(
    (
        *(
            "active",
            "enabled",
            "enrolled",
            "current",
            "registered",
            "employed",
            "present",
            "ok",
            "live",
            "here",
            "alta",
            "de alta",
        ),
        *(
            "aktiv",
            "aktiviert",
            "eingeschrieben",
            "actif",
            "active",
            "inscrit",
            "inscrite",
            "activo",
            "activa",
            "inscrito",
            "matriculado",
        ),
        *(
            "ativo",
            "ativa",
            "attivo",
            "attiva",
            "iscritto",
            "iscritta",
            "actief",
            "ingeschreven",
            "aktywny",
            "aktywna",
            "aktiivinen",
        ),
        *("aktivní", "aktív", "aktif", "активен", "активный", "активна", "в штате", "在籍", "在校", "재학"),
    )
)
"""Words that say that somebody is a member."""
_GONE = {
    "deleted": (
        "deleted",
        "tobedeleted",
        "to be deleted",
        "removed",
        "gelöscht",
        "supprimé",
        "eliminado",
        "excluído",
        "eliminato",
    ),
    "inactive": (
        *(
            "inactive",
            "not active",
            "deactivated",
            "inaktiv",
            "deaktiviert",
            "inactif",
            "inactive",
            "inactivo",
            "inactiva",
            "inativo",
        ),
        *(
            "inativa",
            "inattivo",
            "inattiva",
            "inactief",
            "nieaktywny",
            "nieaktywna",
            "neaktivní",
            "inaktív",
            "pasif",
            "неактивен",
        ),
        *("inaktiivinen",),
    ),
    "disabled": ("disabled", "not enabled", "désactivé", "deshabilitado", "desativado", "disattivato", "uitgeschakeld"),
    "suspended": ("suspended", "gesperrt", "suspendu", "suspendido", "suspenso", "sospeso", "geschorst", "zawieszony"),
    "blocked": (
        "blocked",
        "locked",
        "blockiert",
        "bloqué",
        "bloqueado",
        "bloccato",
        "geblokkeerd",
        "zablokowany",
        "заблокирован",
    ),
    "archived": ("archived", "archiviert", "archivé", "archivado", "arquivado", "archiviato", "gearchiveerd"),
    "withdrawn": (
        *(
            "withdrawn",
            "withdrew",
            "dropped",
            "dropped out",
            "discontinued",
            "abgemeldet",
            "exmatrikuliert",
            "désinscrit",
            "retirado",
        ),
        *("ritirato", "uitgeschreven", "退学", "자퇴"),
    ),
    "left": (
        *(
            "left",
            "baja",
            "de baja",
            "former",
            "leaver",
            "terminated",
            "resigned",
            "expelled",
            "dismissed",
            "ausgetreten",
            "ausgeschieden",
            "parti",
        ),
        *("expired", "cancelled", "canceled", "deceased", "verstorben", "уволен", "отчислен", "gone"),
    ),
}
GONE: Mapping[str, str] = {word: reason for reason, words in _GONE.items() for word in words}
"""Word → why somebody is no member. Words that may mean either, such as graduated or on leave, are in neither list."""

STATE = Presence(HERE, GONE)
"""A column of states, such as ``status``."""


def on(reason: str) -> Presence:
    """A column that says yes of members; ``reason`` is why the others are none."""
    return Presence(HERE | {*_YES}, {**dict.fromkeys(_NO, reason), **GONE})


def off(reason: str) -> Presence:
    """A column that says yes of those who are no members, because they are ``reason``."""
    return Presence(HERE | {*_NO}, {**dict.fromkeys(_YES, reason), **GONE})


def since(reason: str) -> Presence:
    """A column with the day on which somebody became ``reason``: any value means so, but words and noughts that say no."""
    return Presence(HERE | {*_NO, "-", "null", "none", "n/a", "0000-00-00"}, {}, reason)


PRESENCE: Mapping[str, tuple[Presence, tuple[str, ...]]] = {
    "status": (
        STATE,
        (
            *(
                "Status",
                "User Status",
                "Account Status",
                "Member Status",
                "Membership Status",
                "Student Status",
                "Enrollment Status",
            ),
            *(
                "Enrolment Status",
                "Employment Status",
                "Employee Status",
                "Person Status",
                "Record Status",
                "Account State",
                "User State",
            ),
            *("Mitgliedsstatus", "Schülerstatus", "Statut", "Situação", "Stato", "Statut du compte", "Tila", "Stav"),
            *("Durum", "Статус", "状态", "狀態", "状態", "상태"),
        ),
    ),
    "active": (
        on("inactive"),
        (
            "Active",
            "Is Active",
            "Active User",
            "Aktiv",
            "Actif",
            "Activo",
            "Ativo",
            "Attivo",
            "Actief",
            "Aktywny",
            "Активен",
        ),
    ),
    "enabled": (
        on("disabled"),
        (
            "Enabled",
            "Is Enabled",
            "Enabled User",
            "Account Enabled",
            "User Enabled",
            "Aktiviert",
            "Activé",
            "Habilitado",
            "Abilitato",
        ),
    ),
    "disabled": (
        off("disabled"),
        ("Disabled", "Is Disabled", "Account Disabled", "Deaktiviert", "Désactivé", "Deshabilitado"),
    ),
    "suspended": (
        off("suspended"),
        ("Suspended", "Is Suspended", "Gesperrt", "Suspendu", "Suspendido", "Suspenso", "Sospeso"),
    ),
    "inactive": (off("inactive"), ("Inactive", "Is Inactive", "Inaktiv", "Inactif", "Inactivo", "Inativo", "Inattivo")),
    "deleted": (
        off("deleted"),
        ("Deleted", "Is Deleted", "To Be Deleted", "Gelöscht", "Supprimé", "Eliminado", "Excluído"),
    ),
    "archived": (
        off("archived"),
        ("Archived", "Is Archived", "Archiviert", "Archivé", "Archivado", "Arquivado", "Archiviato"),
    ),
    "blocked": (
        off("blocked"),
        (
            "Blocked",
            "Is Blocked",
            "Locked",
            "Is Locked",
            "Locked Out",
            "Block Sign In",
            "Blocked From Sign In",
            "Blockiert",
            "Bloqué",
            "Bloqueado",
        ),
    ),
    "withdrawn": (off("withdrawn"), ("Withdrawn", "Is Withdrawn", "Abgemeldet", "Exmatrikuliert")),
    "deleted_on": (
        since("deleted"),
        (
            "Deleted At",
            "Deleted On",
            "Deletion Date",
            "Date Deleted",
            "Soft Deletion Time Stamp",
            "Archived At",
            "Suspended At",
        ),
    ),
}
"""Field → what its values mean, and the columns' names."""

MAYBE_STATES = ("State", "Estado", "État", "Title", "Category", "Type", "Condition")
"""Columns that are no states by their names, since most have addresses or ranks: they are if a value in them is one of somebody gone.

So are all other columns whose name ends in "status"."""

ENDS = (
    *(
        "Exit Date",
        "Leave Date",
        "Leaving Date",
        "Date Left",
        "Date of Leaving",
        "End Date",
        "Termination Date",
        "Withdrawal Date",
    ),
    *(
        "Withdrawn Date",
        "Withdrawn On",
        "Last Day",
        "Inactive Date",
        "Account Expires",
        "Expiry Date",
        "Expiration Date",
        "Valid Until",
    ),
    *(
        "Austrittsdatum",
        "Austritt",
        "Abgangsdatum",
        "Exmatrikulation",
        "Date de sortie",
        "Date de fin",
        "Fecha de baja",
        "Fecha de salida",
    ),
    *(
        "Data de saída",
        "Data di uscita",
        "Uitschrijfdatum",
        "Datum uit dienst",
        "Data odejścia",
        "Slutdatum",
        "Дата увольнения",
    ),
)
"""The names of columns with the last day of a member."""


def unclear(values: Iterable[str], presence: Presence) -> list[str]:
    """The distinct values that the column's meaning does not cover."""
    return [value for value in dict.fromkeys(values) if presence.word(value) is None]
