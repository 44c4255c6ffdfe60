"""Findings as every report shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from shlex import quote
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.reports.view.escaping import escape_controls


def by_code(findings: Iterable[Diagnostic]) -> dict[str, list[Diagnostic]]:
    """Return findings by their code, in the order in which the codes first occur."""
    found: dict[str, list[Diagnostic]] = {}
    for finding in findings:
        found.setdefault(finding.code, []).append(finding)
    return found


def shown(finding: Diagnostic, folder: str = "", commands_in: str = "") -> Diagnostic:
    """Return a finding that is safe to show, with ``folder`` put before the name of its file. The commands that it names run in
    ``commands_in``, the folder unless it says otherwise: they can be copied as they are."""
    origin = finding.origin and finding.origin._replace(file=escape_controls(folder + finding.origin.file))
    message, advised = (run_in(text, (commands_in or folder).rstrip("/")) for text in (finding.message, finding.help))
    help = "\n".join(map(escape_controls, advised.splitlines()))
    code, message = escape_controls(finding.code), escape_controls(message)
    return replace(finding, code=code, message=message, help=help, origin=origin)


_WITHOUT_FOLDER = "explain|schema|init|serve|show|completion|comment|notify|mark|propose|fetch|ledger key"
_COMMAND = re.compile(rf"`(seatsync (?!(?:{_WITHOUT_FOLDER})\b)[^`…>]*?)( >[^`]*)?`")


def run_in(text: str, folder: str) -> str:
    """Return a text whose commands name the institution's ``folder``; empty for the current one."""
    if not folder or "`seatsync " not in text:
        return text

    def named(found: re.Match[str]) -> str:
        command, rest = found[1], found[2] or ""
        is_named = any(word in ("-C", "FOLDER") for word in command.split()) or command.endswith(f" {quote(folder)}")
        return found[0] if is_named else f"`{command} -C {quote(folder)}{rest}`"

    return _COMMAND.sub(named, text)


def help_line(finding: Diagnostic) -> str:
    """Return what to do about a finding. A notice needs no fix, so its help has no ``To fix:``."""
    return finding.help if finding.severity is Severity.NOTICE else f"To fix: {finding.help}"


class Advice(NamedTuple):
    """What to do about a finding: in ``words``, the lines to ``paste``, if there are any, and what is to be said ``then``."""

    words: str
    paste: str
    then: str


def advice(finding: Diagnostic) -> Advice:
    """Return what to do about a finding, in parts. The lines of a help that begin with a space are to be pasted."""
    words, *more = help_line(finding).split("\n")
    paste = [line for line in more if line.startswith(" ")]
    return Advice(words, "\n".join(paste), " ".join(line for line in more if line not in paste))


def identity(finding: Diagnostic, origin: Origin) -> str:
    """Return a digest (SHA-256, hex) by which hosts know a finding again, whatever its line is and whatever is advised."""
    said = (finding.code, origin.file, finding.library or "", finding.message)
    return sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()
