"""The settings that a checkout goes by: the user's and its repository's, and none that stands among its files."""

from __future__ import annotations

from seatsync.git.checkout import Checkout
from seatsync.git.program import PATIENCE, Settings, decoded, run, surroundings


def settings_of(checkout: Checkout) -> Settings:
    """All settings, from the weakest to the strongest.

    A file of settings that lies among those of the work tree (by ``include.path``) belongs to the proposal, and is left out.
    """
    environment = {**surroundings(), "GIT_DIR": str(checkout.git_dir), "GIT_WORK_TREE": str(checkout.top)}
    told = run(("config", "--list", "-z", "--show-origin"), environment, checkout.top, timeout=PATIENCE)
    parts = decoded(told.stdout).split("\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [_setting(said) for origin, said in pairs if not _is_of_the_files(origin, checkout)]


def _setting(said: str) -> tuple[str, str]:
    key, given, value = said.partition("\n")
    return key, value if given else "true"


def _is_of_the_files(origin: str, checkout: Checkout) -> bool:
    """Whether a setting's origin is a file of the work tree. The repository may lie in there, but is none of them."""
    kind, _, name = origin.partition(":")
    if kind != "file":
        return False
    file = (checkout.top / name).resolve()
    own = (checkout.git_dir.resolve(), checkout.common)
    return file.is_relative_to(checkout.top) and not any(file.is_relative_to(repository) for repository in own)
