"""Write plans as JSON, and read them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from seatsync.domain.action import ACTIONS
from seatsync.domain.approval import Approval, PassedLimit
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.fields import PLAN_FIELDS, bad_field
from seatsync.domain.library import Slots
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.domain.portal.export import NOTHING, Holding
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import parse_day
from seatsync.formats.plan import FORMAT
from seatsync.planning.change import Change, grouped
from seatsync.planning.line import DrawnLine, Place
from seatsync.planning.plan import Plan, fingerprint
from seatsync.planning.portal.found import Difference, Differs, Drift
from seatsync.planning.seats import SlotChange

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class BadPlanFile(Failure):
    """A file that is not a plan, or was changed after seatsync wrote it. ``why`` continues a sentence."""

    exit_code = ExitCode.STALE

    def __init__(self, why: str) -> None:
        help = "Make a new plan: seatsync plan --out plan.json."
        super().__init__(f"Nothing was done: the plan file can't be used, because {why}.", help)


def to_document(plan: Plan) -> dict[str, Any]:
    """Return the plan file as a dict, without its ``seal``."""
    return {
        "format": FORMAT,
        **({"redacted": True} if plan.redacted else {}),
        "institution": plan.institution,
        "created_at": plan.created_at,
        "now": plan.now,
        "desired_digest": plan.desired_digest,
        **({"files_commit": plan.files_commit} if plan.files_commit else {}),
        **({"files_at": plan.files_at} if plan.files_at else {}),
        "ledger": {"serial": plan.serial, "head": plan.head},
        "fingerprint": plan.fingerprint,
        "asked": plan.asked,
        "summary": plan.summary,
        **({"letters": dict(plan.letters)} if plan.letters is not None else {}),
        **({"worklist": dict(plan.work)} if plan.work else {}),
        "settings": dict(plan.settings),
        "rosters": dict(plan.rosters),
        "settled": dict(sorted(plan.baseline.items())),
        "slots": {id: {"before": s.before.as_dict(), "after": s.after.as_dict()} for id, s in plan.slots.items()},
        "approvals": [{**passed.as_dict(), "source": _source(passed.approval.origin)} for passed in plan.approvals],
        **({"exports": dict(plan.exports)} if plan.exports else {}),
        **({"exports_read": dict(plan.exports_read)} if plan.exports_read else {}),
        **({"drift": [_drift(one) for one in plan.drift]} if plan.drift else {}),
        **({"lines": {library: _line(line) for library, line in plan.lines.items()}} if plan.lines else {}),
        **({"names": {str(record): name for record, name in plan.names.items()}} if plan.names else {}),
        **({"titles": dict(plan.titles)} if plan.titles else {}),
        **({"at_once": [*plan.at_once]} if plan.at_once else {}),
        "refusals": [_finding(refusal) for refusal in plan.refusals],
        "warnings": [_finding(warning) for warning in plan.warnings],
        "changes": [_change(change) for change in plan.changes],
    }


def to_text(documents: Iterable[Mapping[str, Any]], as_array: bool) -> Iterator[str]:
    """Yield the file's text: an object or an array of them, one change a line, so that two plans are easy to compare."""
    if as_array:
        yield "[\n"
    for position, document in enumerate(documents):
        if position:
            yield ",\n"
        seal = sha256()
        for piece in _pieces(document):
            seal.update(piece.encode())
            yield piece
        yield f'  "seal": "{seal.hexdigest()}"\n}}' + ("" if as_array else "\n")
    if as_array:
        yield "\n]\n"


