"""The words by which rosters say who is a member and who is none, in the commonest languages of schools. Case does not count."""

from __future__ import annotations

from collections.abc import Mapping

YES = ("true", "yes", "y", "1", "on", "t", "ja", "oui", "sí", "si", "sim", "sì", "tak", "kyllä", "да", "是", "x", "✓")
NO = ("false", "no", "n", "0", "off", "f", "nein", "non", "não", "nee", "nie", "nej", "nei", "ei", "нет", "否")
NO_DAY = frozenset(
    {
        *NO,
        "-",
        "—",
        "null",
        "none",
        "n/a",
        "never",
        "nie",
        "jamais",
        "nunca",
        "mai",
        "0000-00-00",
        "9223372036854775807",
    }
)
"""What stands in columns of days for none, or for a day that never comes."""
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
