"""The systems of churches: Planning Center, ChurchTools, Breeze.

Each church can make further words of a status; of these nobody knows who is a member, until `take:` says so.
"""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence, since

_BREEZE = Presence(
    frozenset({"member", "active", "attender", "regular attender", "visitor", "guest", "volunteer", "staff"}),
    {word: word for word in ("inactive", "deceased", "archived", "removed", "moved", "former member", "transferred")},
)
_CHURCHTOOLS = Presence(
    frozenset({"mitglied", "freund", "kontakt", "besucher", "teilnehmer", "mitarbeiter", "gast"}),
    {
        **dict.fromkeys(("ehemalig", "ehemaliger", "ehemaliges mitglied", "ausgetreten"), "ausgetreten"),
        **{word: word for word in ("verstorben", "archiviert", "zu löschen", "inaktiv")},
    },
)

FORMATS = (
    Format(
        "planning-center",
        "Planning Center's list of people",
        needs=(("Person ID", "First Name", "Last Name", "Membership"), ("Person ID", "First Name", "Home Email")),
        fields={
            "email": ("{Home Email|Work Email|Other Email}", "{Home Email|Work Email}", "Home Email"),
            "given_name": ("First Name",),
            "student_id": ("Person ID",),
            "org": ("Campus", "Primary Campus"),
        },
        presence={
            "Status": Presence(frozenset({"active"}), {"inactive": "inactive"}),
            "Inactive Date": since("inactive"),
        },
        not_presence=("Marital Status", "State"),
        tags_from={
            "membership": ("{Membership}",),
            "campus": ("{Campus}", "{Primary Campus}"),
            "grade": ("{Grade}",),
        },
        quiet=True,
    ),
    Format(
        "churchtools",
        "ChurchTools' list of people",
        needs=(("Vorname", "Nachname", "Status", "Station"), ("Vorname", "Nachname", "Status", "Bereiche")),
        fields={"student_id": ("Id",), "org": ("Station",)},
        presence={"Status": _CHURCHTOOLS},
        tags_from={"membership": ("{Status}",), "campus": ("{Station}",)},
        quiet=True,
    ),
    Format(
        "breeze",
        "Breeze's list of people",
        needs=(("Breeze ID", "First Name", "Last Name"),),
        fields={"student_id": ("Breeze ID",), "org": ("Campus",)},
        presence={"Status": _BREEZE},
        not_presence=("State", "Marital Status"),
        tags_from={"membership": ("{Status}",), "campus": ("{Campus}",)},
        quiet=True,
    ),
)
