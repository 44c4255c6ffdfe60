"""Folders and zip files that somebody made to do harm, or that are no sets: one clear refusal, bounded memory, no traceback."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.rosters.sets.a_set import Read, oneroster, pack, read, table, user, write


def _refused(found: Read, said: str) -> None:
    [error] = found.found
    assert said in error.message
    assert found.members == {}


@pytest.mark.parametrize(
    "name", ["../users.csv", "a/../../users.csv", "/etc/users.csv", "..\\users.csv", "C:\\users.csv", "a/../users.csv"]
)
def test_a_path_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    pack(tmp_path, {**oneroster(), name: "x\n"})
    _refused(read(tmp_path, "sis.zip"), "whose path leads out of it")


def test_a_link_in_a_zip_file_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("orgs.csv")
    link.external_attr = 0o120777 << 16
    files = oneroster()
    with zipfile.ZipFile(tmp_path / "sis.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
        packed.writestr("users.csv", files["users.csv"])
    _refused(read(tmp_path, "sis.zip"), "has a link in it")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(outside, oneroster())
    inside.mkdir()
    (inside / "sis").symlink_to(outside / "sis")
    assert read(inside).codes == ["path-outside"]
    (inside / "sis").unlink()
    write(inside, oneroster(users=""))
    (inside / "sis" / "users.csv").symlink_to(outside / "sis" / "users.csv")
    found = read(inside)
    assert "path-outside" in found.codes
    assert found.members == {}


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    text = "sourcedId,x\n" + "a,b\n" * 10_000_000
    pack(tmp_path, oneroster(orgs=text))
    del text
    tracemalloc.start()
    _refused(read(tmp_path, "sis.zip"), "as no roster does")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_zip_file_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    pack(tmp_path, oneroster(orgs="sourcedId,name\n" + "o1,North\n" * 1_000))
    data = (tmp_path / "sis.zip").read_bytes()
    size = struct.pack("<I", len("sourcedId,name\n") + 9_000)
    assert data.count(size) == 2
    (tmp_path / "sis.zip").write_bytes(data.replace(size, struct.pack("<I", 20)))
    _refused(read(tmp_path, "sis.zip"), "can't be unpacked: the zip file is damaged")


def test_more_than_may_be_read_is_refused(tmp_path: Path) -> None:
    pack(
        tmp_path, oneroster(orgs="sourcedId,name\n" + "".join(f"o{n},North {n * 7919 % 10007}\n" for n in range(9_000)))
    )
    _refused(read(tmp_path, "sis.zip", left=100_000), "is too large")


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    pack(tmp_path, oneroster() | {f"x{number}.csv": "" for number in range(1_001)})
    _refused(read(tmp_path, "sis.zip"), "has 1,008 files")
    write(tmp_path, {f"x{number}.csv": "" for number in range(1_001)}, "many")
    _refused(read(tmp_path, "many"), "has more than 1,000 files")


def test_a_zip_file_with_a_password_or_an_unusual_packing_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sis.zip", "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("users.csv", oneroster()["users.csv"])
    _refused(read(tmp_path, "sis.zip"), "packed in a way that seatsync does not read")
    pack(tmp_path, oneroster())
    data = bytearray((tmp_path / "sis.zip").read_bytes())
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    (tmp_path / "sis.zip").write_bytes(data)
    _refused(read(tmp_path, "sis.zip"), "encrypted with a password")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    pack(tmp_path, {f"{folder}/users.csv": oneroster()["users.csv"] for folder in ("2025", "2026")})
    _refused(read(tmp_path, "sis.zip"), "has two files that are named users.csv")


def test_files_that_macos_adds_are_no_files_of_the_set(tmp_path: Path) -> None:
    pack(tmp_path, oneroster() | {"__MACOSX/._users.csv": "x", ".DS_Store": "y"})
    assert [*read(tmp_path, "sis.zip").members] == ["ann@school.example", "tom@school.example"]


@pytest.mark.parametrize("files", [{}, {"notes.txt": "x"}, {"users.csv": "a,b\n1,2\n"}, {"members.csv": "email\n"}])
def test_files_that_are_no_set_are_told_with_what_sets_are(tmp_path: Path, files: dict[str, str]) -> None:
    pack(tmp_path, files)
    found = read(tmp_path, "sis.zip")
    assert found.codes == ["set-unknown"]
    assert "OneRoster (users.csv, orgs.csv" in found.found[0].help


def test_what_is_no_zip_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "sis.zip").write_bytes(b"email,given_name\n")
    _refused(read(tmp_path, "sis.zip"), "is no zip file")


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_zip_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    pack(tmp_path, oneroster())
    whole = bytearray((tmp_path / "sis.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(whole), len(whole) // 2, 3]))
    (tmp_path / "sis.zip").write_bytes(bytes(whole[:end]))
    found = read(tmp_path, "sis.zip")
    assert found.members or found.found


def test_a_row_of_a_hundred_thousand_columns_is_no_header(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster(users="sourcedId,enabledUser" + ",x" * 100_000 + "\n")))
    assert found.members == {}
    assert len(found.found) == 1


def test_broken_quotes_are_told_with_their_place_and_without_the_row(tmp_path: Path) -> None:
    text = (
        table(user("u1", "student", "Ann", "Lee"))
        + 'u2,,"true"x,o1,student,ben,Ben,Ode,102,ben@school.example,sesame\n'
    )
    found = read(write(tmp_path, oneroster(users=text)))
    assert "csv-quotes" in found.codes
    assert "sesame" not in str(found.found)
