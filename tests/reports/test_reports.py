"""A plan as text, Markdown and HTML: complete or counted, safe to show, and what matters first."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from seatsync.cli.output.plans import FolderResult, show
from seatsync.cli.run import Run
from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.license import Status
from seatsync.domain.origin import Origin
from seatsync.formats.plan_document import read_plans, to_document, to_text
from seatsync.ledger.database import Ledger
from seatsync.ledger.read import read_snapshot
from seatsync.planning.change import grouped
from seatsync.planning.diff import diff
from seatsync.planning.plan import Plan, fingerprint
from seatsync.refusals.judge import judge
from seatsync.reports import html, text
from seatsync.reports.cutting import cut
from seatsync.reports.markdown import report as markdown
from seatsync.reports.markdown.about import About
from seatsync.reports.redaction import Redactor
from seatsync.reports.text import writer
from seatsync.reports.view.counting import words_for
from seatsync.reports.view.plan import PlanView
from seatsync.reports.view.undoing import how_to_undo
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from tests.support.command_line import seatsync
from tests.support.terminals import on_terminal

DAY = "2026-09-01"
MOST = 65_536
HEAD = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
"""
LIBRARIES = """\
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 20000}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 20000}
rosters:
  - {path: members.csv}
"""
HOSTILE = [
    "<script>alert(1)</script>",
    "| a",
    "`rm -rf` ``x``",
    "@everyone",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp",
    "</td></tr></table></details></pre>",
    "*bold* _em_ ~~gone~~ **b**",
    "# heading",
    "http://evil.example/x",
    "{{ 7 * 7 }}{% raw %}",
    "[red]x[/red] :smile:",
    "\\| \\\\ \\`",
    "<!-- x",
    "- item",
    "<https://evil.example>",
]
FINAL = re.compile(r"\b2 of \d+ changes cannot be undone")  # in a verdict
CONTROLS = ["\x1b[31mred", "\x1b]0;title\x07", "a\rb", "\x9b31m", "\u202eexe.csv"]


