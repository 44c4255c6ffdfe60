"""Who commits in tests: Ruth, without the settings of this machine's Git."""

from __future__ import annotations

import os

import pytest


def commit_as_ruth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every commit of the test be Ruth's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ruth")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ruth@grace.example")
