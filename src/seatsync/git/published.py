"""Where a code host shows the files of a checkout: at the commit that is checked out, as everybody can read them there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from os.path import realpath
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from seatsync.git.checkout import Checkout, NotInGit
from seatsync.git.folders import FolderInGit, by_checkout
from seatsync.git.history import History, history_of
from seatsync.git.program import Failed, NoGit
from seatsync.git.settings import settings_of

_GITHUB, _GITLAB = "/blob/", "/-/blob/"  # what stands between the repository and the commit


class Published(NamedTuple):
    """A folder whose checkout a code host has. ``address`` is that of the checkout's top, at its commit; empty if not known.

    The files ``elsewise`` differ from the commit, or are not in it.
    """

    place: FolderInGit
    address: str = ""
    elsewise: frozenset[str] = frozenset()

    def address_of(self, names: Collection[str]) -> str:
        """Return the address of the folder, with a slash; empty if the host has one of its files ``names`` otherwise."""
        if not self.address or not names or not self.elsewise.isdisjoint(self.place.paths(names)):
            return ""
        folder = Path(realpath(self.place.folder)).relative_to(realpath(self.place.top)).as_posix()
        return self.address + ("" if folder == "." else f"{quote(folder)}/")


def published(folders: Sequence[Path], environment: Mapping[str, str]) -> list[Published]:
    """Return for each folder where its code host shows it. Git runs a few times for each checkout, not for each folder."""
    return by_checkout(folders, lambda top, some: _of_checkout(top, some, environment))


def _of_checkout(top: Path | None, folders: Sequence[Path], environment: Mapping[str, str]) -> list[Published]:
    try:
        if top is not None:
            with history_of(top) as history:
                if site := _site(history, environment):
                    common = os.path.commonpath([history.path(folder) for folder in folders]) or "."
                    elsewise = {*history.differences(history.head, paths=[common]), *history.untracked(common)}
                    return [Published(FolderInGit(one, str(top)), site, frozenset(elsewise)) for one in folders]
    except (NotInGit, NoGit, Failed, OSError, subprocess.TimeoutExpired):
        pass  # a report without links says all the same
    return [Published(FolderInGit(folder)) for folder in folders]


def _site(history: History, environment: Mapping[str, str]) -> str:
    """Return the address of the checkout's top at its commit: as the job says, else as the remote that has the commit."""
    jobs = (
        ("GITHUB_WORKSPACE", "GITHUB_SERVER_URL", environment.get("GITHUB_REPOSITORY", ""), _GITHUB),
        ("CI_PROJECT_DIR", "CI_PROJECT_URL", "", _GITLAB),
    )
    for workspace, server, path, way in jobs:
        if (place := environment.get(workspace)) and realpath(place) == realpath(history.checkout.top):
            site = environment.get(server, "")
            return _address(f"{site}/{path}", {_host(site): way}, history.head)
    servers = {"github.com": _GITHUB, "gitlab.com": _GITLAB}
    servers |= {_host(environment.get("GITHUB_SERVER_URL", "")): _GITHUB}
    servers |= {_host(environment.get("CI_SERVER_URL", "")): _GITLAB}
    address = _address(_remote(history.checkout), servers, history.head)
    return address if address and history.is_pushed else ""


def _address(repository: str, servers: Mapping[str, str], commit: str) -> str:
    """Return the address of a commit's files in a repository; empty unless it is one by HTTPS at one of the ``servers``.

    It has nothing of the repository's own address but host and path: that may have a password.
    """
    host = _host(repository)
    path = urlsplit(repository).path.strip("/").removesuffix(".git") if host else ""
    is_path = re.fullmatch(r"(?!\.)[\w.~-]+(/(?!\.)[\w.~-]+)+", path, re.ASCII)
    return f"https://{host}/{path}{servers[host]}{commit}/" if host and host in servers and is_path else ""


def _host(address: str) -> str:
    """Return the host of an address by HTTPS, with its port; empty for other addresses."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
    return host if parts.scheme == "https" and re.fullmatch(r"[a-z0-9.-]+(:[0-9]+)?", host) else ""


def _remote(checkout: Checkout) -> str:
    return next((value for key, value in reversed(settings_of(checkout)) if key == "remote.origin.url"), "")
