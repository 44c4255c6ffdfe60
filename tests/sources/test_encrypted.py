"""Rosters encrypted in Git are read where the key is available, and reported clearly elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from tests.support.command_line import seatsync
from tests.support.sealed import CSV, IDENTITY, YAML, by_age, by_sops, write
from tests.support.sealed import with_sops as with_sops


@pytest.mark.parametrize(
    ("name", "text", "armored"),
    [("members.csv", CSV, False), ("members.csv.age", CSV, True), ("members.yaml.age", YAML, False)],
)
def test_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, armored: bool) -> None:
    write(tmp_path, name, by_age(text, armored))
    outcome = seatsync("plan", folder=tmp_path)
    assert outcome.code == 3
    assert "file-encrypted" in outcome.err
    assert "SEATSYNC_AGE_KEY" in outcome.err
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(pyrage.x25519.Identity.generate()))
    assert "but not for a key in the environment" in seatsync("plan", folder=tmp_path).err
    monkeypatch.setenv("SEATSYNC_AGE_KEY", "nonsense")
    assert "is not valid" in seatsync("plan", folder=tmp_path).err
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    assert "ann@grace.example" in seatsync("plan", folder=tmp_path).out
    assert seatsync("apply", "--yes", "--quiet", folder=tmp_path).code == 0


@pytest.mark.parametrize("name", ["members.csv.age", "members.enc.csv", "members.sops.yaml"])
def test_what_is_not_encrypted_although_its_name_says_so_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, (YAML if "yaml" in name else CSV).encode())
    outcome = seatsync("validate", folder=tmp_path)
    assert outcome.code == 3
    assert "is not encrypted, although its name says so" in outcome.out


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: data[:-1] + bytes([data[-1] ^ 1])])
def test_what_is_damaged_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    write(tmp_path, "members.csv", spoil(by_age(CSV)))
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    assert "members.csv is damaged" in seatsync("validate", folder=tmp_path).out


def test_a_key_file_with_remarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", by_age(CSV))
    (tmp_path / "keys.txt").write_text(f"# made today\n{IDENTITY}\n", encoding="utf-8")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(tmp_path / "keys.txt"))
    assert "ann@grace.example" in seatsync("plan", folder=tmp_path).out


@pytest.mark.parametrize(("name", "text"), [("members.enc.csv", CSV), ("members.yaml", YAML)])
def test_sops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_sops: None, name: str, text: str) -> None:
    write(tmp_path, name, by_sops(tmp_path, text, "binary"))
    outcome = seatsync("plan", folder=tmp_path)
    assert outcome.code == 3
    assert "Failed to get the data key" in outcome.err
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    assert "ann@grace.example" in seatsync("plan", folder=tmp_path).out


def test_seatsync_yaml_itself_by_sops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_sops: None) -> None:
    write(tmp_path, "members.csv", CSV.encode())
    plain = (tmp_path / "seatsync.yaml").read_text(encoding="utf-8").replace("ROSTER", "members.csv")
    (tmp_path / "seatsync.yaml").write_bytes(by_sops(tmp_path, plain, "yaml"))
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    assert seatsync("apply", "--yes", "--quiet", folder=tmp_path).code == 0
    assert "Nothing to do" in seatsync("plan", folder=tmp_path).out


def test_without_the_program_sops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", by_sops(tmp_path, CSV, "binary"))
    monkeypatch.setenv("PATH", "")
    assert "the program sops is not installed" in seatsync("validate", folder=tmp_path).out


def test_where_nothing_changed_no_key_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", by_age(CSV))
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    assert seatsync("apply", "--yes", "--quiet", folder=tmp_path).code == 0
    monkeypatch.delenv("SEATSYNC_AGE_KEY")
    assert "Nothing to do" in seatsync("plan", folder=tmp_path).out