def write(folder: Path, config: str, members: Iterable[tuple[str, ...]] = ()) -> Path:
    """Write the files of an institution; members are (email, given name, family name, role, tags)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seatsync.yaml").write_text(HEAD + config, encoding="utf-8")
    rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in member) for member in members]
    roster = "\n".join(["email,given_name,family_name,role,tags", *rows]) + "\n"
    (folder / "members.csv").write_text(roster, encoding="utf-8")
    return folder


def people(number: int, tags: str = "") -> list[tuple[str, ...]]:
    return [(f"m{n}@grace.example", f"Given{n}", "Test", "", tags) for n in range(number)]


def planned(folder: Path, now: str = DAY) -> Plan:
    """Return the plan for real files and a real ledger."""
    loaded = load(InstitutionFolder.open(folder), datetime.fromisoformat(now))
    assert loaded.desired is not None, loaded.found
    with Ledger(str(folder / "seatsync.db")).reading() as connection:
        snapshot = read_snapshot(connection, loaded.desired.institution.id)
    return judge(
        diff(loaded.desired, snapshot, date.fromisoformat(now)), datetime(2026, 9, 1, tzinfo=UTC), loaded.found
    )


def as_text(plan: Plan, everything: bool = False) -> str:
    out = io.StringIO()
    text.plan(writer(out, no_color=False), PlanView(plan), everything)
    return out.getvalue()


def as_markdown(plan: Plan) -> str:
    return markdown.plan(PlanView(plan))


def as_html(*plans: Plan) -> str:
    """The page, without the marks where an e-mail or a date may break or may not."""
    page = "".join(html.plans([PlanView(plan) for plan in plans])).replace("<wbr>", "")
    return re.sub(r'<span class="whole">([^<]*)</span>', r"\1", page)


class Page(HTMLParser):
    """A page as a browser parses it: its elements, its text, the rows of its tables under their headings."""

    VOID = frozenset({"meta", "br", "wbr", "hr", "img", "link", "input"})

    def __init__(self, source: str, folded: str | None = None) -> None:
        """``folded`` is the heading that rows inside ``<details>`` belong to."""
        super().__init__()
        self.folded = folded
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.rows: list[tuple[str, list[str]]] = []
        self.summaries: list[str] = []
        self.heading = ""
        self.comments: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append((self.folded if self.folded and "details" in self.open else self.heading, []))
        elif tag in ("td", "th"):
            self.rows[-1][1].append("")
        elif tag == "summary":
            self.summaries.append("")
        elif tag in ("h1", "h2", "h3"):
            self.heading = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))
        if "td" in self.open or "th" in self.open:
            self.rows[-1][1][-1] += data
        if "summary" in self.open:
            self.summaries[-1] += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.heading += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def text(self) -> str:
        return "".join(data for open, data in self.texts if not {"style", "script"} & {*open})

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def inside(self, tag: str) -> list[str]:
        """The content of elements that can only contain text."""
        return [data for open, data in self.texts if open[-1:] == (tag,)]

    def under(self, heading: str) -> list[list[str]]:
        """The rows of the tables under a heading, without header rows."""
        return [cells for above, cells in self.rows if above == heading and cells[1:2] not in (["what"], ["change"])]


def rendered(source: str) -> Page:
    """Markdown as GitHub renders it: CommonMark with tables."""
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(source), folded="Folded")


def changed(source: str) -> list[list[str]]:
    """The rows of all changes on a Markdown page."""
    return [cells for _, cells in rendered(source).rows if len(cells) in (3, 4) and cells[1] != "change"]


def left_out(source: str, what: str) -> int:
    """Return the number of left-out items whose kind matches ``what``, as a Markdown page states them."""
    [said] = re.findall(r"Left out to save space: (.*)\. The plan file", source) or [""]
    found = re.findall(rf"(?:^|, )(\d[\d,]*) (?:{what})(?=, \d|$)", said)
    return sum(int(number.replace(",", "")) for number in found)


EVERY_ACTION = "|".join(words for action in Action for words in words_for(action))


# Complete or counted


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """20,000 changes."""
    members = [(f"m{n}@grace.example", "A", "B", "", "owner" if n < 1997 else "") for n in range(9000)]
    grants = "grants:\n  - {library: logos, to: {everyone: true}}\n  - {library: books, kind: permanent, to: {tags: [owner]}}\n"
    plan = planned(write(tmp_path_factory.mktemp("big"), LIBRARIES + grants, members))
    assert len(plan.changes) == 20_000
    return plan


@pytest.fixture(scope="module")
def big_and_refused(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """20,000 changes and 300 broken rules; the last one is of another kind."""
    members = [(f"m{n}@grace.example", "A", "B", "", "owner" if n < 1997 else "") for n in range(9000)]
    grants = "grants:\n  - {library: logos, to: {everyone: true}}\n  - {library: books, kind: permanent, to: {tags: [owner]}}\n"
    grants += "".join(
        f"  - {{library: logos, kind: permanent, to: {{emails: [m{n}@grace.example]}}}}\n" for n in range(299)
    )
    libraries = LIBRARIES.replace("logos-subscription, slots: 20000", "logos-subscription, slots: 8000")
    plan = planned(write(tmp_path_factory.mktemp("refused"), libraries + grants, members))
    assert (len(plan.changes), len(plan.refusals)) == (20_000, 300)
    assert plan.refusals[-1].code == "slots-exceeded"
    return plan


def test_markdown_of_20000_changes_stays_within_githubs_limit_and_counts_the_rest(big: Plan) -> None:
    source = as_markdown(big)
    assert 40_000 < len(source) <= MOST
    assert len(changed(source)) + left_out(source, EVERY_ACTION) == 20_000
    shown = rendered(source).under("Cannot be undone (1,997 changes)")
    assert 150 < len(shown) < 1997


def test_markdown_of_300_refusals_stays_within_the_limit_and_counts_the_rest(big_and_refused: Plan) -> None:
    source = as_markdown(big_and_refused)
    assert len(source) <= MOST
    page = rendered(source)
    shown = sum(data in ("kind-not-allowed", "slots-exceeded") for open, data in page.texts if "strong" in open)
    assert shown + left_out(source, "rules? broken") == 300
    assert len(changed(source)) + left_out(source, EVERY_ACTION) == 20_000


def test_refusals_leave_room_for_the_slots_what_cannot_be_undone_and_the_fingerprint(big_and_refused: Plan) -> None:
    source = as_markdown(big_and_refused)
    page = rendered(source)
    assert {"Biblical Studies (books)", "Logos Subscription (logos)"} <= {cells[0] for _, cells in page.rows if cells}
    assert big_and_refused.fingerprint in source
    assert "Cannot be undone" in page.text


def test_verdict_and_counts_come_first_then_some_refusals_of_each_code(big_and_refused: Plan) -> None:
    lines = [line for line in as_markdown(big_and_refused).splitlines() if line]
    assert lines[0] == "## ❌ Blocked: Grace Seminary (grace)"
    assert lines[1].startswith("300 rules broken. Nothing will be applied.")
    assert (
        "- **In all**: 2 libraries added, 1 administrator added, 9,000 people join, 10,997 seats granted" in lines[2:10]
    )
    assert "- **Letters**: 10,997 invitations, 1 welcome to an administrator" in lines[2:10]
    start = lines.index("### Rules broken (300)")
    assert lines[start + 1] == "299 kind-not-allowed, 1 slots-exceeded."
    told = [re.match(r"- \*\*(.+?)\*\* at `seatsync.yaml:", line) for line in lines[start + 2 : start + 10 : 2]]
    assert [found and found[1] for found in told] == ["kind-not-allowed"] * 3 + ["slots-exceeded"]
    assert lines[start + 10] == "<details><summary>296 more of kind-not-allowed</summary>"


def test_the_page_of_files_that_cannot_be_read_says_what_is_wrong(tmp_path: Path) -> None:
    """The page may be all that somebody gets to see."""
    folder = write(tmp_path, LIBRARIES, [("no address", "A", "B", "", ""), *people(2)])
    told = seatsync("plan", "--format", "html", folder=folder)
    assert told.code == 3
    page = Page(told.out)
    assert "No plan could be made" in page.text
    assert page.inside("strong") == ["invalid-email"]
    assert "members.csv:2" in page.text
    assert "To fix:" in page.text


def test_html_has_its_verdict_and_refusals_first(big_and_refused: Plan) -> None:
    page = as_html(big_and_refused)
    order = ["Blocked: 300 rules broken.", "kind-not-allowed", "<h2>Seats", "<h2>Cannot be undone", "<h2>Changes"]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)


def test_many_libraries_are_cut_or_counted_and_the_verdict_stays(tmp_path: Path) -> None:
    libraries = "".join(f"  lib-{n}: {{title: Library {n}, system: jamworks, slots: 1}}\n" for n in range(2000))
    source = as_markdown(planned(write(tmp_path, "libraries:\n" + libraries)))
    assert len(source) <= MOST
    assert "2,001 changes" in source.splitlines()[2]
    shown = sum(
        re.fullmatch(r"Library \d+ \(lib-\d+\)", cells[0]) is not None
        for _, cells in rendered(source).rows
        if len(cells) == 8
    )
    assert 0 < shown < 2000
    assert shown + left_out(source, "library|libraries") == 2000


def test_markdown_of_many_mistakes_stays_within_the_limit_and_counts_the_rest(tmp_path: Path) -> None:
    folder = write(tmp_path, LIBRARIES, [(f"no address {n}", "A", "B", "", "") for n in range(5000)])
    source = seatsync("validate", "--format", "markdown", folder=folder).out
    assert len(source) <= MOST
    assert source.count("**invalid-email**") + left_out(source, "findings?") == 5000


def test_html_shows_every_change(big: Plan) -> None:
    page = Page(as_html(big))
    assert (len(page.under("Changes")), len(page.under("Cannot be undone"))) == (20_000 - 1997, 1997)
    assert {f"m{n}@grace.example" for n in range(9000)} <= {cells[0] for cells in page.under("Changes")}


def test_text_shows_the_first_of_many_and_counts_the_rest(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: logos, to: {everyone: true}}\n"
    plan = planned(write(tmp_path, LIBRARIES + grants, people(25)))
    short, long = as_text(plan), as_text(plan, everything=True)
    assert short.count("… and 15 more") == 2
    assert "m9@grace.example" in short
    assert "m10@grace.example" not in short
    assert "more (" not in long
    below_the_panel = long.partition("\nChanges\n")[2]
    assert all(below_the_panel.count(f"m{n}@grace.example") == 2 for n in range(25))


def test_text_cuts_no_list_of_which_it_would_hide_only_a_few(tmp_path: Path) -> None:
    shown = as_text(planned(write(tmp_path, LIBRARIES, people(15))))
    assert all(f"m{n}@grace.example" in shown for n in range(15))
    assert "more (" not in shown
    assert "… and 6 more (" in as_text(planned(write(tmp_path, LIBRARIES, people(16))))


def test_text_names_up_to_200_of_what_cannot_be_undone(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: permanent, to: {everyone: true}}\n"
    plan = planned(write(tmp_path, LIBRARIES + grants, people(206)))
    section = as_text(plan).partition("Cannot be undone")[2].partition("Changes")[0]
    assert section.count("@grace.example") == 200
    assert "… and 6 more" in section


def test_verbose_shows_everything_on_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, LIBRARIES, people(25))
    assert "… and 15 more" in seatsync("plan", "--now", DAY, folder=tmp_path).out
    verbose = seatsync("plan", "--verbose", "--now", DAY, folder=tmp_path).out
    assert all(f"m{n}@grace.example" in verbose for n in range(25))


# What cannot be undone


@pytest.fixture(scope="module")
def final(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Ann gets an upgrade, Ben a permanent license, Cy a temporary one; Di leaves and loses her license."""
    folder = tmp_path_factory.mktemp("final")
    ann, ben, cy, di = (
        (f"{name}@grace.example", name.title(), "Test", "", tag)
        for name, tag in (("ann", "owner"), ("ben", "owner"), ("cy", ""), ("di", ""))
    )
    grants = "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    write(folder, LIBRARIES + grants, [ann, di])
    assert seatsync("apply", "--yes", "--now", "2026-08-01", folder=folder).code == 0
    write(folder, LIBRARIES + grants + "  - {library: books, kind: permanent, to: {tags: [owner]}}\n", [ann, ben, cy])
    return planned(folder)


