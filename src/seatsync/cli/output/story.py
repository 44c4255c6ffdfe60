"""Tell the story of a member's licenses: what they hold, who asks for it, how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from seatsync.cli.output.journal import by_whom
from seatsync.domain.letters import LetterState
from seatsync.domain.license import NEVER, Kind, Status
from seatsync.domain.portal.progress import status_in_words
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import local
from seatsync.reports.writer import Writer

_DONE = {
    "member-add": "added",
    "member-update": "changed",
    "member-remove": "left",
    "grant": "granted",
    "claim": "claimed",
    "opt-out": "declined",
    "revoke": "revoked",
    "upgrade": "made permanent",
    "license-update": "end date changed",
    "resend": "invited again",
    "wait": "in line for a seat",
    "unwait": "no longer in line",
    "observe": "seen at the vendor",
}
"""What each action has done. Others have their names."""

_BECAME = {
    LetterState.PENDING: "waits for `seatsync outbox send`",
    LetterState.HELD: "held back: `seatsync outbox release` lets it go out",
    LetterState.SENT: "sent",
    LetterState.BOUNCED: "came back; `seatsync outbox retry` sends it again:",
    LetterState.CANCELLED: "not sent: something newer took its place",
}


NOT_ASKED = "    No grant in the files asks for it now."


def tell(out: Writer, person: Mapping[str, Any], everything: bool, timezone: str) -> None:
    """Tell of one member: of each library that they hold, held, are asked for or left out of, or with
    ``everything`` of all. The others are named."""
    if before := person.get("formerly"):
        _line(out, f"{before} is now {_who(person)}.")
    _line(out, f"{_who(person)} {_standing(person)}", "bold")
    _events(out, person["events"], timezone)
    others = []
    for library, held in person["libraries"].items():
        if everything or held["asked_for"] or held["events"] or "left_out" in held:
            _license(out, library, held, timezone, person["name"] or person["member"])
        else:
            others.append((library, held.get("no_seat", {}).get("command", "")))
    if others:
        out.line()
        _line(out, "No seat, and no grant in the files asks for one:", "bold")
        out.table(others, styles=("", "dim"), indent=4)


def _who(person: Mapping[str, Any]) -> str:
    known_as = ", ".join(filter(None, (person["member"], person["student_id"])))
    return f"{person['name']} ({known_as})" if person["name"] else known_as


def _standing(person: Mapping[str, Any]) -> str:
    if "left_on" in person:
        return (
            f"is on no roster since {person['left_on']}. Temporary seats stay until their end dates (`leavers.grace`)."
        )
    if not person["roster"]:
        return "is on no roster any more."
    tags = f", tags {', '.join(person['tags'])}" if person["tags"] else ""
    where = f"is on the roster, {_place(person['roster'])}{tags}"
    return f"{where}." if person["in_ledger"] else f"{where}, and not in the ledger yet: the next apply adds them."


def _license(out: Writer, library: str, held: Mapping[str, Any], timezone: str, name: str) -> None:
    out.line()
    end = f", until {held['until']}" if held["until"] else ""
    _line(out, f"{library}: {_held(held)}{end}", "bold")
    for grant in held["asked_for"]:
        until = f" until {grant['until']}" if grant["until"] else ""
        until += f" (term {grant['term']})" if "term" in grant else ""
        until += f" with {grant['ends_with']}" if "ends_with" in grant else ""
        if grant.get("is_coming") and not grant["counts"]:
            gets = "Gets a seat or waits in line" if held.get("has_line") else "Gets a seat"
            _line(out, f"    {gets} on {grant['from']} by {_place(grant)}: {grant['kind']}{until}.")
            continue
        unused = _due(grant) or _unused(grant, held["asked_for"])
        _line(out, f"    {_place(grant)} asks for it: {grant['kind']}{until}{unused}.")
    if not held["asked_for"]:
        own = "" if held.get("own_end") in (None, NEVER) else f" Without that, it would end on {held['own_end']}."
        _line(out, f"    It ends then because they are on no roster any more.{own}" if "own_end" in held else NOT_ASKED)
    for grant in held.get("left_out", ()):
        _line(out, f"    {_place(grant)} {_leaves_out(grant, name)}.")
    if "held_back" in held:
        reason = f" ({held['held_back']})" if held["held_back"] else ""
        _line(out, f"    A freeze keeps it until {held['until']}{reason}.")
    if no_seat := held.get("no_seat"):
        _no_seat(out, no_seat, held["asked_for"])
    _events(out, held["events"], timezone, held["letters"])


def _unused(grant: Mapping[str, Any], asked_for: Sequence[Mapping[str, Any]]) -> str:
    """Why a grant gives nothing now; empty for the one that does."""
    if grant["counts"]:
        return ""
    if "has_ended" in grant:
        return f". This grant ended on {grant['until']}"
    stronger = any(other["counts"] for other in asked_for)
    return f". It is not used{': another grant is stronger' if stronger else ''}"


def _leaves_out(grant: Mapping[str, Any], name: str) -> str:
    """How a grant leaves them out by their tags, which are not told of if redacted."""
    if "tags" not in grant:
        return "leaves them out by a tag that they have"
    tags = f"tag{'s' * (len(grant['tags']) != 1)} {', '.join(grant['tags'])}"
    return f"gives it to {grant['to']}, but leaves out {tags}, which {name} has"


def _held(held: Mapping[str, Any]) -> str:
    """Which seat it is, and how far it has come."""
    if held["kind"] != Kind.NONE:
        return f"{held['kind']}, {status_in_words(held['status'], held.get('at_vendor', ''))}"
    if held["status"] == Status.NONE:
        return "no seat"
    if line := held.get("line"):
        expected = f"; end dates free a seat for them on {line['expected']}" if line["expected"] else ""
        return f"no seat, number {line['place']:,} of {line['waiting']:,} in line{expected}"
    if "ended_on" in held:
        return f"no seat, ended on {held['ended_on']}"
    return f"no seat, {status_in_words(held['status'], held.get('at_vendor', ''))}"


def _no_seat(out: Writer, no_seat: Mapping[str, str], asked_for: Sequence[Mapping[str, Any]]) -> None:
    """What keeps them from a seat; the command that grants one, where no grant does that counts."""
    if no_seat["because"]:
        _line(out, f"    {no_seat['because']}")
    if no_seat["command"] and not any(grant["counts"] for grant in asked_for):
        _line(out, f"    To grant one: {no_seat['command']}")


def _due(grant: Mapping[str, Any]) -> str:
    """When a grant with ``after`` gives the license; empty for another grant."""
    if "after" not in grant:
        return ""
    (word, number), *_ = grant["after"].items()
    leave = ", without those on leave" if "not_counting" in grant["after"] else ""
    after = f"{number} {word if number != 1 else word[:-1]} after the first grant{leave}"
    if grant["due"]:
        return f" on {grant['due']}, {after}"
    unknown = "there was none yet" if word == "days" else "there was none yet, or `terms:` has too few to say when"
    return f" {after}, and {unknown}"


def _events(
    out: Writer, events: Sequence[Mapping[str, Any]], timezone: str, letters: Sequence[Mapping[str, Any]] = ()
) -> None:
    """What was done and which letters were sent or wait, in the order of time; of one time, what was done first."""
    rows = sorted([*map(_event, events), *map(_letter, letters)], key=itemgetter(0))
    told = [(local(at, timezone), *rest) for at, *rest in rows]
    out.table(told, styles=("", "", "dim", "dim"), indent=4)


def _event(event: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """When, what, by whom; the person's own values stand above."""
    detail = event.get("reason") or printable(event["detail"], 500) if event["what"] != "member-add" else ""
    return event["at"], _DONE.get(event["what"], event["what"]), detail, by_whom(event)


def _letter(one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """When, which letter, what became of it; ``outbox list`` has the details."""
    reply = one["reply"] if one["state"] == LetterState.BOUNCED else ""
    became = printable(f"{_BECAME[one['state']]} {reply}".strip(), 500)
    return one["sent_at"] or one["created_at"], f"letter: {one['letter'].replace('-', ' ')}", became, ""


def _line(out: Writer, text: str, style: str = "") -> None:
    out.line((printable(text, 500), style))


def _place(origin: Mapping[str, Any]) -> str:
    return f"{origin['file']}:{origin['line']}"
