"""The sample of a CODEOWNERS file: who must approve which of an institution's files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from seatsync.cli.commands.init.pipeline import PIPELINE_PLACES

_PLACES = {
    "github": (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
    "gitlab": (".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"),
}
"""Where the host looks for the file. The first is where the sample is written."""

SWITCHES = {
    "github": '"Require review from Code Owners" in the ruleset of the branch',
    "gitlab": '"Code owner approval" of the protected branch (GitLab Premium)',
}
"""What makes the host ask the owners."""

_OWNED = (
    ("", "@example/registrars", "everything else: letters, selections, schemas"),
    ("rosters/", "@example/registrars", "who is a member, with which tags"),
    ("grants/", "@example/librarians", "who gets what, if it is in CSV files"),
    ("exports/", "@example/registrars", "what the vendor's portal shows"),
    ("seatsync.yaml", "@example/budget", "libraries, grants, limits and approvals"),
)
"""The files in an institution's folder, their owners, and what is in them."""


def code_owners(top: Path, host: str, words: str) -> dict[Path, str]:
    """Return the sample for the folders that ``words`` name: path → text; nothing if the repository has such a file."""
    places = [top / name for name in _PLACES[host]]
    if any(place.exists() for place in places):
        return {}
    rows = [(_pattern(word, name), owner, what) for word in words.split() for name, owner, what in _OWNED]
    rows += [(f"/{place}", "@example/administrators", "what runs with the secrets") for place in PIPELINE_PLACES[host]]
    width = max(len(pattern) for pattern, *_ in rows)
    lines = "\n".join(f"# {what}:\n# {pattern:{width}} {owner}" for pattern, owner, what in rows)
    template = files("seatsync.cli.commands.init") / "starter" / "ci" / "codeowners"
    text = Template(template.read_text(encoding="utf-8")).substitute(switch=SWITCHES[host], lines=lines)
    return {places[0]: text}


def _pattern(word: str, name: str) -> str:
    """The pattern for a file of the folders; of an institution in the root for all files that no other line names."""
    inside = f"/{word}/{name}" if word != "." else f"/{name}"
    return inside if inside != "/" else "*"
