"""Repositories with the pipeline that ``init --ci`` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code_hosts import GitHub, GitLab
from tests.support.pipelines import TOKEN, Repository, repository


@pytest.fixture
def on_github(tmp_path: Path) -> Iterator[Repository]:
    yield from repository(tmp_path, GitHub(TOKEN), "--ci", "github", "--forks")


@pytest.fixture
def on_gitlab(tmp_path: Path) -> Iterator[Repository]:
    yield from repository(tmp_path, GitLab(TOKEN), "--ci", "gitlab")
