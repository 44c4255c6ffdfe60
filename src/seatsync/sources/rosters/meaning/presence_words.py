"""The words by which rosters say who is a member and who is none, in the commonest languages of schools. Case does not count.

They are those of values; of words in the names of columns, those that have no other meaning there.
"""

from __future__ import annotations

from collections.abc import Mapping


def _of(*lists: str) -> tuple[str, ...]:
    """The words of these lists, one list for each language."""
    return tuple(word for words in lists for word in words.split(", "))


YES = (
    "true",
    "yes",
    "y",
    "1",
    "on",
    "t",
    "ja",
    "oui",
    "sí",
    "si",
    "sim",
    "sì",
    "tak",
    "kyllä",
    "да",
    "是",
    "예",
    "x",
    "✓",
)
NO = (
    "false",
    "no",
    "n",
    "0",
    "off",
    "f",
    "nein",
    "non",
    "não",
    "nee",
    "nie",
    "nej",
    "nei",
    "ei",
    "нет",
    "否",
    "아니오",
)
NO_DAY = frozenset(
    {*NO, *_of("-, —, null, none, n/a, never, nie, jamais, nunca, mai, nooit, 없음, 0000-00-00, 9223372036854775807")}
)
"""What stands in columns of days for none, or for a day that never comes."""

_ACTIVE = _of(
    "active, enrolled",
    "aktiv, eingeschrieben",
    "actif, inscrit, inscrite",
    "activo, activa, alta, inscrito, inscrita, matriculado, matriculada",
    "ativo, ativa",
    "attivo, attiva, iscritto, iscritta",
    "actief, ingeschreven",
    "재학, 재직",
    "aktywny, aktywna, aktiivinen, aktivní, aktív, aktif, активен, активный, активна, в штате, 在籍, 在校",
)
HERE = frozenset(
    {
        *_ACTIVE,
        *_of(
            "enabled, current, registered, employed, present, ok, live, here",
            "aktiviert, angemeldet, immatrikuliert",
            "activé, activée",
            "de alta, habilitado, habilitada, vigente",
            "ingeschakeld",
            "재학중, 재학 중, 재직중, 재직 중, 활성, 사용, 사용중, 사용 중, 등록",
        ),
    }
)
"""Words that say that somebody is a member."""
_GONE = {
    "deleted": _of(
        "deleted, tobedeleted, to be deleted, removed",
        "gelöscht",
        "supprimé, supprimée",
        "eliminado, eliminada",
        "excluído, excluída, removido, removida",
        "eliminato, eliminata",
        "verwijderd",
        "삭제, 삭제됨",
    ),
    "inactive": _of(
        "inactive, not active, deactivated",
        "inaktiv, deaktiviert",
        "inactif",
        "inactivo, inactiva, no activo",
        "inativo, inativa",
        "inattivo, inattiva",
        "inactief, niet actief",
        "비활성, 비활성화",
        "nieaktywny, nieaktywna, neaktivní, inaktív, pasif, неактивен, inaktiivinen",
    ),
    "disabled": _of(
        "disabled, not enabled",
        "désactivé, désactivée",
        "deshabilitado, deshabilitada, desactivado, desactivada",
        "desativado, desativada",
        "disattivato, disattivata",
        "uitgeschakeld",
        "사용중지, 사용 중지, 사용 안 함",
    ),
    "suspended": _of(
        "suspended",
        "gesperrt",
        "suspendu, suspendue",
        "suspendido, suspendida",
        "suspenso, suspensa",
        "sospeso, sospesa",
        "geschorst",
        "정지, 정지됨, 이용정지",
        "zawieszony",
    ),
    "blocked": _of(
        "blocked, locked",
        "blockiert",
        "bloqué, bloquée",
        "bloqueado, bloqueada",
        "bloccato, bloccata",
        "geblokkeerd",
        "차단, 차단됨, 잠김",
        "zablokowany, заблокирован",
    ),
    "archived": _of(
        "archived",
        "archiviert",
        "archivé, archivée",
        "archivado, archivada",
        "arquivado, arquivada",
        "archiviato, archiviata",
        "gearchiveerd",
        "보관됨",
    ),
    "withdrawn": _of(
        "withdrawn, withdrew, dropped, dropped out, discontinued",
        "abgemeldet, exmatrikuliert",
        "désinscrit, désinscrite, radié, radiée",
        "retirado, retirada",
        "desligado, desligada, desistente, evadido, evadida",
        "ritirato, ritirata",
        "uitgeschreven",
        "자퇴, 탈퇴, 제적",
        "退学",
    ),
    "left": _of(
        "left, former, leaver, terminated, resigned, expelled, dismissed, expired, cancelled, canceled, deceased, gone",
        "ausgetreten, ausgeschieden, abgegangen, ehemalig, verstorben",
        "parti, partie, exclu, exclue, démissionnaire, décédé, décédée",
        "baja, de baja, expulsado, expulsada, fallecido, fallecida",
        "demitido, demitida, falecido, falecida",
        "vertrokken, uit dienst, overleden",
        "퇴사, 퇴직, 퇴학, 사망",
        "уволен, отчислен",
    ),
}
GONE: Mapping[str, str] = {word: reason for reason, words in _GONE.items() for word in words}
"""Word → why somebody is no member. Words that may mean either, such as graduated or on leave, are in neither list."""

