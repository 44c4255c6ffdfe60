"""Every case of ``tests/cases/*.yaml``, run through the real command line on a real ledger.

A case is a folder and steps on it. The keys ``institution``, ``libraries``, ``rosters``, ``grants`` and ``more`` make up
``seatsync.yaml`` and can be given again in any step; ``files`` are written as they are. Then, in this order, a step can have
``accounts`` made by people with these e-mails, ``claim`` or ``opt_out``, ``run`` a command, and check ``validate``,
``plan``, ``apply``, ``status``, ``licenses``, ``members``, ``letters`` and ``waiting``. At the end ``send`` sends the letters that wait;
those to the addresses that it names come back. Everything that a check names must be true. Lists of changes, refusals and
warnings must be complete, but only the given keys of each item are compared. ``obey`` in a refusal or warning is the edit that
its help proposes: after it, the plan must no longer have this finding, nor a refusal that it had hidden. Approvals and numbers
of slots in a help are obeyed by themselves. After every successful ``apply`` as many letters of each kind must be in the outbox
as the plan said, the next plan must be empty, and no library may have more seats in use than it has, but for purchases that
have ended. After the last one the journal must verify.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from yaml.cyaml import CBaseLoader, CSafeDumper, CSafeLoader

from tests.support.accounts import signed_up
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import contents, is_untouched, rows
from tests.support.mail_server import Mailroom, mail_server
from tests.support.paths import TESTS

HERE = TESTS
PLAN = jsonschema.Draft202012Validator(
    json.loads((HERE.parent / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
)
WRITING = {"accounts", "apply", "claim", "opt_out", "run", "send"}
PARTS = ("institution", "libraries", "rosters", "grants")
DEFAULTS: dict[str, Any] = {
    "institution": {},
    "libraries": {"books": {"title": "Books", "system": "logos-library", "slots": 10}},
    "rosters": [{"path": "rosters/members.csv"}],
    "grants": [],
}


def _needs(case: dict[str, Any]) -> str:
    """The ledger that a case needs: none, a file, another institution's, or any."""
    refused = [refusal["code"] for step in case["steps"] for refusal in step.get("apply", {}).get("refusals", [])]
    if "institution-mismatch" in refused:
        return "a file"
    return "any" if any(WRITING & step.keys() for step in case["steps"]) else "none"


