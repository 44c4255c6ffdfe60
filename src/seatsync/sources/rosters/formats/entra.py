"""Microsoft Entra (once Azure Active Directory): the download of users, the template of "Bulk create", Microsoft 365's export."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence, off, on, since

_BLOCKED = off("blocked")
_EMAIL_2019 = "User name (example: chris@contoso.com) [userPrincipalName] *"

FORMATS = (
    Format(
        "entra",
        "Microsoft Entra's list of users",
        needs=(
            ("userPrincipalName", "surname", "givenName"),
            ("User name [userPrincipalName] Required", "First name [givenName]", "Last name [surname]"),
            (_EMAIL_2019, "First name [givenName]", "Last name [surname]"),
            ("User principal name", "First name", "Last name", "Block credential"),
        ),
        fields={
            "email": (
                "{mail|userPrincipalName}",
                "User name [userPrincipalName] Required",
                _EMAIL_2019,
                "User principal name",
            ),
            "given_name": ("givenName", "First name"),
            "family_name": ("surname", "Last name"),
            "role": ("jobTitle", "Title"),
            "org": ("department",),
        },
        presence={
            "userType": Presence(frozenset({"member"}), {"guest": "guest"}),
            "accountEnabled": on("disabled"),
            "Block sign in (Yes/No) [accountEnabled] Required": _BLOCKED,
            "Block sign in (Yes/No) [accountEnabled] *": _BLOCKED,
            "Block credential": _BLOCKED,
            "Soft deletion time stamp": since("deleted"),
        },
        not_presence=("state", "invitationState"),
        never=("id", "Object Id"),
        tags_from={"department": ("{department}",)},
        samples=("Example:",),
        preamble=("version:",),
        quiet=True,
        nameless=True,
    ),
)