SAID = (*GONE, *_ACTIVE)
"""Words by which a column is known for one that says who is a member, whatever its name."""

# ── Words in names of columns ─────────────────────────────────────────────────────────────────────────────────────────

_ELSEWHERE = frozenset(
    _of("left, dropped, discontinued, former, gone, cancelled, canceled, parti, partie, baja, removed, retiro, 제적")
)
"""Words that are also in the names of columns that say something else, as in "seats left"."""


def _named(*reasons: str) -> frozenset[str]:
    return frozenset(word for word, reason in GONE.items() if reason in reasons and word not in _ELSEWHERE)


_KOREAN = tuple(
    stem + what for stem in ("퇴학", "자퇴", "탈퇴", "제적", "퇴사", "퇴직") for what in ("", "여부", "사유", "구분")
)
LEFT = _named("deleted", "archived", "withdrawn", "left") - {"expired"} | {
    *_of(
        "withdrawal, termination, exited, deactivated, deregistered, unenrolled, disenrolled",
        "austrittsgrund, abgang, abgangsgrund, abmeldung, kündigung, ehemalige, ehemaliger, exmatrikulation",
        "radiation, désinscription, démission, renvoyé, renvoyée",
        "cese, cesado, cesada, egreso, exalumno, exalumna, desvinculado, desvinculada",
        "desligamento, desistência, evasão, demissão",
        "vertrekreden, uitschrijving, uitschrijfreden, uitgestroomd, oudleerling",
    ),
    *_KOREAN,
}
"""Words of columns that say who has left."""
LEFT_NAMES = _of(
    "left, has left, left on, left school, left school on, exit reason, exit code, reason for leaving, leaving reason",
    "dropped, drop date, former, former student, former member, graduated, removed",
    "ancien élève, motif de sortie, départ, motif de départ, raison du départ",
    "baja, de baja, dado de baja, motivo de baja, motivo baja, ex alumno",
    "motivo de saída, motivo da saída, ex aluno",
    "uit dienst, oud leerling, vertrek, reden van vertrek, reden vertrek",
)
"""Whole names of such columns, whose words are also in others."""
BLOCKED = _named("suspended", "disabled", "blocked", "inactive") | {"expired"}
"""Words of columns that say yes of those who are blocked."""
ACTIVE = frozenset(
    {*_ACTIVE, *_of("enabled, employed, aktiviert, ingeschakeld, 재학여부, 재직여부, 활성, 활성화, 활성여부")}
)
"""Words of columns that say yes of members."""
ACTIVE_NAMES = _of("current student, current member, current employee, current user, is current")
"""Whole names of such columns, whose words are also in others."""
