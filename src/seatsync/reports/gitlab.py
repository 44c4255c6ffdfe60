"""Findings as a GitLab Code Quality report, which a merge request shows next to its changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.reports.view.findings import help_line, identity

_SEVERITIES = {
    Severity.ERROR: "blocker",
    Severity.REFUSAL: "blocker",
    Severity.WARNING: "major",
    Severity.NOTICE: "info",
}


def code_quality(found: Sequence[Diagnostic], config: str) -> str:
    """Return the report: a JSON array with an object for each finding.

    A finding without a place is put at the top of ``config``, because GitLab ignores a finding without a location. It also
    ignores a second one with the same fingerprint, so equal findings in a file are numbered. The line is not part of the
    fingerprint: GitLab compares two branches by it, and a finding whose line moves is not new.
    """
    seen: Counter[str] = Counter()
    issues = []
    for finding in found:
        origin = finding.origin or Origin(config)
        same = identity(finding, origin)
        seen[same] += 1
        issues.append(
            {
                "check_name": finding.code,
                "description": f"{finding.message}\n{help_line(finding)}",
                "fingerprint": sha256(f"{same}\0{seen[same]}".encode()).hexdigest(),
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": origin.file.removeprefix("./"), "lines": {"begin": origin.line}},
            }
        )
    return f"{json.dumps(issues, indent=2)}\n"
