"""A bare repository of our own, that knows the ways to a checkout's remotes and nothing else of it."""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from seatsync.git.checkout import Checkout
from seatsync.git.program import Settings, decoded, run, with_settings, without_settings
from seatsync.git.settings import settings_of

_REACHING = re.compile(
    r"(http|url|credential|ssh|protocol|user|author|committer)\..*"
    r"|core\.(sshcommand|gitproxy|askpass)"
    r"|remote\..*\.(url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack|vcs)",
    re.DOTALL,
)
"""The settings that are about reaching a remote, and about who commits. The rest is about the checkout itself."""


class NoScratch(Exception):
    """The repository can't be made. The message is Git's."""


class Scratch:
    """The repository, made when it is first used, in a folder that only we may read; ``close`` deletes it."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout

    @cached_property
    def settings(self) -> Settings:
        """All settings of the checkout."""
        return settings_of(self.checkout)

    @cached_property
    def home(self) -> Path:
        """The folder that holds it."""
        return Path(tempfile.mkdtemp(prefix="seatsync-"))

    @cached_property
    def bare(self) -> dict[str, str]:
        """The environment in which Git uses the new repository, and no settings of the checkout.

        Raises:
            NoScratch: Git can't make it.
        """
        environment = without_settings()
        # Git would apply the user's files once more, and what they say of folders to the wrong one.
        owners = self.home / "config"
        trusted = [value for key, value in self.settings if key == "safe.directory"]
        owners.write_text("".join(f"[safe]\n\tdirectory = {_quoted(value)}\n" for value in trusted), encoding="utf-8")
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(owners)}
        place, format = str(self.home / "git"), self.checkout.format
        made = run(("init", "--quiet", "--bare", "--template=", f"--object-format={format}", place), environment)
        if made.returncode:
            raise NoScratch(decoded(made.stderr))
        return {**environment, "GIT_DIR": place}

    def reaching(self, address: tuple[str, str] | None = None) -> dict[str, str]:
        """The environment in which Git reaches the checkout's remotes, or only the one ``address``: a name and its URL.

        Settings go to Git by the environment, since they may hold credentials.
        """
        settings = [pair for pair in self.settings if _REACHING.fullmatch(pair[0])]
        if address is not None:  # which must not meet a remote of the user's
            settings = [pair for pair in settings if not pair[0].startswith("remote.")]
            settings.append((f"remote.{address[0]}.url", address[1]))
        return with_settings(self.bare, settings)

    def close(self) -> None:
        """Delete everything."""
        if "home" in self.__dict__:
            shutil.rmtree(self.home, ignore_errors=True)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