def _pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text of a plan up to its seal. The seal is the hash of this text."""
    yield "{\n"
    for key, value in document.items():
        if key == "changes":
            yield '  "changes": ['
            between = "\n    "
            for change in value:
                yield between + _ENCODE(change)
                between = ",\n    "
            yield "\n  ],\n" if value else "],\n"
        else:
            yield f"  {_ENCODE(key)}: {_ENCODE(value)},\n"


def read_plans(text: str) -> list[Plan]:
    """Return the plans in a file; none if the change that it was made for touches no institution (``plan --changed-since``).

    Raises:
        BadPlanFile: the file is not JSON, not a plan, or was changed after seatsync wrote it.
    """
    try:
        text.encode()
        value = json.loads(text, parse_float=_no_number, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadPlanFile(f"it is not JSON as seatsync writes it: {error}") from error
    documents = value if isinstance(value, list) else [value]
    for document in documents:
        _check(document)
    institutions = [document["institution"] for document in documents]
    if len(set(institutions)) < len(institutions):
        raise BadPlanFile("it has two plans of one institution in it")
    return [_plan(document) for document in documents]


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a whole number")


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    from seatsync.formats.schemas import schema

    return Draft202012Validator(schema("plan"))


def _check(document: Any) -> None:
    fault = next(_validator().iter_errors(_one_of_each_shape(document)), None)
    if fault is not None:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault.absolute_path).lstrip(
            "."
        )
        raise BadPlanFile(f"it is not a seatsync plan: {place or 'the file'}: {fault.message[:200]}")
    if document["seal"] != _seal(document):
        raise BadPlanFile("it was damaged or edited after seatsync wrote it (its seal does not match)")


def _one_of_each_shape(document: Any) -> Any:
    """Return the document with one change of each shape. The schema checks only shapes, and there may be a million changes."""
    if not isinstance(document, dict) or not isinstance(document.get("changes"), list):
        return document
    shapes = {repr(_shape(change)): change for change in document["changes"]}
    return {**document, "changes": list(shapes.values())}


def _shape(value: Any, key: str = "") -> Any:
    """Return the parts of a value that the schema of a change checks: keys, types, enumerations, and numbers below 1."""
    if isinstance(value, dict) and key not in ("before", "after"):
        return [(name, _shape(item, name)) for name, item in value.items()]
    if key in ("action", "kind", "status") or (isinstance(value, int) and value < 1):
        return value
    return type(value)


def _seal(document: Mapping[str, Any]) -> str:
    seal = sha256()
    for piece in _pieces({key: value for key, value in document.items() if key != "seal"}):
        seal.update(piece.encode())
    return seal.hexdigest()


def _change(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {"action": change.action}
    for name in ("library", "member", "record", "kind", "status"):
        if value := getattr(change, name):
            document[name] = value
    for name in ("before", "after"):
        if value := getattr(change, name):
            document[name] = value
    document["reason"] = change.reason
    document["source"] = _source(change.origin)
    return document


def _source(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line}


def _finding(finding: Diagnostic) -> dict[str, Any]:
    document: dict[str, Any] = {"code": finding.code}
    if finding.severity is Severity.NOTICE:
        document["severity"] = finding.severity.value
    document |= {"message": finding.message, "help": finding.help}
    if finding.library:
        document["library"] = finding.library
    if finding.members:
        document["members"] = list(finding.members)
    if finding.origin:
        document["source"] = _source(finding.origin)
    return document


def _drift(drift: Drift) -> dict[str, Any]:
    one = drift.difference
    document: dict[str, Any] = {"what": one.what.value}
    if one.library:
        document["library"] = one.library
    document["member"] = one.email
    if one.member:
        document["record"] = one.member
    for name, (kind, status) in (("here", one.here), ("there", one.there)):
        if one.library:
            document[name] = {"kind": kind.value, "status": status.value}
    if one.fields:
        document["fields"] = {name: [*values] for name, values in one.fields.items()}
    return {**document, "source": _source(drift.origin)}


def _plan(document: Mapping[str, Any]) -> Plan:
    changes = [_read_change(change) for change in document["changes"]]
    settings = document["settings"] if document["ledger"]["serial"] == 0 else None
    redacted = document.get("redacted", False)
    if not redacted and fingerprint(grouped(changes), settings) != document["fingerprint"]:
        raise BadPlanFile("its changes do not match its fingerprint")
    return Plan(
        institution=document["institution"],
        name=document["settings"]["name"],
        created_at=document["created_at"],
        now=document["now"],
        desired_digest=document["desired_digest"],
        serial=document["ledger"]["serial"],
        head=document["ledger"]["head"],
        changes=changes,
        slots={id: SlotChange(_slots(s["before"]), _slots(s["after"])) for id, s in document["slots"].items()},
        rosters=document["rosters"],
        settings=document["settings"],
        refusals=[_read_finding(finding, Severity.REFUSAL) for finding in document["refusals"]],
        warnings=[_read_finding(finding, Severity.WARNING) for finding in document["warnings"]],
        fingerprint=document["fingerprint"],
        asked=document.get("asked", document["fingerprint"]),
        baseline=document["settled"],
        letters=document.get("letters"),
        work=document.get("worklist", {}),
        redacted=redacted,
        approvals=[_read_approval(passed) for passed in document.get("approvals", ())],
        files_commit=document.get("files_commit", ""),
        files_at=document.get("files_at", ""),
        exports=document.get("exports", {}),
        exports_read=document.get("exports_read", {}),
        drift=[_read_drift(one) for one in document.get("drift", ())],
        names={int(record): name for record, name in document.get("names", {}).items()},
        lines={library: _read_line(line) for library, line in document.get("lines", {}).items()},
        titles=document.get("titles", {}),
        at_once=document.get("at_once", []),
    )


def _line(line: DrawnLine) -> dict[str, Any]:
    return {**line._asdict(), "first": [_place(place) for place in line.first], "frees": dict(line.frees)}


def _place(place: Place) -> dict[str, Any]:
    said = {"member": place.member, "record": place.record, "since": place.since, "expected": place.expected}
    return {**{n: v for n, v in said.items() if v}, "reason": place.reason, "source": _source(place.origin)}


def _read_line(line: Mapping[str, Any]) -> DrawnLine:
    return DrawnLine(**{**line, "first": [_read_place(place) for place in line["first"]]})


def _read_place(place: Mapping[str, Any]) -> Place:
    origin, expected = Origin(**place["source"]), place.get("expected", "")
    return Place(place["member"], place.get("record", 0), place["since"], place["reason"], origin, expected)


def _read_drift(one: Mapping[str, Any]) -> Drift:
    here, there = (_holding(one.get(name)) for name in ("here", "there"))
    fields = {name: (values[0], values[1]) for name, values in one.get("fields", {}).items()}
    library, number, origin = one.get("library", ""), one.get("record", 0), Origin(**one["source"])
    line = origin.line if origin.file != "seatsync.yaml" else 0
    difference = Difference(Differs(one["what"]), library, number, one["member"], line, here, there, fields)
    return Drift(origin, difference)


def _holding(license: Mapping[str, str] | None) -> Holding:
    return (Kind(license["kind"]), Status(license["status"])) if license is not None else NOTHING


def _read_approval(passed: Mapping[str, Any]) -> PassedLimit:
    if (day := parse_day(passed["until"])) is None:
        raise BadPlanFile("an approval in it has an end date that is none")
    origin = Origin(passed["source"]["file"], passed["source"]["line"])
    given = {name: passed[name] for name in ("library", "roster", "count", "reason", "members") if name in passed}
    approval = Approval(passed["refusal"], day, origin, **given, answer=passed.get("is", ""))
    return PassedLimit(approval, passed["needed"], passed["limit"])


def _must_be_whole(change: Mapping[str, Any]) -> None:
    action, before, after = change["action"], change.get("before") or {}, change.get("after") or {}
    if wrong := bad_field(before, PLAN_FIELDS) or bad_field(after, PLAN_FIELDS):
        raise BadPlanFile(f"a {action} has a field that is unknown, or of the wrong type: {printable(wrong)}")
    facts = ACTIONS[action].facts
    paired = before.keys() == after.keys() or not facts.in_pairs
    if not (paired and before.keys() >= {*facts.before} and after.keys() >= {*facts.after}):
        raise BadPlanFile(f"a {action} lacks a value before or after the change")


def _read_change(change: Mapping[str, Any]) -> Change:
    _must_be_whole(change)
    source = change["source"]
    get = change.get
    return Change(
        ACTIONS[change["action"]],
        change["reason"],
        Origin(source["file"], source["line"]),
        get("library") or "",
        get("member") or "",
        get("kind") or "",
        get("status") or "",
        get("before"),
        get("after"),
        get("record") or 0,
    )


def _read_finding(finding: Mapping[str, Any], severity: Severity) -> Diagnostic:
    source = finding.get("source")
    origin = Origin(source["file"], source["line"]) if source else None
    severity = Severity(finding.get("severity", severity))
    members = tuple(finding.get("members") or ())
    return Diagnostic(
        finding["code"], finding["message"], finding["help"], origin, severity, finding.get("library"), members
    )


def _slots(figures: Mapping[str, int]) -> Slots:
    total, reserved, temporary, permanent = (figures[name] for name in ("total", "reserved", "temporary", "permanent"))
    return Slots(total, reserved, temporary, permanent, figures.get("permanent_reserved", 0))
