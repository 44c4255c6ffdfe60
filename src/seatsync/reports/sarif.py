"""Findings as SARIF 2.1.0, a format that code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sarif_pydantic import (
    ArtifactLocation,
    Level,
    Location,
    Message,
    PhysicalLocation,
    Region,
    ReportingConfiguration,
    ReportingDescriptor,
    Result,
    Run,
    Sarif,
    Tool,
    ToolDriver,
)

from seatsync import __version__
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.reports.view.findings import help_line, identity
from seatsync.reports.view.plan import PlanView

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {
    Severity.ERROR: Level.ERROR,
    Severity.REFUSAL: Level.ERROR,
    Severity.WARNING: Level.WARNING,
    Severity.NOTICE: Level.NOTE,
}


def log(found: Sequence[Diagnostic], views: Iterable[PlanView], pages: Mapping[str, str], config: str) -> str:
    """Return the whole log: one run, with a rule for each code that occurs; the code's page explains the rule.

    A finding without a place is put at the top of ``config``, because hosts ignore findings without a location.
    """
    codes = sorted({finding.code for finding in found})
    level = {finding.code: _LEVELS[finding.severity] for finding in found}
    driver = ToolDriver(
        name="seatsync",
        version=__version__,
        rules=[_rule(code, pages.get(code, code), level[code]) for code in codes],
    )
    results = [_result(finding, codes.index(finding.code), config) for finding in found]
    run = Run(tool=Tool(driver=driver), results=results, properties={"plans": [_summary(view) for view in views]})
    document = Sarif(version="2.1.0", schema_uri=SCHEMA, runs=[run])
    return f"{document.model_dump_json(by_alias=True, exclude_none=True, indent=2)}\n"


def _rule(code: str, page: str, level: Level) -> ReportingDescriptor:
    text = " ".join(page.split())
    return ReportingDescriptor(
        id=code,
        short_description=Message(text=text.split(". ")[1] + "." if ". " in text else text),
        full_description=Message(text=text),
        help=Message(text=page, markdown=page),
        default_configuration=ReportingConfiguration(level=level),
    )


def _result(finding: Diagnostic, rule: int, config: str) -> Result:
    origin = finding.origin or Origin(config)
    place = PhysicalLocation(
        artifact_location=ArtifactLocation(uri=quote(origin.file)),
        region=Region(start_line=origin.line, start_column=origin.column),
    )
    return Result(
        rule_id=finding.code,
        rule_index=rule,
        level=_LEVELS[finding.severity],
        message=Message(text=f"{finding.message}\n{help_line(finding)}"),
        locations=[Location(physical_location=place)],
        partial_fingerprints={"seatsync/1": identity(finding, origin)[:32]},
    )


def _summary(view: PlanView) -> dict[str, Any]:
    plan = view.plan
    return {
        "institution": plan.institution,
        "verdict": view.verdict,
        "fingerprint": plan.fingerprint,
        "summary": plan.summary,
        "letters": dict(plan.letters or {}),
    }
