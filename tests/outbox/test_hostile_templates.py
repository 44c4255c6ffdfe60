"""Pull requests can change the templates of letters. So templates get little time and memory, and no secrets."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from seatsync.outbox.rendering import MOST_BYTES, MOST_FILES, Templates, samples
from tests.cli.test_lists import write_csv
from tests.outbox.test_outbox import overriding
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.letters import ANN, BEN, CONFIG, HEADER, applied, crowd, part, ran, sent
from tests.support.long_form import share
from tests.support.mail_server import Mailroom

school, room = letters.school, letters.room

pytestmark = [pytest.mark.sqlite_only("it is about templates, not about the ledger"), pytest.mark.slow]

LINE = "Hallo\n\n{{ link }}\n"
"""The lines before each template below, which begins on line 4."""
DAG = "{% set ns = namespace(a=[0], b=[0]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}"

MEMORY = {
    "multiplied text": "{{ 'x' * 9**11 }}",
    "multiplied list": "{{ [0] * 9**11 }}",
    "multiplied by a variable": "{% set n = 9**11 %}{{ given_name * n }}",
    "a width of %": "{{ '%999999999d' % 1 }}",
    "a width of format": "{{ '%999999999d' | format(1) }}",
    "a width of str.format": "{{ '{:999999999}'.format(1) }}",
    "a width in an argument": "{{ '{:{n}}'.format(1, n=10**10) }}",
    "center": "{{ 'x' | center(10**10) }}",
    "ljust": "{{ 'x'.ljust(10**10) }}",
    "zfill": "{{ 'x'.zfill(10**10) }}",
    "expandtabs": "{{ '\\t'.expandtabs(2**31 - 1) }}",
    "indent": "{{ ('x\\n' * 9**6) | indent(10**9, true) }}",
    "replace": "{{ ('x' * 9**7) | replace('x', 'x' * 9**5) }}",
    "join": "{{ (['x' * 9**6] * 9**5) | join }}",
    "batch": "{{ [1] | batch(10**9, 'x') | list }}",
    "slice": "{{ [1] | slice(10**9) | list }}",
    "doubled in a loop": "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "added in a loop": "{% set ns = namespace(x=[0]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "in a block that is set": "{% set x %}"
    "{% for i in range(99999) %}{% for j in range(9999) %}xxxxxxxx{% endfor %}{% endfor %}{% endset %}",
    "in the name of a part": "{% include 'x' * 9**11 %}",
    "shown over and over": DAG + "{{ ns.a }}",
    "json": DAG + "{{ ns.a | tojson }}",
}
TIME = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "nested loops with words": "{% for a in range(999) %}{% for b in range(999) %}{{ a * b }} {% endfor %}{% endfor %}",
    "powers": "{{ 9**(9**9) }}",
    "powers that are told": "{{ 9**(9**5) }}",
    "division": "{{ 7**(9**8) // 3**(9**7) }}",
    "macros": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "endless macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "itself included": "{% include 'invitation.txt.jinja' %}",
    "recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "compared": DAG + "{{ ns.a == ns.b }}",
    "sorted": "{% for i in range(9999) %}{{ range(99999) | sort(reverse=true) | first }}{% endfor %}",
    "wordwrap": "{{ ('x ' * 9**7) | wordwrap(1) }}",
    "urlize": "{{ ('(' * 9**6 ~ 'a@b.example') | urlize }}",
    "striptags": "{{ ('<' * 9**6) | striptags }}",
    "lipsum": "{{ lipsum(n=10**8) }}",
    "random": "{{ range(99999) | list * 99999 | random }}",
    "unique": "{% for i in range(99999) %}{{ range(99999) | unique | list | length }}{% endfor %}",
    "cycler": "{% set c = cycler(1, 2) %}{% for i in range(99999) %}{% for j in range(99999) %}{{ c.next() }}{% endfor %}{% endfor %}",
    "loops in a call": "{% macro m() %}{{ caller() }}{% endmacro %}"
    "{% for a in range(99999) %}{% call m() %}{% for b in range(99999) %}{% endfor %}{% endcall %}{% endfor %}",
}
SIZE = {
    "many words": "{% for a in range(99999) %}{{ institution }} has a seat for you. {% endfor %}",
}
READING = {
    "deep brackets": "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
    "deep lists": "{{ " + "[" * 20_000 + "]" * 20_000 + " }}",
    "many operators": "{{ 1" + " + 1" * 50_000 + " }}",
    "many filters": "{{ link" + " | e" * 50_000 + " }}",
    "many dots": "{{ link" + ".a" * 80_000 + " }}",
    "deep loops": "{% for i in contacts %}" * 5_000 + "{% endfor %}" * 5_000,
    "deep conditions": "{% if link %}" * 9_000 + "{% endif %}" * 9_000,
    "a word of its own each": "".join(f"{{{{ w{number} }}}}" for number in range(20_000)),
    "in autoescape": "{% autoescape 'x' * 9**11 %}{% endautoescape %}",
}
NEVER_BACK = {"compared", "json"}
"""Templates in which Python does not return to our code, so that the process is ended and the line is unknown."""
GROUPS = {"memory": MEMORY, "time": TIME, "size": SIZE, "reading": READING}


def hostile(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "seatsync.yaml").write_text(CONFIG)
    write_csv(folder / "members.csv", HEADER, ANN)
    overriding(folder, name, text)


def validated(folder: Path, *args: str) -> dict[str, Any]:
    """Return the one error that `validate` finds in each file. The process has limits of its own."""

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1024**3, 1024**3))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

    command = [sys.executable, "-m", "seatsync", "validate", "--format", "json", *args]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500, preexec_fn=little)
    assert ended.returncode == 3, f"{ended.returncode}: {ended.stdout[-500:]}\n{ended.stderr[-2000:]}"
    errors = [finding for finding in json.loads(ended.stdout) if finding["severity"] == "error"]
    found = {finding["source"]["file"]: finding for finding in errors}
    assert len(found) == len(errors)
    assert {finding["code"] for finding in errors} == {"letter-template"}
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_validate_ends_soon_with_the_place_of_what_takes_too_much(group: str, tmp_path: Path) -> None:
    tried = GROUPS[group] if group == "size" else dict(share(GROUPS[group].items(), parts=4))
    folders = {kind.replace(" ", "-"): text for kind, text in tried.items()}
    for folder, text in folders.items():
        hostile(tmp_path / folder, "invitation.txt.jinja", LINE + text)
    found = validated(tmp_path, *folders)
    assert found.keys() == {f"{folder}/letters/invitation.txt.jinja" for folder in folders}
    lines = {file.partition("/")[0]: finding["source"]["line"] for file, finding in found.items()}
    if group != "reading":  # this fails before lines are known
        assert {folder: line for folder, line in lines.items() if line != 4 and folder not in NEVER_BACK} == {}
    assert all("invitation.txt.jinja cannot be used: " in finding["message"] for finding in found.values())


def test_it_is_found_wherever_it_stands(tmp_path: Path) -> None:
    base = "{% extends 'seatsync/reminder.html.jinja' %}\n{% block questions %}{% include '_part.html.jinja' %}{% endblock %}"
    kinds = {"text": MEMORY["multiplied text"], "loops": TIME["nested loops"], "words": SIZE["many words"]}
    for folder, text in kinds.items():
        hostile(tmp_path / folder, "_part.html.jinja", f"<p>\n{text}")
        overriding(tmp_path / folder, "reminder.html.jinja", base)
    found = validated(tmp_path, *kinds)
    assert {file: finding["source"]["line"] for file, finding in found.items()} == {
        "text/letters/_part.html.jinja": 2,
        "loops/letters/_part.html.jinja": 2,
        "words/letters/reminder.html.jinja": 2,  # here the letter as a whole is too long
    }


def test_a_folder_of_too_many_or_too_large_templates_is_not_read(school: Path) -> None:
    hostile(school, "invitation.txt.jinja", "x" * (MOST_BYTES + 1))
    outcome = seatsync("validate", folder=school)
    assert (outcome.code, "letters/invitation.txt.jinja is larger than 256 KiB" in outcome.out) == (3, True)
    overriding(school, "invitation.txt.jinja", LINE)
    for number in range(MOST_FILES):
        overriding(school, f"_{number}.txt.jinja", "x")
    (too_many,) = validated(school).values()
    assert "more than 100 templates" in too_many["message"]


def test_a_letter_as_long_as_letters_are_is_no_fault(school: Path) -> None:
    picture = "data:image/png;base64," + "iVBORw0K" * 20_000
    overriding(school, "invitation.html.jinja", f"<img src='{picture}'><a href='{{{{ link }}}}'>{{{{ link }}}}</a>")
    overriding(school, "invitation.txt.jinja", LINE + "{% for i in range(2000) %}\nA line of words.{% endfor %}")
    assert Templates(school).check() == []


def test_what_one_letter_says_is_not_there_for_the_next(school: Path, room: Mailroom) -> None:
    """Otherwise a template could send one member's link to another member."""
    overriding(
        school,
        "_kept.txt.jinja",
        "{% set kept = namespace(link='') %}"
        "{% macro keep(new) %}{{ kept.link }}{% set kept.link = new %}{% endmacro %}",
    )
    overriding(
        school,
        "_between.txt.jinja",
        "{% import '_kept.txt.jinja' as inner %}{% macro keep(new) %}{{ inner.keep(new) }}{% endmacro %}",
    )
    overriding(
        school,
        "invitation.txt.jinja",
        "{% import '_kept.txt.jinja' as a %}{% import '_between.txt.jinja' as b %}"
        "Hallo\n\n{{ link }}\n[{{ a.keep(link) }}{{ b.keep(link) }}]",
    )
    applied(school, *crowd(3))
    assert sent(school) == {"sent": 4}
    for letter in room.letters[1:]:
        assert part(letter, "plain").count("https://") == 1