def test_text_has_a_section_of_what_cannot_be_undone_with_names(final: Plan) -> None:
    section = as_text(final).partition("\nCannot be undone\n")[2].partition("\nChanges\n")[0]
    assert re.findall(r"\w+@grace.example", section) == ["ann@grace.example", "ben@grace.example"]
    assert "^ 1 person keeps Biblical Studies permanently\n" in section
    assert "+ 1 person gets Biblical Studies permanently\n" in section


def test_every_change_stands_once_and_the_seats_of_who_leaves_below_them(final: Plan) -> None:
    changes = as_text(final).partition("\nChanges\n")[2]
    titles = re.findall(r"^[+~^-] (.*)$", changes, re.MULTILINE)
    assert titles == [
        "2 people join",
        "1 person leaves",
        "1 person who leaves loses Biblical Studies",
        "1 person gets Biblical Studies",
    ]
    for below in (
        as_text(final).partition("\nCannot be undone\n")[2],
        Page(as_html(final)).text.partition("before and")[2],
    ):
        assert [below.count(f"{name}@grace.example") for name in ("ann", "ben", "cy", "di")] == [1, 2, 2, 2]


ANN, BEN = "ann@grace.example (Ann Test)", "ben@grace.example (Ben Test)"
"""Ann is in the ledger, Ben is new in this plan."""


def test_names_stand_beside_emails_in_the_panel_and_where_the_change_does_not_say_them(final: Plan) -> None:
    for shown in (as_text(final), rendered(as_markdown(final)).text, Page(as_html(final)).text):
        assert re.search(rf"Permanent:?\s*2 people: {re.escape(ANN)}, {re.escape(BEN)}\n", shown)
        assert re.search(r"Lose access:?\s*1 person to Biblical Studies: di@grace.example \(Di Test\)\n", shown)
        assert shown.count("Ben Test") == 4  # gains access, forever; joins; gets it
        assert "di@grace.example (Di Test)" in shown.partition("loses Biblical Studies")[2]


def test_beside_a_new_email_stands_the_name_that_the_same_plan_gives(tmp_path: Path) -> None:
    """Whoever reads the new address beside the old name takes it for the old person's."""
    folder = write(tmp_path, LIBRARIES + "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n")
    roster = folder / "members.csv"
    roster.write_text("email,given_name,family_name,student_id\nclara@grace.example,Clara,Ashby,1\n")
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    roster.write_text("email,given_name,family_name,student_id\nvictor@evil.example,Victor,Ashby,1\n")
    plan = planned(folder)
    for shown in (as_text(plan), rendered(as_markdown(plan)).text, Page(as_html(plan)).text):
        assert "victor@evil.example (Victor Ashby)" in shown
        assert "Clara Ashby" not in shown


def test_a_library_is_called_by_its_title_and_its_id_stands_once_in_the_table_of_seats(final: Plan) -> None:
    for shown in (as_text(final), rendered(as_markdown(final)).text, Page(as_html(final)).text):
        assert "gets Biblical Studies permanently" in shown
        assert re.search(r"Seats left:?\s*Biblical Studies [\d,]+ of 20,000, Logos Subscription", shown)
        assert re.findall(r"\(?\bbooks\b\)?", shown) == ["(books)"]
    document = to_document(final)
    assert document["titles"] == {"books": "Biblical Studies", "logos": "Logos Subscription"}
    assert {change.get("library") for change in document["changes"]} <= {None, *document["titles"]}
    del document["titles"]  # as in a plan file of before
    [old] = read_plans("".join(to_text([document], as_array=False)))
    assert "gets books permanently" in as_text(old)


