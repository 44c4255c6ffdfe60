"""Every e-mail that a roster can contain is recognized as a whole in any text, and is in no output under --redact."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_fault
from seatsync.domain.text.emails_in_text import emails_replaced
from seatsync.reports.literal import literal
from tests.support.command_line import seatsync
from tests.support.databases import ledgers
from tests.support.long_form import times

pytestmark = pytest.mark.slow

CANARY = re.compile("canar|piep|zirp", re.IGNORECASE)
BETWEEN = "'|&!#$%*+/=?^_`{}~-."
AROUND = [
    " {} ",
    '"{}"',
    "'{}'",
    "`{}`",
    "({})",
    "<{}>",
    "**{}**",
    "{},",
    "{}; next",
    "see {}.",
    "«{}»",
    "mailto:{}",
    "{}:7",
]


@st.composite
def emails(draw: st.DrawFn) -> str:
    """Valid e-mails in which each part contains a canary, however it is split."""
    signs = st.text(st.sampled_from(BETWEEN) | st.sampled_from("öéшあ9"), max_size=3)
    local = "".join([draw(signs), "canar", draw(signs), "piep", draw(signs)])
    labels = draw(st.lists(st.sampled_from(["zirp", "zirp-zirp", "zirpö", "zirpш", "x1zirp"]), min_size=2, max_size=3))
    return f"{local}@{'.'.join(labels)}"


ALLOWED = emails().filter(lambda email: email_fault(email) is None)

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in ASCII": lambda text: json.dumps(text)[1:-1],
    "YAML": lambda text: yaml.safe_dump(text, allow_unicode=True, width=10_000).strip(),
    "YAML in ASCII": lambda text: yaml.safe_dump(text, width=10_000).strip(),
    "Markdown": literal,
    "HTML": html.escape,
    "HTML in ASCII": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "URL": quote,
    "URL, all of it": lambda text: quote(text, safe=""),
    "a log in ASCII": lambda text: text.encode("ascii", "backslashreplace").decode(),
    "repr": repr,
    "CSV": lambda text: _csv(text),
    "zero width": lambda text: "\u200b".join(text),
}


def _csv(text: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([text, "x"])
    return out.getvalue()


@pytest.mark.parametrize("written", WRITTEN)
@given(email=ALLOWED, around=st.sampled_from(AROUND))
@example("canarpiep|@zirp.zirp", "`{}`")
@example("canar`|`piep@zirp.zirp", "{}")
@settings(max_examples=150)
def test_an_allowed_email_is_found_whole_however_it_is_written(written: str, email: str, around: str) -> None:
    text = WRITTEN[written](around.format(email))
    told = emails_replaced(text, lambda found: "SOMEBODY")
    bare = told.replace("\u200b", "")
    assert not CANARY.search(bare), (text, told)
    assert "SOMEBODY" in told


@given(email=ALLOWED, before=st.text("x ", max_size=90), most=st.integers(2, 120))
@settings(max_examples=300)
def test_a_text_that_is_cut_shows_no_part_of_an_email(email: str, before: str, most: int) -> None:
    told = emails_replaced(printable(f"{before} {email} and more", most), lambda found: "SOMEBODY")
    assert not CANARY.search(told)


@given(email=ALLOWED)
@settings(max_examples=300)
def test_an_email_by_itself_is_found_as_itself(email: str) -> None:
    """So it has the same pseudonym in a sentence and in a table. (An e-mail that begins like a quoted one may differ.)"""
    found: list[str] = []
    emails_replaced(f"see {email}, please", lambda one: str(found.append(one)))  # type: ignore[func-returns-value]
    if not re.search(r"[&\\%]", email):
        assert found == [email]


@pytest.mark.parametrize(
    "piece",
    [
        "@",
        "a@",
        "a",
        "%40",
        "&",
        "&a",
        "&#64;",
        "\\",
        "\\u00",
        "\\u0040",
        "a@b.",
        "a@...",
        "…",
        "@<!-- -->",
        "&" + 40 * "a",
    ],
)
def test_no_text_takes_long_to_look_through(piece: str) -> None:
    """A quadratic expression would take 40 s for 300 KB, and a hundred times as long for 3 MB."""
    text = piece * (times(short=300_000, long=3_000_000) // len(piece))
    began = time.process_time()
    for whole in (text, f"{text}@", f"x@{text}"):
        emails_replaced(whole, lambda found: "x")
    assert time.process_time() - began < times(short=3, long=30)


CONFIG = """\
version: 1
institution: {id: grace, name: NAME, opt_out: true, contacts: [{name: C, email: EMAIL, role: ROLE}],
  admins: [{given_name: R, family_name: A, email: ADMIN}]}