def test_the_process_that_fills_templates_has_no_secret_and_ends_with_ours(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_SMTP_URL", "smtp://ruth:a-password@127.0.0.1:9")
    overriding(school, "invitation.txt.jinja", LINE)
    templates = Templates(school)
    assert templates.check() == []
    process = templates._renderer.process  # type: ignore[union-attr]
    assert process is not None
    if sys.platform == "linux":
        assert b"SEATSYNC" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    del templates
    assert process.poll() is not None


def test_nothing_of_the_folder_is_taken_for_a_program(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overriding(school, "invitation.txt.jinja", LINE)
    for name in ("json.py", "jinja2.py", "signal.py", "sitecustomize.py"):
        (school / name).write_text("open('run', 'w')")
    monkeypatch.chdir(school)
    assert Templates(school).check() == []
    assert not (school / "run").exists()


def test_a_process_that_was_ended_is_started_anew_for_the_next_letter(school: Path) -> None:
    overriding(school, "invitation.txt.jinja", LINE)
    templates = Templates(school)
    values = next(samples("invitation"))
    assert templates.render("invitation", values).subject == "Hallo"
    process = templates._renderer.process  # type: ignore[union-attr]
    assert process is not None
    os.kill(process.pid, signal.SIGTERM)  # as for all processes of a service when it stops
    assert templates.render("invitation", values).subject == "Hallo"


def test_where_no_template_is_one_s_own_no_process_is_started(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    templates = Templates(school)
    assert templates.check() == []
    assert "Ann" in templates.render("invitation", next(samples("invitation"))).text


def test_one_process_serves_for_many_letters(school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    overriding(school, "invitation.txt.jinja", LINE)
    applied(school, *crowd(20), BEN)
    monkeypatch.setattr(subprocess, "Popen", begin := mock.Mock(wraps=subprocess.Popen))
    assert sent(school) == {"sent": 22}
    assert ["seatsync.outbox.confined" in call.args[0] for call in begin.call_args_list].count(True) == 1
    ran(school, "verify")