def test_two_libraries_with_the_same_title_are_told_apart(tmp_path: Path) -> None:
    grants = (
        "grants: [{library: books, kind: temporary, to: {everyone: true}}, {library: logos, to: {everyone: true}}]\n"
    )
    plan = planned(write(tmp_path, LIBRARIES.replace("Logos Subscription", "biblical studies") + grants, people(1)))
    for shown in (as_text(plan), rendered(as_markdown(plan)).text, Page(as_html(plan)).text):
        assert "gets Biblical Studies (books)" in shown
        assert "gets biblical studies (logos)" in shown


def test_a_plan_without_names_is_read_and_a_redacted_one_has_none(final: Plan, tmp_path: Path) -> None:
    """Plan files of before have no names of people whom the ledger knows."""
    document = to_document(final)
    assert document["names"] == {"1": "Ann Test"}
    del document["names"]
    [old] = read_plans("".join(to_text([document], as_array=False)))
    assert "Ann Test" not in as_text(old)
    assert "ann@grace.example" in as_text(old)
    hidden = Redactor({}).plan(final)
    for shown in (as_text(hidden), as_markdown(hidden), as_html(hidden), json.dumps(to_document(hidden))):
        assert not re.search("Ann|Ben Test|Di Test", shown)


def test_the_place_of_who_leaves_is_where_they_stood_last(tmp_path: Path) -> None:
    """The file of today has somebody else in that line, or no such line."""
    grants = "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    folder = write(tmp_path, LIBRARIES + grants, people(3))
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    write(folder, LIBRARIES + grants, people(2))
    for format in ("text", "markdown", "html"):
        told = seatsync("plan", "--now", DAY, "--format", format, folder=folder).out
        assert (
            re.findall(r"(was )?members\.csv:(\d+)", told.replace("\xa0", " ")) == [("was ", "4")] * 2
        )  # the person, and the seat


def test_a_comment_tells_the_groups_in_the_same_words_and_the_reason_of_all_once(final: Plan) -> None:
    said = as_markdown(final)
    titles = re.findall(r"^\*\*(\d[^*]*)\*\*(?:: (.*))?$", said, re.MULTILINE)
    assert titles == [
        ("1 person keeps Biblical Studies permanently", "Granted: tag owner"),
        ("1 person gets Biblical Studies permanently", "Granted: tag owner"),
        ("1 person leaves", "No longer on any roster"),
        ("1 person who leaves loses Biblical Studies", "No longer on any roster"),
        ("2 people join", "New on a roster"),
        ("1 person gets Biblical Studies", "Granted: everyone"),
    ]
    assert said.count("Granted: everyone") == said.count("New on a roster") == 1
    assert not re.search(r"member-|\bgrant\b|\brevoke\b", said)


def test_markdown_has_a_section_of_what_cannot_be_undone_with_names(final: Plan) -> None:
    rows = rendered(as_markdown(final)).under("Cannot be undone (2 changes)")
    assert [cells[0] for cells in rows if cells[1] != "change"] == [ANN, BEN]


def test_html_has_a_section_of_what_cannot_be_undone_with_names(final: Plan) -> None:
    page = Page(as_html(final))
    assert [cells[0] for cells in page.under("Cannot be undone")] == [ANN, BEN]


FILES_BACK = "put the earlier files back (in Git: revert the commit)"
UNTIL = "grants: [{library: books, kind: temporary, to: {everyone: true}, until: 2026-08-15}]\n"


def to_undo(plan: Plan) -> str:
    """How a plan says that it is undone; empty if it does not. All reports say the same."""
    again = read_plans("".join(to_text([to_document(plan)], as_array=False)))
    [how] = {dict(PlanView(one).facts).get("To undo", "") for one in (plan, *again, Redactor({}).plan(plan))}
    for shown in (as_text(plan), rendered(as_markdown(plan)).text, Page(as_html(plan)).text):
        assert "".join(how.split()) in "".join(shown.split())
        assert ("To undo" in shown) == bool(how)
    return how


def claimed(folder: Path, config: str, members: Iterable[tuple[str, ...]], claims: Sequence[str], now: str) -> Path:
    """An institution whose files were applied on the day ``now``, and whose members claimed their seats."""
    write(folder, config, members)
    assert seatsync("apply", "--yes", "--now", now, folder=folder).code == 0
    for email in claims:
        assert seatsync("ledger", "claim", "books", email, "--now", now, folder=folder).code == 0
    return folder


def test_a_plan_that_can_be_undone_says_how(tmp_path: Path) -> None:
    assert to_undo(planned(write(tmp_path, LIBRARIES, people(1)))) == f"{FILES_BACK} and apply"


def test_a_plan_of_which_some_cannot_be_undone_says_what_can_and_what_stays(final: Plan) -> None:
    assert to_undo(final) == (
        f"{len(final.changes) - 2} of {len(final.changes)} changes: {FILES_BACK} and apply. "
        "The 2 permanent seats stay: keep their grants in the files"
    )


def test_a_plan_of_which_nothing_can_be_undone_says_so(tmp_path: Path) -> None:
    write(tmp_path, LIBRARIES, people(1))
    assert seatsync("apply", "--yes", "--now", "2026-08-01", folder=tmp_path).code == 0
    write(tmp_path, LIBRARIES + "grants: [{library: books, kind: permanent, to: {everyone: true}}]\n", people(1))
    how = "not possible. The permanent seat stays: keep its grant in the files"
    assert to_undo(planned(tmp_path)) == how


