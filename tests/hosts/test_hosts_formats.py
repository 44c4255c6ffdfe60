"""Formats that code hosts accept: GitHub's annotations and SARIF, within their limits and at the right place."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import yaml

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.reports.github import Annotations
from seatsync.reports.sarif import log
from tests.support.command_line import seatsync
from tests.support.paths import ROOT, TESTS

SCHEMA = json.loads((TESTS / "standards" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
ANNOTATION = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace
  admins: [{given_name: R, family_name: A, email: r@grace.example}]
libraries:
LIBRARIESrosters: [{path: members.csv}]
grants:
GRANTS"""


def write(folder: Path, members: int, libraries: int, slots: int) -> None:
    """Write an institution in which each library needs ``members`` seats."""
    titles = "".join(
        f'  lib-{n}: {{title: "50% off, 1:2\\n::error::{n}", system: logos-library, slots: {slots}}}\n'
        for n in range(libraries)
    )
    grants = "".join(f"  - {{library: lib-{n}, kind: temporary, to: {{everyone: true}}}}\n" for n in range(libraries))
    (folder / "seatsync.yaml").write_text(
        CONFIG.replace("LIBRARIES", titles).replace("GRANTS", grants), encoding="utf-8"
    )
    rows = [f"m{n}@grace.example,Mo,Li\n" for n in range(members)]
    (folder / "members.csv").write_text("email,given_name,family_name\n" + "".join(rows), encoding="utf-8")


Annotation = tuple[str, dict[str, str], str]


def annotated(folder: Path, *command: str) -> list[Annotation]:
    """Return (kind, properties, message) as GitHub reads them. Every line must be an annotation."""
    annotations: list[Annotation] = []
    for line in seatsync(*command, "--format", "github", folder=folder).out.splitlines():
        found = ANNOTATION.fullmatch(line)
        assert found, line
        properties = dict(part.split("=", 1) for part in found[2].split(","))
        annotations.append((found[1], properties, found[3].replace("%0A", "\n").replace("%25", "%")))
    return annotations


def test_a_mistake_is_an_annotation_at_its_file_line_and_column(tmp_path: Path) -> None:
    write(tmp_path, 1, 1, 9)
    with (tmp_path / "members.csv").open("a", encoding="utf-8") as file:
        file.write("m0@grace.example,Mo,Li\n")
    [(kind, properties, message)] = annotated(tmp_path, "validate")
    assert (kind, properties) == (
        "error",
        {"file": "members.csv", "line": "3", "col": "1", "title": "duplicate-email"},
    )
    assert "To fix: " in message


def test_the_verdict_comes_first_and_no_text_ends_a_command(tmp_path: Path) -> None:
    write(tmp_path, 3, 1, 2)
    annotations = annotated(tmp_path, "plan")
    assert annotations[0][0] == "error"
    assert annotations[0][2].startswith("Blocked: 1 rule broken.")
    assert [kind for kind, _, _ in annotations] == ["error", "error"]
    assert "50% off, 1:2" in annotations[1][2]
    write(tmp_path, 3, 1, 3)
    assert annotated(tmp_path, "plan")[0][:1] == ("notice",)


def test_of_twenty_thousand_changes_and_300_refusals_ten_of_a_kind_are_shown_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    write(tmp_path, 67, 300, 5)
    annotations = annotated(tmp_path, "plan")
    assert all(number <= 10 for number in Counter(kind for kind, _, _ in annotations).values())
    assert annotations[0][2].startswith("Blocked: 300 rules broken.")
    assert annotations[9][2] == "292 more: slots-exceeded"


def test_of_many_refused_institutions_the_first_verdicts_are_shown_and_all_reasons_counted(tmp_path: Path) -> None:
    names = [f"school-{n:02}" for n in range(12)]
    for name in names:
        (tmp_path / name).mkdir()
        write(tmp_path / name, 3, 1, 2)
    annotations = annotated(tmp_path, "plan", "--jobs", "1", *names)
    assert [said for _, _, said in annotations if said.startswith("Blocked")] == [
        said for _, _, said in annotations[:9]
    ]
    assert [said for _, _, said in annotations[9:]] == ["12 more: slots-exceeded"]


