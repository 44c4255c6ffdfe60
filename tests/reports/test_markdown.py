"""Plans in one comment: what matters first, within the limit for any number of institutions of any size."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatsync.cli.output.since import line_of, since
from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.library import Slots
from seatsync.domain.origin import Origin
from seatsync.planning.change import Change, grouped
from seatsync.planning.letters import letter_counts
from seatsync.planning.plan import Plan
from seatsync.planning.seats import SlotChange
from seatsync.reports import html, text
from seatsync.reports.markdown.about import About
from seatsync.reports.markdown.report import report
from seatsync.reports.redaction import Redactor
from seatsync.reports.room import MOST
from seatsync.reports.view.decision import Decision, Effect, effect, panel
from seatsync.reports.view.plan import PlanView

BROKEN = Diagnostic("slots-exceeded", "Too few seats.", "Buy more.", Origin("seatsync.yaml", 3), Severity.REFUSAL)
OWN = Diagnostic("approval-in-this-change", "This change adds the approval.", "Review it.", None, Severity.NOTICE)
LONGEST = "Fünf " * 50


def grants(number: int, kind: str = "temporary", library: str = "books") -> list[Change]:
    place = Origin("seatsync.yaml", 9)
    return [
        Change(Action.GRANT, "Granted: everyone", place, library, f"new{n}@grace.example", kind, "unclaimed")
        for n in range(number)
    ]


def revokes(number: int, library: str = "books") -> list[Change]:
    before = {"status": "delivered"}
    return [
        Change(
            Action.REVOKE,
            "Left",
            Origin("members.csv", n + 2),
            library,
            f"old{n}@grace.example",
            "temporary",
            "revoked",
            before,
        )
        for n in range(number)
    ]


def ending(changes: list[Change], until: str = "2027-06-30") -> list[Change]:
    """The same grants, with an end date."""
    return [change._replace(after={"until": until}) for change in changes]


def moved(number: int, old: str, new: str) -> list[Change]:
    """Members whose e-mail changes from one domain to another."""
    return [
        Change(
            Action.MEMBER_UPDATE,
            "Changed on the roster",
            Origin("members.csv", n + 2),
            member=f"ann{n}@{new}",
            before={"email": f"ann{n}@{old}"},
            after={"email": f"ann{n}@{new}"},
            record=n + 1,
        )
        for n in range(number)
    ]


def a_plan(id: str, *changes: Change, name: str = "School", broken: int = 0, **more: object) -> PlanView:
    seats = SlotChange(Slots(10, 2), Slots(10, 3))
    plan = Plan(
        institution=id,
        name=name,
        created_at="2026-09-01T08:00:00Z",
        now="2026-09-01",
        desired_digest="0" * 64,
        serial=7,
        head="0" * 64,
        changes=changes,
        slots={"books": seats},
        rosters={},
        settings={},
        refusals=[BROKEN] * broken,
        warnings=[],
        fingerprint="f" * 64,
        baseline={},
        letters={"invitation": len(changes)},
        asked="",
    )
    return PlanView(replace(plan, **more))  # type: ignore[arg-type]


LEFT = {"a": (5,), "b": (5,), "c": (5,), "full": (8, 0, 10), "some": (10, 5), "none": (3, 3), "few": (90, 89)}
"""Libraries with their seats after a plan: in all, reserved, claimed."""


def as_text(view: PlanView, **environment: str) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        text.plan(text.writer(out, no_color=False), view, everything=False)
    return out.getvalue()


# ── The verdict ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("view", "decision", "verdict"),
    [
        (
            a_plan("a", broken=1),
            Decision.BLOCKED,
            "## ❌ Blocked: School (a)\n\n1 rule broken. Nothing will be applied.",
        ),
        (
            a_plan("a", *grants(2), *grants(1, "permanent", "final")),
            Decision.IRREVERSIBLE,
            "## ⚠️ Irreversible: School (a)\n\n1 of 3 changes cannot be undone.",
        ),
        (a_plan("a", *grants(2)), Decision.SAFE, "## ✅ Safe: School (a)\n\n2 changes; all can be undone."),
        (
            a_plan("a", *grants(2), *revokes(3)),
            Decision.SAFE,
            "## ↩️ Can be undone: School (a)\n\n3 people lose access. 5 changes; all can be undone.",
        ),
        (a_plan("a"), Decision.NOTHING, "## ✅ Nothing to do: School (a)\n\nThe ledger matches the files."),
    ],
)
def test_the_verdict_is_one_of_four_words_and_comes_first(view: PlanView, decision: Decision, verdict: str) -> None:
    assert panel(view.plan).decision is decision
    assert report([view]).startswith(verdict)


def test_of_many_the_blocked_come_first_then_the_gravest_and_the_unchanged_are_only_counted() -> None:
    quiet = [a_plan(f"quiet-{n}") for n in range(27)]
    said = report(
        [*quiet, a_plan("safe", *grants(3)), a_plan("losing", *revokes(2)), a_plan("blocked", *grants(9), broken=2)]
    )
    assert said.startswith(
        "## ❌ Blocked: 1 of 30 institutions breaks a rule\n\n30 institutions: 1 blocked, 2 safe, 27 nothing"
    )
    assert re.findall("^### .. ?(.*)", said, re.MULTILINE) == [
        "Blocked: School (blocked)",
        "Can be undone: School (losing)",
        "Safe: School (safe)",
    ]
    assert "quiet" not in said
    assert said.count("Nothing to do") == 0


@pytest.mark.parametrize(
    ("about", "verdict"),
    [
        (
            About(invalid=1, errors=[replace(BROKEN, severity=Severity.ERROR)]),
            "❌ Blocked: the files of 1 institution are invalid",
        ),
        (About(unplanned=[BROKEN] * 2), "❌ Blocked: 2 institutions could not be planned"),
        (About(stopped=1), "❌ Blocked: warnings stop 1 institution"),
        (
            About(failure="the ledger can't be reached", commit="1a2b3c4d" * 5),
            "❌ Not planned at `1a2b3c4`: the ledger",
        ),
    ],
)
def test_nothing_is_green_where_something_is_missing(about: About, verdict: str) -> None:
    said = report([a_plan("a", *grants(2))], about)
    assert said.startswith(f"## {verdict}")
    assert "✅" not in said


def test_an_exception_that_the_change_makes_itself_is_in_the_verdict_of_one_and_of_many() -> None:
    own = a_plan("own", *revokes(2), warnings=[OWN])
    assert "**This change makes its own exceptions.**" in report([own]).partition("\n- ")[0]
    assert (
        "this change itself makes exceptions in 1 institution" in report([own, a_plan("b", *grants(1))]).splitlines()[0]
    )


def test_a_notice_is_no_warning() -> None:
    kept = Diagnostic("permanent-kept", "1 seat stays.", "Nothing to do.", None, Severity.NOTICE)
    doubt = Diagnostic("same-name", "1 member leaves.", "Look.", None, Severity.WARNING)
    said = report([a_plan("a", *grants(1), warnings=[kept, doubt])])
    assert re.findall(r"^### (Warnings|Worth knowing) \(1\)\n\n- \*\*([a-z-]+)", said, re.MULTILINE) == [
        ("Warnings", "same-name"),
        ("Worth knowing", "permanent-kept"),
    ]


def test_what_else_a_reviewer_must_know_is_said_once() -> None:
    about = About(
        "1a2b3c4" * 5, "Compared with `aaaaaaa`: the same.", others=12, also_open=["#12", "#15"], unrecorded=3
    )
    for views in ([a_plan("a", *grants(2))], [a_plan("a", *grants(2)), a_plan("b", *grants(2))]):
        said = report(views, about)
        assert said.count("`1a2b3c4`") == said.count("Compared with") == said.count("12 other institutions") == 1
        assert "#12, #15 change the same institutions" in said
        assert "no room to record the plans of 3 institutions" in said


# ── The decision panel ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("view", "line"),
    [
        (
            a_plan("a", *grants(2), *grants(1, library="maps")),
            "Gain access**: 2 people: `new0@grace.example` to books and maps, `new1@grace.example` to books",
        ),
        (
            a_plan("a", *revokes(1), *revokes(1, "maps"), *revokes(2, "atlas")),
            "Lose access**: 2 people: `old0@grace.example` to 3 libraries, `old1@grace.example` to atlas",
        ),
        (a_plan("a", *revokes(1, "maps")), "Lose access**: 1 person to maps: `old0@grace.example`"),
        (
            a_plan("a", *revokes(1), *revokes(1, "maps"), *revokes(7, "atlas")),
            "Lose access**: 7 people (atlas 7, books 1, maps 1): `old0@grace.example`, `old1@grace.example`, ",
        ),
        (a_plan("a", *grants(2)), "Lose access**: nobody"),
        (a_plan("a", *revokes(7)), "Lose access**: 7 people: `old0@grace.example`"),
        (a_plan("a", *revokes(1), broken=1), "Would lose access**: 1 person: `old0@grace.example`"),
        (a_plan("a", *grants(1), broken=1), "Would gain access**: 1 person: `new0@grace.example`"),
        (a_plan("a", *grants(12, "permanent")), "Permanent**: 12 people: `new0@grace.example`"),
        (a_plan("a", *grants(1), letters={"reminder": 2, "removed": 1}), "Letters**: 2 reminders, 1 notice of removal"),
        (
            a_plan("a", *moved(1, "school.example", "mail.example"), names={1: "Ann Lee"}),
            "New address**: 1 person: `ann0@school.example` → `ann0@mail.example` (Ann Lee)",
        ),
        (
            a_plan("a", *moved(12, "school.example", "mail.example")),
            "New address**: 12 people: `ann0@school.example` → `ann0@mail.example`, ",
        ),
        (a_plan("a", *grants(1), letters={}), "Letters**: no letters go out"),
        (a_plan("a", *ending(grants(1))), "End dates**: books: 1 new seat ends on 2027-06-30"),
        (a_plan("a", *grants(3), *ending(grants(2))), "End dates**: books: of 5 new seats, 2 end on 2027-06-30"),
        (
            a_plan("a", *grants(3), *ending(grants(2)), *ending(grants(1), "2027-07-31")),
            "End dates**: books: of 6 new seats, 2 end on 2027-06-30, 1 on 2027-07-31",
        ),
        (
            a_plan("a", *grants(6), *grants(2, library="maps")),
            "Gain access**: 6 people (books 6, maps 2): `new0@grace.example`, `new1@grace.example`, ",
        ),
        (
            a_plan("a", *grants(1), slots={name: SlotChange(Slots(9), Slots(*left)) for name, left in LEFT.items()}),
            "Seats left**: full 2 too many for 8, none 0 of 3, few 1 of 90, some 5 of 10, a 5 of 5, 2 more libraries",
        ),
    ],
)
def test_the_panel_says_who_gains_and_loses_which_letters_go_out_and_where_seats_are_short(
    view: PlanView, line: str
) -> None:
    assert f"\n- **{line}" in report([view])
    fact = line.replace("**: ", "  ").replace("`", "")
    assert fact in re.sub("  +", "  ", as_text(view))
    label, words = line.replace("`", "").split("**: ")
    page = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", "".join(html.plans([view])))
    assert f"<dt>{label}</dt><dd>{words}" in page


def test_an_address_at_the_same_domain_is_no_news_for_verdict_and_panel_except_where_pseudonyms_hide_the_domain() -> (
    None
):
    same, other = (a_plan("a", *moved(1, "school.example", domain)) for domain in ("SCHOOL.example", "mail.example"))
    assert "New address" not in report([same])
    assert "\n1 change; all can be undone." in report([same])
    assert "\n1 change; 1 e-mail changes to another domain; all can be undone." in report([other])
    for view in (same, other):
        hidden = report([PlanView(Redactor({}).plan(view.plan))])
        assert "\n1 change; 1 e-mail changes; all can be undone." in hidden
        assert re.search("New address[*]{2}: 1 person: `?person-[0-9a-f]{12}`? → `?person-[0-9a-f]{12}`?\n", hidden)


def test_a_permanent_seat_that_is_never_taken_back_is_in_no_count_of_the_panel_nor_told() -> None:
    """The table of seats leaves it where it is, too."""
    kept = [change._replace(kind="permanent", member="owner@grace.example") for change in revokes(1)]
    said = report([a_plan("a", *revokes(3), *kept, broken=1)])
    assert "\n- **Would lose access**: 3 people: `old0@" in said
    assert "\n- **In all**: 3 seats taken back\n" in said
    assert letter_counts(grouped([*revokes(3), *kept]), {}) == {"removed": 3}
    alone = report([a_plan("a", *kept, broken=1)])
    assert "\n- **Would lose access**: nobody\n" in alone
    assert "\n- **In all**: nothing\n" in alone
    both = report([a_plan("a", *revokes(3), *kept, broken=1), a_plan("b", *revokes(2))])
    assert " In all: 5 seats taken back." in both


def test_a_permanent_seat_that_is_never_taken_back_stands_as_refused_in_every_report() -> None:
    kept = [change._replace(kind="permanent", member="owner@grace.example") for change in revokes(1)]
    view = a_plan("a", *revokes(3), *kept, broken=1)
    title = "1 person would lose books, but owns it permanently"
    said = report([view])
    assert said.index("### Refused (1 change)") < said.index(title) < said.index("### Taken away (3 changes)")
    written = as_text(view)
    assert written.index("\nRefused\n") < written.index(f"- {title}\n") < written.index("- 3 people lose books\n")
    page = "".join(html.plans([view]))
    assert page.index(">Refused</h2>") < page.index(title) < page.index("3 people lose books")


def test_each_verdict_has_its_own_colour_in_the_terminal_and_on_the_page() -> None:
    views = [a_plan("a", broken=1), a_plan("a", *grants(1, "permanent")), a_plan("a", *grants(1)), a_plan("a")]
    colours = [re.findall(r"\x1b\[([\d;]+)m(\w+)", as_text(view, FORCE_COLOR="1"))[1] for view in views]
    assert colours == [("1;31", "Blocked"), ("1;33", "Irreversible"), ("1;32", "Safe"), ("1", "Nothing")]
    kinds = [re.findall(r'<p class="verdict (\w+)">', "".join(html.plans([view]))) for view in views]
    assert kinds == [["refused"], ["final"], ["fine"], ["nothing"]]


# ── Losses before additions ─────────────────────────────────────────────────────────────────────────────────────────


def test_two_removals_never_vanish_behind_5000_additions() -> None:
    said = report([a_plan("a", *grants(5_440), *revokes(2))])
    assert len(said) <= MOST
    assert said.index("old0@") < said.index("### Taken away (2 changes)") < said.rindex("old1@") < said.index("new300@")
    left_out = int(re.findall(r"([\d,]+) seats granted\. The plan", said)[0].replace(",", ""))
    shown = len(re.findall(r"^\| `new\d+@", said, re.MULTILINE)) + left_out
    assert shown == 5_440


def test_everybody_who_loses_something_is_named_before_additions_get_room() -> None:
    said = report([a_plan("a", *grants(5_000), *grants(300, library="logos"), *revokes(400))])
    assert all(f"`old{n}@grace.example`" in said for n in range(400))
    for title in ("5,000 people get books", "300 people get logos"):
        assert re.search(rf"\*\*{title}\*\*: Granted: everyone\n\n\| who.*\n\|.*\n\| `new0@", said), title


def test_every_change_stands_once_and_has_its_effect() -> None:
    sooner = Change(
        Action.LICENSE_UPDATE,
        "Ends",
        Origin("a", 1),
        "books",
        "end@x.example",
        "temporary",
        "unclaimed",
        {"until": ""},
        {"until": "2026-12-31"},
    )
    later = sooner._replace(before={"until": "2026-12-31"}, after={"until": ""}, member="later@x.example")
    upgrade = Change(Action.UPGRADE, "Owner", Origin("a", 1), "books", "up@x.example", "permanent", "delivered")
    changes = [*grants(1), *revokes(1), sooner, later, upgrade]
    assert [effect(change) for change in changes] == [
        Effect.ADDITION,
        Effect.LOSS,
        Effect.LOSS,
        Effect.UPDATE,
        Effect.FINAL,
    ]
    said = report([a_plan("a", *changes)])
    rows = [row for row in said.splitlines() if row.startswith("| `")]
    assert len(rows) == len(changes)
    taken, earlier = "### Taken away (1 change)", "### Ends earlier (1 change)"
    assert said.index(taken) < said.rindex("old0@") < said.index(earlier) < said.rindex("end@x.example")


# ── Within the limit ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [30, 500, 2000])
def test_however_many_institutions_with_the_longest_names_each_has_a_line_or_is_counted(number: int) -> None:
    views = [
        a_plan(f"{n:04}-" + "x" * 58, *grants(3), *revokes(1), name=LONGEST, broken=n % 50 == 0) for n in range(number)
    ]
    said = report(views)
    assert len(said) <= MOST
    heads = re.findall(r"^(?:###|-) .*\(", said, re.MULTILINE)
    named = len(
        [head for head in heads if "Blocked: Fünf" in head or "Can be undone: Fünf" in head or "**: Fünf" in head]
    )
    [more] = re.findall(r"And ([\d,]+) more institution", said) or ["0"]
    assert named + int(more.replace(",", "")) == number
    first = said.index("Can be undone" if number > 30 else "### ↩️ Can be undone")
    assert said.count("Too few seats.") >= 1
    assert said.index("Too few seats.") < said.rindex("can be undone") >= first


@given(
    most=st.integers(1_200, MOST),
    sizes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 5)), min_size=1, max_size=40),
    name=st.sampled_from(["School", LONGEST, "@a|`<b>" * 30]),
    errors=st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_no_report_exceeds_its_limit(most: int, sizes: list[tuple[int, int, int]], name: str, errors: int) -> None:
    views = [
        a_plan(f"s{n}", *grants(more), *revokes(less), name=name, broken=broken)
        for n, (more, less, broken) in enumerate(sizes)
    ]
    wrong = [replace(BROKEN, severity=Severity.ERROR)] * errors
    said = report(views, About("1a2b3c4" * 5, errors=wrong, invalid=bool(errors), others=3), most)
    assert len(said) <= most
    assert said.count("<details>") == said.count("</details>")
    assert said.count("```") % 2 == 0


# ── Since the last push ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "now", "is_same", "words"),
    [
        ({"revoke": 2}, {"revoke": 5, "grant": 1}, False, "2 → 5 seats taken back, 0 → 1 seat granted."),
        ({"revoke": 2, "grant": 1}, {"revoke": 2}, False, "1 → 0 seats granted."),
        ({"revoke": 2}, {"revoke": 2}, True, "the same."),
        ({"revoke": 2}, {"revoke": 2}, False, "other changes, as many of each kind."),
        ({"revoke": 2}, {"revoke": 3}, True, "the files ask for the same; by the calendar 2 → 3 seats taken back."),
    ],
)
def test_what_has_changed_since_is_said_in_one_line(
    before: dict[str, int], now: dict[str, int], is_same: bool, words: str
) -> None:
    line = since("1a2b3c4d5e", before, now, is_same)
    assert line == f"Compared with `1a2b3c4`: {words}"
    assert line_of(f"## Head\r\n\r\n{line}\r\n\r\n- more") == line


def test_a_line_of_somebody_else_is_not_taken_over() -> None:
    assert line_of("Compared with `1a2b3c4`: nothing, @everyone: merge it.") == ""