def test_who_loses_a_claimed_seat_must_claim_again(tmp_path: Path) -> None:
    grants = "grants: [{library: books, kind: temporary, to: {everyone: true}}]\n"
    everybody = people(4)
    claimed(tmp_path, LIBRARIES + grants, everybody, [everybody[n][0] for n in (0, 1, 2)], "2026-08-01")
    write(tmp_path, LIBRARIES + grants, everybody[:1])
    assert to_undo(planned(tmp_path)) == f"{FILES_BACK} and apply; 2 people must claim again"


def test_who_has_an_account_that_gets_seats_at_once_claims_nothing_again(tmp_path: Path) -> None:
    config = LIBRARIES.replace("system: logos-library", "kinds: [temporary], delivery: account")
    config += "grants: [{library: books, kind: temporary, to: {everyone: true}}]\n"
    claimed(tmp_path, config, people(2), ["m0@grace.example"], "2026-08-01")
    write(tmp_path, config, people(2)[1:])
    assert to_undo(planned(tmp_path)) == f"{FILES_BACK} and apply"


def test_seats_that_end_by_their_date_come_back_by_another_date(tmp_path: Path) -> None:
    """No commit took them, so there is none to revert."""
    folder = claimed(tmp_path, LIBRARIES + UNTIL, people(2), ["m0@grace.example"], "2026-08-01")
    assert to_undo(planned(folder)) == "give the seats a later end date and apply; 1 person must claim again"
    late = [one._replace(status=Status.LAPSED, before={"status": "unclaimed"}) for one in planned(folder).changes]
    assert how_to_undo(replace(planned(folder), changes=late)) == "send new invitations (resend) and apply"
    write(folder, LIBRARIES + UNTIL, people(3))
    both = f"{FILES_BACK}; give the seats a later end date and apply; 1 person must claim again"
    assert to_undo(planned(folder)) == both


def test_what_the_day_brought_otherwise_is_in_no_earlier_files(tmp_path: Path) -> None:
    """A reminder, for example, or a seat for the next in line."""
    plan = replace(planned(write(tmp_path, LIBRARIES, people(1))), asked="")
    assert how_to_undo(plan) == "the day brought this, not a change of the files: see docs/rollback.md"


def test_who_left_comes_back_by_a_roster_once_the_grace_period_is_over(tmp_path: Path) -> None:
    config = LIBRARIES + "grants: [{library: books, kind: temporary, to: {everyone: true}}]\nleavers: {grace: 10d}\n"
    folder = claimed(tmp_path, config, people(2), [], "2026-08-01")
    write(folder, config, people(1))
    assert to_undo(planned(folder, "2026-08-02")) == f"{FILES_BACK} and apply"
    assert seatsync("apply", "--yes", "--now", "2026-08-02", folder=folder).code == 0
    assert to_undo(planned(folder)) == "put who left back on a roster and apply"


def test_the_verdict_counts_what_cannot_be_undone(final: Plan) -> None:
    for shown in (as_text(final), as_markdown(final), as_html(final)):
        assert FINAL.search(shown)


def test_without_anything_final_there_is_no_such_section(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, LIBRARIES, people(2)))
    assert all("annot be undone" not in shown for shown in (as_text(plan), as_markdown(plan), as_html(plan)))


def test_every_change_of_every_kind_is_in_every_report(final: Plan) -> None:
    assert set(final.summary) >= {"member-add", "member-remove", "revoke", "upgrade", "grant"}
    for change in final.changes:
        assert change.member in as_text(final)
        assert change.member in rendered(as_markdown(final)).text
        assert change.member in Page(as_html(final)).text


def test_slots_are_shown_before_and_after(final: Plan) -> None:
    for rows in (rendered(as_markdown(final)).rows, Page(as_html(final)).rows):
        books = next(cells for _, cells in rows if cells[:1] == ["Biblical Studies (books)"])
        assert books[:8] == [
            "Biblical Studies (books)",
            "20,000",
            "2 → 3",
            "19,998 → 19,997",
            "0",
            "2 → 1",
            "0",
            "0 → 2",
        ]