def test_no_sign_of_a_finding_ends_its_line_or_its_place() -> None:
    written, everything = Annotations(), "50%\r\n::error::a\r::error::b\n%0A,line=7:x"
    written.findings([Diagnostic(everything, everything, everything, Origin(everything, 1))])
    [line] = "".join(written.lines()).splitlines()
    place, _, message = line.removeprefix("::error ").partition("::")
    properties = dict(part.split("=", 1) for part in place.split(","))
    assert (unquote(properties["title"]), unquote(properties["file"])) == (everything, everything)
    assert unquote(message) == f"{everything}\nTo fix: {everything}"


def test_files_are_told_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "schools" / "grace"
    place.mkdir(parents=True)
    write(place, 3, 1, 2)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert annotated(place, "plan", "--no-redact")[1][1]["file"] == "schools/grace/seatsync.yaml"
    result = sarif(place, "plan", "--no-redact")["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "schools/grace/seatsync.yaml"


def sarif(folder: Path, *command: str) -> Any:
    """Return the only run of the log, after checking the log with the standard's schema."""
    log = json.loads(seatsync(*command, "--format", "sarif", folder=folder).out)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    return run


def test_sarif_has_every_refusal_at_its_place_with_its_rule_explained(tmp_path: Path) -> None:
    write(tmp_path, 67, 300, 5)
    run = sarif(tmp_path, "plan")
    assert len(run["results"]) == 300
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["id"] == "slots-exceeded"
    assert "more seats than" in rule["help"]["text"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"seatsync.yaml"}
    assert len({place["region"]["startLine"] for place in places}) == 300
    assert len({result["partialFingerprints"]["seatsync/1"] for result in run["results"]}) == 300
    assert run["properties"]["plans"][0]["verdict"].startswith("Blocked: 300 rules broken.")


def test_in_sarif_a_finding_is_the_same_wherever_its_line_has_gone_and_whatever_is_advised() -> None:
    here = Origin("members.csv", 2)
    finding = Diagnostic("some-code", "So it is.", "Do this.", here, library="books")
    moved, advised = replace(finding, origin=Origin("members.csv", 7)), replace(finding, help="Do that.")
    others = [
        replace(finding, code="other-code"),
        replace(finding, message="So it was."),
        replace(finding, origin=Origin("others.csv", 2)),
        replace(finding, library="notes"),
        replace(finding, library=None),
    ]
    [run] = json.loads(log([finding, moved, advised, *others], [], {}, "seatsync.yaml"))["runs"]
    same, *rest = (result["partialFingerprints"]["seatsync/1"] for result in run["results"])
    assert rest[:2] == [same, same]
    assert len({same, *rest}) == 1 + len(others)


def test_sarif_of_mistakes_of_several_folders_and_of_nothing(tmp_path: Path) -> None:
    for name, slots in (("good", 9), ("bad one", 9)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, 1, 1, slots)
    assert sarif(tmp_path, "validate", "good")["results"] == []
    (tmp_path / "bad one" / "members.csv").write_text("nothing\n", encoding="utf-8")
    for command in ("validate", "plan"):
        [result] = sarif(tmp_path, command, "good", "bad one")["results"]
        assert result["level"] == "error"
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bad%20one/members.csv"


def quality(folder: Path, *command: str) -> list[Any]:
    """Return the report, after checking it by GitLab's rules for its Code Quality format.

    GitLab drops an issue that lacks one of these fields, whose fingerprint another one has, or whose path does not begin at the
    root of the repository.
    """
    said = seatsync(*command, "--format", "gitlab", folder=folder).out
    issues: list[Any] = json.loads(said)
    assert said.startswith("[")  # no byte order mark, an array also of nothing
    for issue in issues:
        assert set(issue) == {"check_name", "description", "fingerprint", "severity", "location"}
        assert all(issue[name] and isinstance(issue[name], str) for name in ("check_name", "description"))
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def test_a_code_quality_report_has_every_refusal_at_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    place = tmp_path / "institutions" / "grace"
    place.mkdir(parents=True)
    write(place, 3, 30, 2)
    issues = quality(tmp_path, "plan", "--no-redact", "./institutions/grace")
    assert {issue["check_name"] for issue in issues} == {"slots-exceeded"}
    assert {issue["location"]["path"] for issue in issues} == {"institutions/grace/seatsync.yaml"}
    assert len({issue["location"]["lines"]["begin"] for issue in issues}) == 30
    assert {issue["severity"] for issue in issues} == {"blocker"}
    seatsync("plan", "--no-redact", "--out", "plan.json", "--quiet", "institutions/grace", folder=tmp_path)
    saved = quality(tmp_path, "show", "--no-redact", "plan.json")
    assert [issue["check_name"] for issue in saved] == [issue["check_name"] for issue in issues]
    write(place, 3, 1, 3)
    assert quality(tmp_path, "validate", "institutions/grace") == []


def of_emails(issues: list[Any]) -> list[Any]:
    return [issue for issue in issues if issue["check_name"] == "invalid-email"]


def test_in_a_code_quality_report_a_mistake_is_the_same_wherever_its_line_has_gone(tmp_path: Path) -> None:
    write(tmp_path, 1, 1, 9)
    rows = "email,given_name,family_name\nann.grace.example,Mo,Li\nann.grace.example,Mo,Li\n"
    (tmp_path / "members.csv").write_text(rows, encoding="utf-8")
    before = of_emails(quality(tmp_path, "validate"))
    assert [issue["location"] for issue in before] == [{"path": "members.csv", "lines": {"begin": n}} for n in (2, 3)]
    assert "To fix: " in before[0]["description"]
    (tmp_path / "members.csv").write_text(rows.replace("_name\n", "_name\n\n\n"), encoding="utf-8")
    moved = of_emails(quality(tmp_path, "plan"))
    assert [issue["location"]["lines"]["begin"] for issue in moved] == [4, 5]
    assert [issue["fingerprint"] for issue in moved] == [issue["fingerprint"] for issue in before]


def test_a_saved_plan_is_shown_in_both(tmp_path: Path) -> None:
    write(tmp_path, 3, 1, 2)
    seatsync("plan", "--out", "plan.json", "--quiet", folder=tmp_path)
    fresh, saved = annotated(tmp_path, "plan"), annotated(tmp_path, "show", "plan.json")
    assert [(kind, properties | {"col": ""}, said) for kind, properties, said in fresh[1:]] == [
        (kind, properties | {"col": ""}, said) for kind, properties, said in saved[1:]
    ]
    assert fresh[0] == saved[0]
    assert len(sarif(tmp_path, "show", "plan.json")["results"]) == 1


def test_before_a_commit_the_institutions_of_the_files_are_checked(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name / "rosters").mkdir(parents=True)
        write(tmp_path / name, 1, 1, 9)
    (tmp_path / "two" / "members.csv").write_text("nothing\n", encoding="utf-8")
    (tmp_path / "notes.csv").write_text("of nobody\n", encoding="utf-8")
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    command = hook["entry"].split()[1:]
    files = ["one/members.csv", "one/rosters/gone.csv", "notes.csv", "two/seatsync.yaml"]
    assert all(re.search(hook["files"], name) for name in files)
    outcome = seatsync(*command, *files, folder=tmp_path)
    assert outcome.code == 3
    assert "two/members.csv:1" in outcome.out
    assert "one: no problems" in outcome.out
    assert "three" not in outcome.out
    for name in ("--quiet", "--now=1.csv", "-q.csv"):  # a file, or its folder, can be named like an option
        outcome = seatsync(*command, name, "two/members.csv", folder=tmp_path)
        assert outcome.code == 3, outcome
        assert "two: " in outcome.out
    outcome = seatsync(*command, "notes.csv", folder=tmp_path)
    assert (outcome.code, outcome.out) == (0, "")
    assert "Nothing was checked" in outcome.err
