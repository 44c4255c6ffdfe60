"""Where the files name members beside their rosters: rules, selections, grants files, approvals."""

from __future__ import annotations

from collections.abc import Collection

from seatsync.domain.text.emails import email_key
from seatsync.formats.approvals import AnyApproval
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.rules import Rules


def remove_all(folder: EditedFolder, keys: Collection[str]) -> None:
    """Remove members from every place that names them, and say where; say also which places keep their names."""
    rules = Rules(folder)
    for rule in rules.of_yaml:
        for field in ("emails", "not_emails"):
            if rules.drop_from_list(rule, field, keys):
                folder.say(f"Removed from the grant of {rule.entry.library} at {rule.grant.origin}.")
        for selection in rule.grant.to.selections:
            if rules.drop_from_selection(selection, keys):
                folder.say(f"Removed from {selection.file}.")
    for grant in [*rules.rows(keys)]:
        rules.drop_row(grant)
        folder.say(f"Removed from {grant.origin.file}: the grant of {grant.library}.")
    for position, admin in enumerate(folder.config.institution.admins):
        if email_key(admin.email) in keys:
            place = folder.line("institution", "admins", position)
            folder.say(
                f"{admin.email} is an administrator, too ({place}), and stays one: delete that entry to change it."
            )
    for position, approval in enumerate(folder.config.approvals):
        if _names(approval, keys):
            place = folder.line("approvals", position)
            folder.say(f"The approval at {place} still names a removed member, for whom it changes nothing any more.")


def _names(approval: AnyApproval, keys: Collection[str]) -> bool:
    return any(email_key(email) in keys for email in getattr(approval, "member", None) or ())
