"""Why the seats of somebody change, in words."""

from __future__ import annotations

from collections.abc import Sequence

from seatsync.domain.desired import Grant, Selector

REDELIVERED = "The library is now delivered in another way, so the earlier letter no longer fits"
AT_ONCE = "The library is now delivered to accounts, and the member has one"
CORRECTED = "E-mail corrected: the invitation goes to the new address"
DROPPED = "The library is no longer in seatsync.yaml"
WANTED = "Given at the vendor by hand; now the files ask for it permanently"
LEFT = "No longer on any roster"
GRACE_OVER = "On no roster since"
GRANT_ENDED = "The grant ended on"
INSTITUTION_ENDED = "The institution ended on"


def reason_of(rule: Grant) -> str:
    """The reason of a grant, in words: its conditions."""
    starting = f"; term {rule.term}" if rule.term else f"; from {rule.starts}" if rule.starts is not None else ""
    ending = f"; ends {rule.ends} {rule.ends_on}" if rule.ends_on else ""
    return "Granted: " + conditions(rule.to) + starting + ending


def conditions(to: Selector) -> str:
    """Whom a grant reaches, in words."""
    words = [f"tag {tag}" for tag in to.tags]
    if to.any_tags:
        words.append(_tags("one of the tags", "tag", to.any_tags))
    if to.not_tags:
        words.append(_tags("none of the tags", "not tag", to.not_tags))
    if to.roles:
        words.append(f"role {' or '.join(to.roles)}")
    if to.selection is not None:
        words.append(f"listed in {to.selection.file}")
    if to.emails:
        words.append("named by e-mail")
    if to.not_selection is not None:
        words.append(f"not listed in {to.not_selection.file}")
    if to.not_emails:
        words.append("not left out by e-mail")
    return " and ".join(words) or "everyone"


def _tags(several: str, single: str, tags: Sequence[str]) -> str:
    return f"{single if len(tags) == 1 else several} {', '.join(tags)}"
