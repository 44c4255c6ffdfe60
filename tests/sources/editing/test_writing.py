"""Files are changed all or none of them, wherever the program is killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from seatsync.sources import opening
from seatsync.sources.editing.files import EditedFile
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.writing import finish, write_all

Files = Mapping[str, bytes | None]
"""The contents of files by their names; None: it goes."""
OLD = {"seatsync.yaml": b"old config", "members.csv": b"old members"}
NEW = {"seatsync.yaml": b"new config", "members.csv": b"new members"}
COPIED = {"rosters/sis/users.csv": b"users", "rosters/sis/orgs.csv": b"orgs"}
EDITS: dict[str, Files] = {
    "one file": {"members.csv": b"new members"},
    "two files": NEW,
    "new files in a new folder, and an old one": {**COPIED, "seatsync.yaml": b"new config"},
    "a file that goes, and another one": {"members.csv": None, "seatsync.yaml": b"new config"},
}


class Killed(BaseException):
    """The program ends here, and nothing of it runs any more."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in OLD.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def edited(files: Files) -> list[EditedFile]:
    return [EditedFile(name, OLD.get(name), data, []) for name, data in files.items()]


def contents(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def kill_at(point: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program die before its ``point``-th change of the disk; nothing afterwards reaches the disk either."""
    left = point

    def step(real: Callable[..., Any], *args: Any, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return real(*args, **more)

    for owner, name in (
        (opening, "create"),
        (Path, "replace"),
        (Path, "unlink"),
        (Path, "mkdir"),
        (Path, "rmdir"),
        (os, "chown"),
    ):
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, real=real, **more: step(real, *args, **more))


@pytest.mark.parametrize("files", EDITS.values(), ids=EDITS)
def test_wherever_it_is_killed_the_next_edit_finds_all_old_or_makes_all_new(
    files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: data for name, data in {**OLD, **files}.items() if data is not None}
    for point in range(200):
        for name in contents(folder).keys() - OLD.keys():
            (folder / name).unlink()
        for name, data in OLD.items():
            (folder / name).write_bytes(data)
        with monkeypatch.context() as patched:
            kill_at(point, patched)
            try:
                write_all(folder, edited(files))
            except Killed:
                is_killed = True
            else:
                is_killed = False
        said = finish(folder)
        assert contents(folder) in ([whole] if said or not is_killed else [OLD, whole]), point
        if not is_killed:
            assert point > 3
            return
    raise AssertionError("it never ends")


def test_a_list_that_was_cut_off_is_deleted(folder: Path) -> None:
    (folder / ".seatsync-edit.json.new").write_text('{"files": [{"name": "memb')
    assert finish(folder) == []
    assert contents(folder) == OLD


def test_what_an_interrupted_edit_left_is_deleted_inside_of_the_folder_only(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    (folder / ".other.seatsync-edit").write_text("of somebody else")
    (home / ".mine.seatsync-edit").write_text("of the edit")
    listed = ", ".join(f'{{"name": "{name}", "before": "", "after": ""}}' for name in ("../other", "mine", "gone"))
    (home / ".seatsync-edit.json.new").write_text(f'{{"files": [{listed}]}}')
    assert finish(home) == []
    assert contents(folder) == {**OLD, ".other.seatsync-edit": b"of somebody else"}


def test_a_file_that_somebody_else_has_put_in_the_place_of_a_new_one_stays(folder: Path) -> None:
    (folder / "rosters").mkdir()
    (folder / "rosters" / "staff.csv").write_bytes(b"theirs")
    with pytest.raises(CannotEdit, match="changed by somebody else"):
        write_all(folder, edited({"rosters/staff.csv": b"mine", "seatsync.yaml": b"new config"}))
    assert contents(folder) == {**OLD, "rosters/staff.csv": b"theirs"}


def test_a_file_that_somebody_else_has_changed_is_not_deleted(folder: Path) -> None:
    (folder / "members.csv").write_bytes(b"theirs")
    with pytest.raises(CannotEdit, match="changed by somebody else"):
        write_all(folder, edited({"seatsync.yaml": b"new config", "members.csv": None}))
    assert contents(folder) == {**OLD, "members.csv": b"theirs"}


def test_a_new_folder_goes_again_if_nothing_is_written(folder: Path) -> None:
    with pytest.raises(CannotEdit):
        write_all(folder, [*edited(COPIED), EditedFile("members.csv", b"other", b"new", [])])
    assert contents(folder) == OLD
    assert not (folder / "rosters").exists()