def test_the_table_of_seats_in_text_has_no_number_for_a_kind_without_seats(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    told = as_text(planned(write(tmp_path, LIBRARIES + grants, people(3))))
    assert "temporary unclaimed" in told
    assert "permanent" not in told
    assert re.search(r"^Biblical Studies \(books\) .* 0 → 3$", told, re.MULTILINE)


def test_an_empty_plan_says_that_there_is_nothing_to_do(tmp_path: Path) -> None:
    folder = write(tmp_path, LIBRARIES, people(2))
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    plan = planned(folder)
    for shown in (as_text(plan), rendered(as_markdown(plan)).text, Page(as_html(plan)).text):
        assert "Nothing to do" in shown


def test_the_approval_of_a_refusal_can_be_pasted_from_every_report(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: logos, to: {everyone: true}}\n"
    folder = write(tmp_path, LIBRARIES + grants, people(30))
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    plan = planned(write(tmp_path, LIBRARIES + grants, people(3)))
    [refusal] = plan.refusals
    approval = {"refusal": "too-many-revokes", "library": "logos", "count": 27}
    in_markdown = "".join(data for open, data in rendered(as_markdown(plan)).texts if open[-2:] == ("pre", "code"))
    in_html = "".join(data for open, data in Page(as_html(plan)).texts if "pre" in open)
    for shown in (as_text(plan), in_markdown, in_html):
        [line] = [line for line in shown.splitlines() if "- {refusal" in line]
        assert yaml.safe_load(line.strip())[0].items() >= approval.items()
    assert refusal.code == "too-many-revokes"


@pytest.mark.parametrize("again", [True, False], ids=["an id of somebody else", "the same name under another id"])
def test_every_line_to_paste_is_code_and_nothing_else_is(again: bool, tmp_path: Path) -> None:
    """Two answers under one help, and a line that nothing follows."""
    columns = "student_id,email,given_name,family_name\n"
    write(tmp_path, LIBRARIES).joinpath("members.csv").write_text(f"{columns}7,ada@grace.example,Ada,Lovelace\n")
    assert seatsync("apply", "--yes", "--now", DAY, folder=tmp_path).code == 0
    (tmp_path / "members.csv").write_text(
        columns + ("7,bob@grace.example,Bob,Miller\n" if again else "8,new@grace.example,Ada,Lovelace\n")
    )
    plan = planned(tmp_path)
    answers = ["same", "new"] if again else ["same"]
    for page, tag in ((rendered(as_markdown(plan)), "code"), (Page(as_html(plan)), "pre")):
        code = "".join(data for open, data in page.texts if "pre" in open and open[-1] == tag)
        assert [one["is"] for one in yaml.safe_load(code)] == answers
        assert not [data for open, data in page.texts if "pre" not in open and "- {refusal" in data]


def test_ready_markdown_is_cut_behind_the_code_that_it_cuts_through() -> None:
    """Only a fence with at least as many characters, and nothing after them, closes a fence."""
    for inside in ("```", "~~~~", "````python", "````", "`````", "````  "):
        said = rendered(cut(f"````\n{inside}\n" + "some words\n" * 100, 400))
        [within] = [open for open, told in said.texts if "Left out to save space" in told]
        assert not {"pre", "code"} & {*within}, inside


def test_a_fold_is_opened_only_where_something_of_it_has_room() -> None:
    found = [Diagnostic("missing-value", f"Row {n} has no e-mail.", "Add it.", Origin("m.csv", n)) for n in range(1, 9)]
    for most in range(400, 1_200):
        said = markdown.report([], About(errors=found, invalid=1), most)
        assert len(said) <= most
        assert not re.search(r"</summary>\s*(</details>|\Z)", said), most
        assert said.count("<details>") == said.count("</details>"), most
        assert said.count("**missing-value**") + left_out(said, "findings?") == 8, most


# Hostile names


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Names, roles, tags, titles and file names that try to be something else; all of them pass validation."""
    folder = tmp_path_factory.mktemp("hostile")
    members = [
        (f"a|`*_{n}@grace.example", name, f"of {name}", name, name.replace(";", "")) for n, name in enumerate(HOSTILE)
    ]
    config = yaml.safe_dump(
        {
            "libraries": {
                "books": {"title": "".join(HOSTILE[:6]), "system": "logos-library", "slots": 3},
                "logos": {"title": HOSTILE[0], "system": "logos-subscription", "slots": 30},
            },
            "rosters": [{"path": "members.csv"}, {"path": "ro`st|er<i>@all.csv"}],
            "grants": [
                {"library": "books", "kind": "permanent", "to": {"everyone": True}},
                {"library": "logos", "to": {"tags": [HOSTILE[0]]}},
                {"library": "logos", "to": {"tags": ["<b>nobody</b> `@here` | x"]}},
            ],
        }
    )
    write(folder, config, members)
    name = json.dumps("".join(HOSTILE[:8]))
    whole = (folder / "seatsync.yaml").read_text().replace("name: Grace Seminary", f"name: {name}")
    (folder / "seatsync.yaml").write_text(whole)
    (folder / "ro`st|er<i>@all.csv").write_text("email,given_name,family_name\nx@grace.example,X,Y\n")
    plan = planned(folder)
    assert {refusal.code for refusal in plan.refusals} == {"slots-exceeded"}
    assert {warning.code for warning in plan.warnings} >= {"grant-reaches-nobody"}
    return plan


def test_markdown_of_hostile_names_has_no_markup_but_its_own(hostile: Plan) -> None:
    page = rendered(as_markdown(hostile))
    own = {"h2", "h3", "p", "strong", "em", "ul", "li", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.tags <= own | {"details", "summary", "br"}
    assert not "".join(page.comments).strip()
    assert all(not attributes or set(attributes) <= {"style", "class"} for _, attributes in page.elements)


def test_markdown_shows_hostile_names_as_they_are(hostile: Plan) -> None:
    shown = [" ".join(cells) for cells in changed(as_markdown(hostile))]
    for name in HOSTILE:
        assert any(f"{name} of {name}" in cells for cells in shown), name


def test_every_row_of_a_markdown_table_has_its_place_in_the_last_column(hostile: Plan) -> None:
    places = [cells[-1] for cells in changed(as_markdown(hostile))]
    assert len(places) == len(hostile.changes)
    assert set(places) == {str(change.origin) for change in hostile.changes}
    assert "ro`st|er<i>@all.csv:2" in places


def test_markdown_mentions_nobody_and_links_nowhere(hostile: Plan) -> None:
    source = as_markdown(hostile)
    # GitHub looks for mentions in the rendered text, after entities: only code and a break inside the word stop it.
    prose = [data for open, data in rendered(source).texts if "code" not in open]
    assert not [data for data in prose if re.search(r"(?<!\w)@\w", data)]
    assert not [data for data in prose if "://" in data or "](" in data]


def test_the_headings_of_folded_changes_are_plain_words(hostile: Plan) -> None:
    summaries = rendered(as_markdown(hostile)).summaries
    assert [summary for summary in summaries if f"{len(HOSTILE) + 1} people join" in summary]
    assert not [summary for summary in summaries if "\\" in summary]


def test_html_of_hostile_names_has_no_script_but_its_own_and_loads_nothing(hostile: Plan) -> None:
    page, harmless = Page(as_html(hostile)), Page(as_html(replace(hostile, changes=hostile.changes[-1:])))
    assert not page.tags & {"img", "link", "iframe", "object", "embed", "base", "audio"}
    assert not page.comments
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action", "style")
        ]
        assert attributes.get("href", "#main") == "#main"
    [css], [script] = page.inside("style"), page.inside("script")
    assert script in harmless.inside("script")
    assert "url(" not in css
    assert "@import" not in css
    [policy] = [attributes["content"] or "" for tag, attributes in page.elements if "http-equiv" in attributes]
    assert policy.startswith("default-src 'none'; ")
    for source in (css, script):
        assert f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


def test_html_shows_hostile_names_as_they_are(hostile: Plan) -> None:
    page = Page(as_html(hostile))
    for name in HOSTILE:
        assert any(f"{name} of {name}" in cells[1] for cells in page.under("Changes")), name
    rows = [*page.under("Cannot be undone"), *page.under("Changes")]
    assert {cells[-1] for cells in rows} == {str(change.origin) for change in hostile.changes}


@pytest.mark.parametrize("name", HOSTILE)
def test_html_shows_what_is_to_be_written_as_code_and_obeys_none_of_it(name: str, final: Plan) -> None:
    help = f"Write `{name}` or {name}"
    told = Diagnostic("slots-exceeded", "", "", Origin("a.yaml", 1), Severity.REFUSAL)
    page, harmless = (
        Page(as_html(replace(final, refusals=[replace(told, message=one, help=one)]))) for one in (help, "Write `x`")
    )
    assert page.tags == harmless.tags
    assert not page.comments
    assert help.replace("`", "") in page.text.replace("`", "")


def test_what_a_message_tells_to_write_is_code_as_in_its_advice(final: Plan) -> None:
    told = Diagnostic(
        "too-many-revokes", "`limits.x` is 5.", "Raise `limits.x`.", Origin("a.yaml", 1), Severity.REFUSAL
    )
    plan = replace(final, refusals=[told])
    assert "<p><code>limits.x</code> is 5.</p>" in as_html(plan)
    assert "<code>limits.x</code> is 5." in MarkdownIt().render(as_markdown(plan))


def test_the_key_of_the_bars_names_the_seats_as_the_table_does(final: Plan) -> None:
    page = Page(as_html(final)).text.splitlines()
    assert {"permanent, claimed", "permanent, unclaimed", "temporary, claimed", "temporary, unclaimed"} <= {*page}


@pytest.mark.parametrize(("waiting", "is_folded"), [(5, False), (6, True), (12, True)])
def test_a_long_line_of_a_full_library_is_folded_in_a_comment_and_in_text_each_person_heads_their_place(
    waiting: int, is_folded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = "libraries:\n  books: {title: Books, system: logos-library, slots: 1, when_full: wait}\nrosters: [{path: members.csv}]\n"
    grants = "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    folder = write(tmp_path, library + grants, people(waiting + 1))
    comment = seatsync("plan", "--format", "markdown", "--now", DAY, folder=folder).out
    section = comment.partition("### The line of Books")[2]
    assert section.count("<details>") == section.count("</details>") == is_folded
    assert ("2 more: `seatsync licenses --status waiting --library books`" in section) == (waiting > 10)
    monkeypatch.setenv("COLUMNS", "60")
    told = seatsync("plan", "--now", DAY, folder=folder).out.partition("The line of Books")[2]
    assert re.search(r"m1@grace\.example \(Given1 Test\)\n +place +1\n", told), told


def test_text_shows_hostile_names_as_they_are(hostile: Plan) -> None:
    shown = as_text(hostile, everything=True)
    for name in HOSTILE:
        assert f"{name} of {name}" in shown, name


@pytest.mark.parametrize("place", ["name", "title", "tag", "roster", "member"])
def test_validation_refuses_escape_sequences_and_does_not_print_them(place: str, tmp_path: Path) -> None:
    bad = {place: "\\e[31mred"}
    folder = write(tmp_path, "", [("a@grace.example", "\x1b[31mred" if place == "member" else "A", "B", "", "")])
    config = (folder / "seatsync.yaml").read_text().replace("name: Grace Seminary", f'name: "{bad.get("name", "G")}"')
    config += f'libraries: {{b: {{title: "{bad.get("title", "B")}", system: jamworks, slots: 1}}}}\n'
    config += f'rosters: [{{path: "{bad.get("roster", "members.csv")}", tags: ["{bad.get("tag", "t")}"]}}]\n'
    (folder / "seatsync.yaml").write_text(config)
    for format in ("text", "json", "markdown"):
        outcome = seatsync("validate", "--format", format, folder=folder)
        assert outcome.code == 3
        assert "\x1b" not in outcome.out + outcome.err
        assert "U+001B" in outcome.out.replace("\\", "")


def evil(plan: Plan, evil: str) -> Plan:
    """A plan that no file could produce: every free text in it contains ``evil``."""
    changes = [
        change._replace(
            reason=evil + change.reason,
            origin=Origin(evil + change.origin.file, change.origin.line),
            member=change.member and evil + change.member,
            library=change.library and evil + change.library,
            before=change.before and {k: evil + v if isinstance(v, str) else v for k, v in change.before.items()},
            after=change.after and {k: evil + v if isinstance(v, str) else v for k, v in change.after.items()},
        )
        for change in plan.changes
    ]
    finding = Diagnostic("evil", evil, f"{evil}\n{evil}\n{evil}", Origin(evil), Severity.REFUSAL, evil, (evil,))
    return replace(
        plan,
        name=evil + plan.name,
        institution=evil + plan.institution,
        changes=changes,
        slots={evil + library: slots for library, slots in plan.slots.items()},
        refusals=[finding],
        warnings=[replace(finding, severity=Severity.WARNING)],
        fingerprint=fingerprint(grouped(changes)),
    )


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("render", [as_text, as_markdown, as_html])
def test_no_control_or_direction_character_reaches_any_report(render: object, control: str, final: Plan) -> None:
    assert callable(render)
    shown: str = render(evil(final, control))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_a_saved_plan_can_not_write_to_the_terminal(final: Plan, tmp_path: Path) -> None:
    plan = evil(final, "\x1b[2J\x1b]0;owned\x07")
    (tmp_path / "plan.json").write_text("".join(to_text([to_document(plan)], as_array=False)))
    outcome = seatsync("show", "plan.json", folder=tmp_path)
    assert "\x1b" not in outcome.out + outcome.err
    assert "\x07" not in outcome.out + outcome.err


def test_names_in_scripts_with_joiners_are_intact(tmp_path: Path) -> None:
    names = ["علی\u200cرضا", "क्\u200dष", "Орлов", "王欣怡", "Çağla"]
    members = [(f"m{n}@grace.example", name, "Test", "", "") for n, name in enumerate(names)]
    plan = planned(write(tmp_path, LIBRARIES, members))
    for shown in (as_text(plan), rendered(as_markdown(plan)).text, Page(as_html(plan)).text):
        assert [name for name in names if name not in shown] == []


# Colour and width


def colours(written: str) -> set[str]:
    """Return the colour codes in the text, without bold and dim."""
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", written) for code in found.split(";")}
    return {code for code in codes if re.fullmatch(r"[349]\d|10\d", code)}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", LIBRARIES + "grants:\n  - {library: logos, to: {everyone: true}}\n", people(3))


def test_a_terminal_gets_colour(small: Path) -> None:
    assert colours(on_terminal(small, "plan", "--now", DAY))


@pytest.mark.parametrize(
    ("args", "environment"),
    [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"SEATSYNC_NO_COLOR": "1"}), ([], {"TERM": "dumb"})],
)
def test_a_terminal_gets_no_colour_where_none_is_wanted(
    args: list[str], environment: dict[str, str], small: Path
) -> None:
    written = on_terminal(small, "plan", "--now", DAY, *args, **environment)
    assert "m0@grace.example" in written
    assert not colours(written)


def test_a_pipe_gets_no_escape_sequence_and_no_folded_line(small: Path) -> None:
    written = seatsync("plan", "--now", DAY, folder=small).out
    assert "\x1b" not in written
    assert re.search(r"m0@grace\.example +Given0 Test +members\.csv:2\n", written + "\n")


@pytest.mark.parametrize("columns", ["50", "80", "200"])
def test_columns_sets_the_width(columns: str, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = seatsync("plan", "--now", DAY, folder=small).out.splitlines()
    wide = [line for line in lines if len(line.rstrip()) > int(columns) and not re.search("[0-9a-f]{64}", line)]
    assert wide == []


def test_signs_ids_and_tags_are_explained_where_they_stand(tmp_path: Path) -> None:
    folder = write(tmp_path, LIBRARIES)
    rows = "ann@grace.example,Ann,Lee,1171,choir\nben@grace.example,Ben,Ode,,choir;staff\n"
    (folder / "members.csv").write_text(f"email,given_name,family_name,student_id,tags\n{rows}", encoding="utf-8")
    plan = planned(folder)
    for shown in (as_text(plan), as_markdown(plan), as_html(plan)):
        assert "Ann Lee, student id 1171, tag choir" in shown
        assert "Ben Ode, tags choir, staff" in shown
    assert '<p class="legend">+ is added</p>' in as_html(plan)


def test_a_name_from_right_to_left_leaves_the_order_of_what_follows(tmp_path: Path) -> None:
    folder = write(tmp_path, LIBRARIES, [("dan@grace.example", "דוד", "בן-כהן", "", "choir")])
    assert "<td><bdi>דוד בן-כהן</bdi>, tag choir</td>" in as_html(planned(folder))


# Several plans


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for name, number in (("one", 3), ("other", 400)):
        write(folder / name, LIBRARIES, people(number))
        config = (folder / name / "seatsync.yaml").read_text()
        config = config.replace("id: grace", f"id: {name}").replace("Grace Seminary", f"School {name}")
        (folder / name / "seatsync.yaml").write_text(config)
    return folder


def test_several_plans_stand_in_one_html_page(two: Path) -> None:
    page = Page(seatsync("plan", "one", "other", "--format", "html", "--now", DAY, folder=two).out)
    assert [tag for tag, _ in page.elements].count("html") == 1
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert "School one (one)" in page.text
    assert "School other (other)" in page.text
    assert len(page.under("Changes")) == 2 * 3 + 403


def test_several_plans_stand_one_after_the_other(two: Path) -> None:
    shown = seatsync("plan", "one", "other", "--now", DAY, folder=two).out
    assert shown.index("School one (one)") < shown.index("6 changes") < shown.index("School other (other)")
    assert shown.index("School other (other)") < shown.index("403 changes")


def test_a_small_plan_beside_a_big_one_is_whole(two: Path) -> None:
    source = seatsync("plan", "one", "other", "--format", "markdown", "--now", DAY, folder=two).out
    assert len(source) <= MOST
    small = source.partition("### ✅ Safe: School one (one)")[2]
    assert "Left out" not in small
    assert all(f"m{n}@grace.example" in rendered(small).text for n in range(3))


@pytest.mark.parametrize("number", [2, 50, 200])
def test_however_many_plans_there_are_each_has_its_verdict_within_the_limit(number: int, final: Plan) -> None:
    out = io.StringIO()
    plans = [replace(final, institution=f"school-{n}") for n in range(number)]
    with redirect_stdout(out):
        show(
            [FolderResult(plan, []) for plan in plans],
            True,
            Run(None, datetime(2026, 9, 1, tzinfo=UTC), "markdown", False, False, False),
        )
    source = out.getvalue()
    assert len(source) <= MOST
    assert len(FINAL.findall(source)) == number


def test_mistakes_of_several_folders_name_their_folder_in_every_format(two: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(tmp_path / name, "rosterz: []\nlibraries: {}\n")
    for format in ("text", "json", "markdown"):
        shown = seatsync("validate", "one", "other", "--format", format, folder=tmp_path).out
        assert "one/seatsync.yaml" in shown, format
        assert "other/seatsync.yaml" in shown, format


def test_a_plan_that_was_saved_shows_the_same(two: Path, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    for format in ("text", "markdown", "html", "json"):
        args = ("plan", "one", "other", "--format", format, "--now", DAY, "--out", str(saved))
        fresh = seatsync(*args, folder=two).out
        assert seatsync("show", str(saved), "--format", format, folder=two).out == fresh
    assert [plan["institution"] for plan in json.loads(saved.read_text())] == ["one", "other"]
