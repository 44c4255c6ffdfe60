"""The columns that say who has left or is blocked, by their names in the commonest languages of schools."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.sources.rosters.meaning.presence import STATE, Presence, off, on, since

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
            "Account Active",
            "Active Student",
            "Active Member",
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
    "withdrawn": (
        off("withdrawn"),
        (
            *("Withdrawn", "Is Withdrawn", "Abgemeldet", "Exmatrikuliert", "Désinscrit", "Radié", "Dado de baja"),
            *("Retirado", "Desligado", "Uitgeschreven", "탈퇴 여부", "자퇴 여부", "퇴학 여부"),
        ),
    ),
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

MAYBE_STATES = ("State", "Estado", "État", "Title", "Category", "Type", "Condition", "Enrollment", "Enrolment")
"""Columns that are no states by their names, since most have addresses or ranks: they are if a value in them is one of somebody gone.

So are all other columns whose name ends in "status"; ``hints.py`` has more."""

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
        "Date de départ",
        "Fecha de cese",
        "Fecha de retiro",
        "Data de desligamento",
        "Vertrekdatum",
        "퇴사일",
        "퇴직일",
        "퇴학일",
        "탈퇴일",
        "만료일",
    ),
)
"""The names of columns with the last day of a member."""
