"""Folders with files encrypted by the real age and the real SOPS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: ROSTER}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
CSV = "email,given_name,family_name\nann@grace.example,Ann,Lee\n"
YAML = "- {email: ann@grace.example, given_name: Ann, family_name: Lee}\n"
IDENTITY = pyrage.x25519.Identity.generate()


def write(folder: Path, name: str, data: bytes) -> None:
    (folder / "seatsync.yaml").write_text(CONFIG.replace("ROSTER", name), encoding="utf-8")
    (folder / name).write_bytes(data)


def by_age(text: str, armored: bool = False) -> bytes:
    return bytes(pyrage.encrypt(text.encode(), [IDENTITY.to_public()], armored=armored))


def by_sops(folder: Path, text: str, kind: str) -> bytes:
    program = Path(sys.executable).parent / "sops"
    (folder / "plain").write_text(text, encoding="utf-8")
    command = [str(program), "encrypt", "--age", str(IDENTITY.to_public()), "--input-type", kind, "--output-type", kind]
    done = subprocess.run([*command, "plain"], cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    (folder / "plain").unlink()
    return done


@pytest.fixture
def with_sops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
