"""Read a checkout's Git settings: the user's and the repository's, but none from files of the work tree."""

from __future__ import annotations

from seatsync.git.checkout import Checkout
from seatsync.git.program import LOCAL_TIMEOUT, GitSettings, base_environment, decoded, run


def settings_of(checkout: Checkout) -> GitSettings:
    """Return all settings; later ones win over earlier ones.

    A settings file inside the work tree (through ``include.path``) belongs to the proposal, and is left out.
    """
    environment = {**base_environment(), "GIT_DIR": str(checkout.git_dir), "GIT_WORK_TREE": str(checkout.top)}
    result = run(("config", "--list", "-z", "--show-origin"), environment, checkout.top, timeout=LOCAL_TIMEOUT)
    parts = decoded(result.stdout).split("\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [_setting(line) for origin, line in pairs if not _is_in_work_tree(origin, checkout)]


def _setting(line: str) -> tuple[str, str]:
    key, newline, value = line.partition("\n")
    return key, value if newline else "true"


def _is_in_work_tree(origin: str, checkout: Checkout) -> bool:
    """Whether a setting comes from a file of the work tree. The repository may be in that folder, but is not part of it."""
    kind, _, name = origin.partition(":")
    if kind != "file":
        return False
    file = (checkout.top / name).resolve()
    repositories = (checkout.git_dir.resolve(), checkout.common)
    return file.is_relative_to(checkout.top) and not any(file.is_relative_to(folder) for folder in repositories)