libraries: {books: {title: TITLE, system: logos-library, slots: 3}}
rosters: [{path: PATH, tags: [t, TAG]}, {path: other.csv}]
grants:
  - {library: books, kind: temporary, to: {emails: [EMAIL]}}
  - {library: books, kind: temporary, to: {tags: [TAG]}}
  - {library: books, kind: temporary, to: {emails: [STRANGER]}}
limits: {max_revokes: 0}
approvals: [{refusal: empty-roster, roster: PATH, until: 2026-12-31, reason: REASON}]
"""
FOR_HOSTS = ("github", "gitlab", "sarif")
COMMANDS = [
    *(("plan", "--verbose", "--format", format) for format in ("text", "json", "markdown", "html", *FOR_HOSTS)),
    *(("validate", "--format", format) for format in ("text", "json", "markdown", *FOR_HOSTS)),
    *((list, "--format", format) for list in ("members", "licenses", "log") for format in ("text", "csv", "json")),
    ("export",),
    ("status",),
    ("outbox", "list"),
    ("outbox", "preview"),
    ("outbox", "preview", "--format", "html"),
]


@given(email=ALLOWED, other=ALLOWED)
@settings(max_examples=6, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
def test_no_output_has_any_part_of_an_email_wherever_the_files_put_it(email: str, other: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _everywhere(folder, email, other)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLUMNS", "60")
            for stage in ("new", "applied", "gone"):
                if stage == "applied":
                    assert seatsync("apply", "--yes", "--redact", "--ledger", "l.db", folder=folder).code in (0, 4)
                if stage == "gone":
                    (folder / "other.csv").write_text("email,given_name,family_name\n", encoding="utf-8")
                for command in COMMANDS:
                    told = seatsync(*command, "--redact", "--ledger", "l.db", folder=folder)
                    for said in (told.out, told.err):
                        assert not CANARY.search(said.replace("\n", "")), (command, said)
            for command in (
                ("why", email),
                ("why", f"x{email}"),
                ("log", "--member", f"x{email}"),
                ("log", "--plan", email),
                ("members", "--sort", email),
                ("explain", email),
                ("apply", "--expect", email),
                ("resend", f"x{email}", "--yes"),
                ("ledger", "erase", email, "--yes"),
                (email,),
                ("plan", f"--{email}"),
                ("plan", email),
            ):
                with pytest.MonkeyPatch.context() as ci:
                    ci.setenv("CI", "true")
                    told = seatsync(*command, folder=folder)
                for said in (told.out, told.err):
                    assert not CANARY.search(said), (command, said)
            assert seatsync("plan", "--redact", "--ledger", "l.db", "--out", "plan.json", folder=folder).code in (0, 4)
            assert not CANARY.search((folder / "plan.json").read_text(encoding="utf-8"))


def _everywhere(folder: Path, email: str, other: str) -> None:
    file = f"{email.replace('/', '_')}.csv"
    values = {
        "STRANGER": f"stranger{other}",
        "ADMIN": f"admin.{other}",
        "EMAIL": email,
        "TAG": f"for {email}",
        "PATH": file,
        "TITLE": f"Books of {email}",
        "NAME": f"Grace ({email})",
        "ROLE": f"mail {email}",
        "REASON": f"asked for by {email}",
    }
    config = re.sub("|".join(values), lambda found: json.dumps(values[found[0]], ensure_ascii=False), CONFIG)
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    for path, who in ((file, email), ("other.csv", f"o{other}")):
        with (folder / path).open("w", encoding="utf-8", newline="") as out:
            rows = [["email", "given_name", "family_name"], [who, "Zirpa", "Piepmatz"]]
            csv.writer(out).writerows(rows)


def test_the_page_of_a_plan_is_not_touched_by_what_looks_for_emails() -> None:
    """Browsers identify its style and script by their hashes."""
    folder = Path(tempfile.mkdtemp(dir=ledgers.base))
    _everywhere(folder, "canar'piep@zirp.zirp", "canarpiep@zirp.zirp")

    def code(*words: str) -> list[str]:
        page = seatsync("plan", "--format", "html", "--ledger", "l.db", *words, folder=folder).out
        return re.findall(r"<(?:style|script)[^>]*>.*?</(?:style|script)>|sha256-[\w+/=]+", page, re.DOTALL)

    assert code("--redact") == code() != []
