"""A temporary bare repository that can reach a checkout's remotes and takes nothing else from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from seatsync.git.checkout import Checkout
from seatsync.git.program import GitSettings, decoded, environment_without_settings, run, with_settings
from seatsync.git.settings import settings_of

_REMOTE_SETTINGS = re.compile(
    r"(http|url|credential|ssh|protocol|user|author|committer)\..*"
    r"|core\.(sshcommand|gitproxy|askpass)"
    r"|remote\..*\.(url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack|vcs)",
    re.DOTALL,
)
"""The settings for reaching a remote and for the committer. All others concern the checkout itself."""
_ROBOT = {"name": "seatsync", "email": "seatsync@noreply.invalid"}


class NoScratch(Exception):
    """The temporary repository can't be created. The message is Git's."""


class Scratch:
    """The temporary repository. It is created at first use, in a folder that only this user may read; ``close`` deletes it."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout

    @cached_property
    def settings(self) -> GitSettings:
        """The checkout's settings."""
        return settings_of(self.checkout)

    @cached_property
    def home(self) -> Path:
        """The temporary folder."""
        return Path(tempfile.mkdtemp(prefix="seatsync-"))

    @cached_property
    def bare(self) -> dict[str, str]:
        """The environment in which Git uses the temporary repository, with no settings of the checkout.

        Raises:
            NoScratch: Git can't create the repository.
        """
        environment = environment_without_settings()
        # Git would read the user's settings files again, and apply their settings for folders to this one.
        config = self.home / "config"
        trusted = [value for key, value in self.settings if key == "safe.directory"]
        config.write_text("".join(f"[safe]\n\tdirectory = {_quoted(value)}\n" for value in trusted), encoding="utf-8")
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(config)}
        place, format = str(self.home / "git"), self.checkout.format
        result = run(("init", "--quiet", "--bare", "--template=", f"--object-format={format}", place), environment)
        if result.returncode:
            raise NoScratch(decoded(result.stderr))
        return {**environment, "GIT_DIR": place}

    def reaching(self, address: tuple[str, str] | None = None) -> dict[str, str]:
        """Return the environment for reaching the checkout's remotes, or only the one in ``address`` (name, URL).

        Git gets the settings through the environment, because they may contain credentials.
        """
        settings = [pair for pair in self.settings if _REMOTE_SETTINGS.fullmatch(pair[0])]
        if address is not None:  # a remote of the user's must not have the same name
            settings = [pair for pair in settings if not pair[0].startswith("remote.")]
            settings.append((f"remote.{address[0]}.url", address[1]))
        return with_settings(self.bare, settings)

    def identity(self) -> dict[str, str]:
        """Return the variables with the committer's name and e-mail, where neither settings nor environment have them, as on hosted
        runners.
        """
        settings, defaults = dict(self.settings), dict[str, str]()
        for role in ("author", "committer"):
            variables = {part: f"GIT_{role}_{part}".upper() for part in _ROBOT}
            if not all(
                variables[part] in os.environ or {f"{role}.{part}", f"user.{part}"} & {*settings} for part in _ROBOT
            ):
                defaults |= {variables[part]: value for part, value in _ROBOT.items()}
        return defaults

    def close(self) -> None:
        """Delete the repository and its folder."""
        if "home" in self.__dict__:
            shutil.rmtree(self.home, ignore_errors=True)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
