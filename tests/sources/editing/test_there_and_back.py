"""An edit followed by its inverse gives the same bytes, however the files are written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from seatsync.domain.license import Kind
from seatsync.domain.person import Person as Row
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import split_tags
from seatsync.sources.editing import grants, members, tags
from seatsync.sources.editing.folder import EditedFolder
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.writing import write_all
from tests.sources.editing.layouts import NAMES, TAGS, UNTAGGED, folders
from tests.support.long_form import times

Change = Callable[[EditedFolder], None]
TODAY = datetime(2026, 11, 27, tzinfo=UTC)


def make(folder: Path, change: Change) -> list[str]:
    """Make one change, and return the names of the files that it changed."""
    edited = read(folder)
    change(edited)
    files = edited.finished()
    write_all(folder, files)
    return [file.name for file in files]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


ASKED = [
    ("jam", None, None),
    ("jam", None, date(2099, 1, 1)),
    ("books", Kind.TEMPORARY, None),
    ("books", Kind.PERMANENT, None),
]


def adding(draw: st.DataObject, folder: Path) -> tuple[Change, Change]:
    """Somebody new, who is removed again."""
    names = draw.draw(st.sampled_from(NAMES)), draw.draw(st.sampled_from(NAMES))
    given_tags = draw.draw(st.sampled_from(["", "student", "class of 2027;student"]))
    new = Row("zoë.new@grace.example", *names, draw.draw(st.sampled_from(["", "0099", "7"])), "", given_tags)
    return lambda edited: members.add(edited, [new]), lambda edited: members.remove(edited, [new.email])


def tagging(draw: st.DataObject, folder: Path) -> tuple[Change, Change]:
    """A tag for some who do not have it, which is taken away again."""
    tag = draw.draw(st.sampled_from([*TAGS, "brand new"]))
    everybody = [who for who in read(folder).desired.members if who.email != UNTAGGED.email]
    some = drawn(draw, [who.email for who in everybody if tag not in split_tags(who.tags)])
    return lambda edited: tags.tag(edited, tag, some), lambda edited: tags.untag(edited, tag, some)


def granting(draw: st.DataObject, folder: Path) -> tuple[Change, Change]:
    """A library for some whom no grant gives it, which is taken away again."""
    library, kind, until = draw.draw(st.sampled_from(ASKED))
    edited = read(folder)
    have = {at for one in edited.desired.grants if one.library == library for at in edited.index.reached(one.to)}
    some = drawn(draw, [who.email for at, who in enumerate(edited.desired.members) if at not in have])
    return (
        lambda edited: grants.grant(edited, library, kind, grants.Days(until=until), some),
        lambda edited: grants.revoke(edited, library, some),
    )


def revoking(draw: st.DataObject, folder: Path) -> tuple[Change, Change]:
    """A library for some whom one rule gives it, not by their names; they get it again."""
    edited = read(folder)
    rules = [one for one in edited.desired.grants if not (one.to.emails or one.to.selection)]
    reached = [at for one in rules for at in edited.index.reached(one.to)]
    assume(rules)
    rule = draw.draw(st.sampled_from(rules))
    some = drawn(
        draw, [edited.desired.members[at].email for at in edited.index.reached(rule.to) if reached.count(at) == 1]
    )
    return (
        lambda edited: grants.revoke(edited, rule.library, some),
        lambda edited: grants.grant(edited, rule.library, rule.kind, grants.Days(until=rule.until), some),
    )


def drawn(draw: st.DataObject, emails: list[str]) -> list[str]:
    assume(emails)
    return draw.draw(st.lists(st.sampled_from(emails), min_size=1, unique=True))


def read(folder: Path) -> EditedFolder:
    return EditedFolder(folder, TODAY, lambda _: Snapshot())


@pytest.mark.parametrize("edit", [adding, tagging, granting, revoking])
@given(st.data())
@settings(max_examples=times(short=15, long=3_000), deadline=None, suppress_health_check=[*HealthCheck])
def test_an_edit_and_its_inverse_give_the_same_bytes(
    edit: Callable[[st.DataObject, Path], tuple[Change, Change]], data: st.DataObject
) -> None:
    files = data.draw(folders())
    for name, written in files.items():
        note(f"{name}: {written!r}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, written in files.items():
            (folder / name).write_bytes(written)
        there, back = edit(data, folder)
        try:
            make(folder, there)
        except CannotEdit as refused:
            note(f"{refused}")
            why = str(refused)
            has_alias = any(b"*one" in written.replace(b"\0", b"") for written in files.values())  # in UTF-16 as well
            assert (has_alias and "can't be changed by command" in why) or "does not have the character" in why
            assert contents(folder) == files
            return
        note(f"then: {contents(folder)}")
        assert contents(folder) != files
        assert make(folder, there) == [], "a second time, there is nothing to do"
        make(folder, back)
        assert contents(folder) == files