@cache
def _files() -> dict[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """The cases of every file: with their types, and with all scalars as text."""
    schema = json.loads((HERE / "cases.schema.json").read_text(encoding="utf-8"))
    found = {}
    for path in sorted((HERE / "cases").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        typed = yaml.load(text, Loader=CSafeLoader)
        jsonschema.validate(typed, schema)
        found[path.stem] = list(zip(typed, yaml.load(text, Loader=CBaseLoader), strict=True))
    return found


def _cases(needs: str) -> list[Any]:
    return [
        pytest.param(case, written, id=f"{name}: {case['case']}")
        for name, cases in _files().items()
        for case, written in cases
        if _needs(case) == needs
    ]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("case", "written"), _cases("any"))
def test_case(case: dict[str, Any], written: dict[str, Any], tmp_path: Path) -> None:
    run_case(case, written, tmp_path)


@pytest.mark.parametrize(("case", "written"), [*_cases("none"), *_cases("a file")])
def test_case_for_which_one_database_will_do(case: dict[str, Any], written: dict[str, Any], tmp_path: Path) -> None:
    run_case(case, written, tmp_path)


def run_case(case: dict[str, Any], written: dict[str, Any], tmp_path: Path) -> None:
    """Run the steps of a case in order. ``written`` is the case with all scalars as text, for the files."""
    folder = _Folder(tmp_path)
    folder.write(written)
    last = max((number for number, step in enumerate(case["steps"]) if _applies(step)), default=-1)
    for number, (step, texts) in enumerate(zip(case["steps"], written["steps"], strict=True)):
        folder.write(texts)
        folder.take(step)
        if number == last:
            folder.must_be_sound()


def _applies(step: dict[str, Any]) -> bool:
    """Return whether the step has an apply that succeeds."""
    return "apply" in step and not step["apply"].get("refusals") and not step["apply"].get("exit")


class _Folder:
    """The folder of a case, and the checks of its steps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config: dict[str, Any] = dict(DEFAULTS)
        self.now = "2026-09-01"
        self.letters_seen = 0
        self.slots: dict[str, Any] = {}

    def seatsync(self, *args: str, code: int | None = 0) -> Outcome:
        outcome = seatsync(*args, "--now", self.now, folder=self.path)
        assert code is None or outcome.code == code, (
            f"seatsync {' '.join(args)} left with {outcome.code}\n{outcome.out}\n{outcome.err}"
        )
        assert "Traceback" not in outcome.err
        return outcome

    def json(self, *args: str, code: int | None = 0) -> Any:
        return json.loads(self.seatsync(*args, "--format", "json", code=code).out)

    def write(self, texts: dict[str, Any]) -> None:
        """Write the files that a case or step gives."""
        self.now = texts.get("now", self.now)
        self.config.update({name: texts[name] for name in (*PARTS, "more") if name in texts})
        for name, content in (texts.get("files") or {}).items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_bytes(content))
        if "seatsync.yaml" not in (texts.get("files") or {}) and "own" not in self.config:
            self._write_config()
        else:
            self.config["own"] = True
        for name in texts.get("delete", []):
            (self.path / name).unlink()

    def _write_config(self) -> None:
        admin = {"given_name": "Ruth", "family_name": "Abel", "email": "ruth@grace.example"}
        institution = {
            "id": "grace",
            "name": "Grace Seminary",
            "admins": [admin],
            "opt_out": "true",
            "timezone": "UTC",
            **self.config["institution"],
        }
        parts = {name: self.config[name] for name in PARTS[1:]}
        config = {"version": "1", "institution": institution, **parts, **self.config.get("more", {})}
        (self.path / "seatsync.yaml").write_text(
            yaml.dump(config, Dumper=CSafeDumper, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )

    def take(self, step: dict[str, Any]) -> None:
        if "accounts" in step:
            self.seatsync("ledger", "migrate")
            for email in step["accounts"]:
                signed_up(self.path, email)
        if "claim" in step:
            self.seatsync("ledger", "claim", *map(str, step["claim"]))
        if "opt_out" in step:
            self.seatsync("ledger", "opt-out", *map(str, step["opt_out"]))
        if "run" in step:
            outcome = self.seatsync(*step["run"], code=step.get("exit", 0))
            for said in step.get("prints", []):
                assert said in outcome.out + outcome.err
        for check in ("validate", "plan", "apply", "status", "licenses", "members", "letters", "waiting"):
            if check in step:
                getattr(self, f"_{check}")(step[check])
        if "send" in step:
            self._send(step["send"])

    def _send(self, coming_back: list[str]) -> None:
        room = Mailroom()
        room.at_rcpt = lambda to: "550 5.1.1 no such user" if to in coming_back else ""
        with mail_server(room) as port, pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
            patch.setenv("SEATSYNC_MAIL_FROM", "Grace Library <library@grace.example>")
            patch.setenv("SEATSYNC_PORTAL_URL", "https://seats.grace.example")
            self.seatsync("outbox", "send", code=1 if coming_back else 0)

    def _validate(self, expected: list[dict[str, Any]]) -> None:
        found = self.json("validate", code=None)
        _match(expected, found)

    def _plan(self, expected: dict[str, Any]) -> dict[str, Any]:
        before = contents(self.path)
        outcome = self.seatsync(
            "plan", "--format", "json", code=expected.get("exit", 4 if expected.get("refusals") else 0)
        )
        assert contents(self.path) == before, "plan wrote something"
        plan: dict[str, Any] = json.loads(outcome.out)
        PLAN.validate(plan)
        for name in ("summary", "letters"):
            assert plan[name] == expected.get(name, plan[name])
        for name in ("changes", "approvals", "refusals", "warnings"):
            if name in expected:
                _match([{key: item[key] for key in item if key != "obey"} for item in expected[name]], plan[name])
        if "drift" in expected:
            _match(expected["drift"], plan.get("drift", []))
        self._obey_numbers_and_approvals(plan)
        for name in ("refusals", "warnings"):
            for want, found in zip(expected.get(name, []), plan[name], strict=False):
                if "obey" in want:
                    self._obey(want["obey"], plan, [found])
        if "slots" in expected:
            _contains(expected["slots"], plan["slots"])
        assert all(change["reason"] and change["source"]["file"] for change in plan["changes"])
        return plan

    def _obey_numbers_and_approvals(self, plan: dict[str, Any]) -> None:
        """Do what the refusals propose where it can be read from their help: a number of slots, or an approval."""
        libraries, more = deepcopy(self.config["libraries"]), deepcopy(self.config.get("more", {}))
        obeyed = []
        for refusal in plan["refusals"]:
            approval = re.search(r"^  - (\{refusal: .*\})$", refusal["help"], re.MULTILINE)
            slots = re.search(r"`slots` to (\d+)", refusal["help"])
            if approval:
                more["approvals"] = [*more.get("approvals", []), yaml.load(approval[1], Loader=CBaseLoader)]
            elif slots and refusal.get("library") in libraries:
                libraries[refusal["library"]]["slots"] = slots[1]
            else:
                continue
            obeyed.append(refusal)
        if obeyed and "own" not in self.config:
            self._obey({"libraries": libraries, "more": more}, plan, obeyed)

    def _obey(self, edit: dict[str, Any], plan: dict[str, Any], obeyed: list[dict[str, Any]]) -> None:
        """Make the edit and plan again: what was obeyed must be gone, and no refusal may come that was hidden before."""
        config, before = dict(self.config), {path: path.read_bytes() for path in self._files()}
        self.write(edit)
        outcome = self.seatsync("plan", "--format", "json", code=None)
        assert outcome.code in (0, 4), outcome
        again = json.loads(outcome.out)
        for path in self._files() - before.keys():
            path.unlink()
        for path, content in before.items():
            path.write_bytes(content)
        self.config = config
        left = [finding["message"] for finding in (*again["refusals"], *again["warnings"])]
        assert [finding for finding in obeyed if finding["message"] in left] == []
        known = [(refusal["code"], refusal.get("library")) for refusal in plan["refusals"]]
        assert [found for found in again["refusals"] if (found["code"], found.get("library")) not in known] == []
        gone = sum(finding in plan["refusals"] for finding in obeyed)
        assert len(again["refusals"]) <= len(plan["refusals"]) - gone

    def _files(self) -> set[Path]:
        """The files of the folder, without the ledger."""
        return {path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("seatsync.db")}

    def _apply(self, expected: dict[str, Any]) -> None:
        planned = self._plan(expected)
        if planned["refusals"] or expected.get("exit"):
            before = contents(self.path)
            self.seatsync("apply", "--yes", code=expected.get("exit", 4))
            assert contents(self.path) == before
            return
        written = self._letters_written()
        self.seatsync("apply", "--expect", planned["fingerprint"])
        assert self._letters_written() - written == Counter(planned["letters"])
        again = self.json("plan")
        assert again["changes"] == []
        dated = {id for id, library in self.config["libraries"].items() if isinstance(library["slots"], list)}
        assert all(slots["after"]["available"] >= 0 or id in dated for id, slots in again["slots"].items())
        self.slots = {library: slots["after"] for library, slots in again["slots"].items()}

    def must_be_sound(self) -> None:
        """Check the journal, and that the seats are those of the last plan."""
        self.seatsync("verify")
        assert self.json("status")["libraries"] == self.slots

    def _letters_written(self) -> Counter[str]:
        """The letters in the outbox by kind, whatever has become of them."""
        written = [] if is_untouched(self.path) else rows(self.path, "outbox")
        return Counter(letter["letter"] for letter in written)

    def _status(self, expected: dict[str, Any]) -> None:
        _contains(expected, self.json("status")["libraries"])

    def _licenses(self, expected: list[dict[str, Any]]) -> None:
        _match(expected, self.json("licenses", "--all"))

    def _members(self, expected: list[dict[str, Any]]) -> None:
        _match(expected, self.json("members"))

    def _letters(self, expected: list[list[str]]) -> None:
        letters = self.json("outbox", "list")
        assert [[letter["letter"], letter["to"]] for letter in letters[self.letters_seen :]] == expected
        self.letters_seen = len(letters)

    def _waiting(self, expected: list[list[str]]) -> None:
        letters = self.json("outbox", "list", "--state", "pending")
        assert [[letter["letter"], letter["to"]] for letter in letters] == expected


def _bytes(content: Any) -> bytes:
    """Bytes of a file: text as UTF-8, ``{hex: …}``, ``{text: …, encoding: …, newline: crlf}``, or a list as a CSV of members."""
    if isinstance(content, list):
        columns = list(dict.fromkeys(key for member in content for key in member))
        rows = [columns, *([member.get(column, "") for column in columns] for member in content)]
        return ("\n".join(",".join(row) for row in rows) + "\n").encode()
    if isinstance(content, dict):
        if "hex" in content:
            return bytes.fromhex(content["hex"])
        text = content["text"].replace("\n", {"crlf": "\r\n", "cr": "\r"}.get(content.get("newline", ""), "\n"))
        return bytes(text, content.get("encoding", "utf-8"))
    return str(content).encode()


def _match(expected: list[Any], found: list[Any]) -> None:
    """Check for the same items in the same order, each with at least the expected content."""
    if len(expected) != len(found):
        raise AssertionError(
            f"expected {len(expected)} but found {len(found)}:\n{json.dumps(found, indent=1, ensure_ascii=False)}"
        )
    for want, have in zip(expected, found, strict=True):
        _contains(want, have)


def _contains(want: Any, have: Any) -> None:
    """Compare. Mappings may have more keys than expected; a text that begins with ~ only needs to occur."""
    if isinstance(want, dict):
        assert isinstance(have, dict), f"{have!r} where {want!r} was expected"
        for key, value in want.items():
            assert key in have, f"no {key} in {json.dumps(have, ensure_ascii=False)}"
            _contains(value, have[key])
    elif isinstance(want, list):
        _match(want, have)
    elif isinstance(want, str) and want.startswith("~"):
        assert want[1:] in have
    else:
        assert want == have
