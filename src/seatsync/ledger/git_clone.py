"""One branch of a Git remote, in a bare repository of our own that lives as long as the command.

The user's repository is asked for its settings and nothing else: no object, ref, index or shallow mark of ours gets into it.
Settings go to Git by the environment, since they may hold credentials.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

from seatsync.ledger.failures import LedgerError
from seatsync.ledger.git_failures import absent, failure, meanwhile, redacted

_REACHING = re.compile(
    r"(http|url|credential|ssh|protocol|user|author|committer)\..*"
    r"|core\.(sshcommand|gitproxy|askpass)"
    r"|remote\..*\.(url|pushurl|proxy|proxyauthmethod|uploadpack|receivepack|vcs)",
    re.DOTALL,
)
"""What of the user's settings is about reaching a remote, and about who commits. The rest is about their own repository."""

_OURS = (("gc.auto", "0"), ("maintenance.auto", "false"), ("core.hookspath", os.devnull))
_LOCAL = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_SHALLOW_FILE",
        "GIT_NAMESPACE",
        "GIT_CEILING_DIRECTORIES",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
    ]
)
"""What Git tells the hooks it calls: of their repository, not of ours."""

_TIP = "refs/ledger/tip"
_ROBOT = {"name": "seatsync", "email": "seatsync@noreply.invalid"}

Told = subprocess.CompletedProcess[bytes]
Settings = Sequence[tuple[str, str]]


class Repository(NamedTuple):
    """The user's repository: where its files begin, and the format of its objects (sha1, sha256)."""

    top: Path
    format: str


def around(folder: Path, ledger: str) -> Repository:
    """The repository that a folder is in.

    Raises:
        LedgerError: it is in none; the ledger is named in the message.
    """
    told = _run(("-C", str(folder), "rev-parse", "--show-toplevel", "--show-object-format"), _surroundings())
    if told.returncode:
        raise failure(ledger, f"needs a Git repository around {folder.resolve()}", _text(told.stderr))
    top, format = _text(told.stdout).splitlines()
    return Repository(Path(top), format)


class Pushed(NamedTuple):
    """What became of a push: nothing ``told`` for good, else what Git said."""

    told: str = ""

    @property
    def is_done(self) -> bool:
        return not self.told

    @property
    def is_refused(self) -> bool:
        """Whether the remote itself said no."""
        return re.search(r"^!.*\[(remote )?rejected\]", self.told, re.MULTILINE) is not None

    @property
    def is_race(self) -> bool:
        """Whether another push was under way, or has just been."""
        return meanwhile(self.told)


class Clone:
    """The branch ``branch`` of ``remote`` (a name, a URL or a path), as seen from the user's repository."""

    def __init__(self, repository: Repository, remote: str, branch: str) -> None:
        self.repository = repository
        self.remote = remote
        self.branch = branch
        self._tip: str | None = None
        self._is_fetched = False

    def __str__(self) -> str:
        return f"git:{redacted(self.remote)}#{redacted(self.branch)}"

    @property
    def tip(self) -> str | None:
        """The commit that the branch stood at when it was last looked at; None where there is no such branch."""
        return self._tip if self._is_fetched else self.fetch()

    def fetch(self) -> str | None:
        """Look where the branch stands now.

        Raises:
            LedgerError: the remote can't be read.
        """
        # At first the present alone; later what came upon it, to see whether a commit of ours is among it.
        depth = () if self._is_fetched else ("--depth=1",)
        words = ("--quiet", "--no-tags", "--no-write-fetch-head", *depth, "--", self._remote)
        told = self._git("fetch", *words, f"+refs/heads/{self.branch}:{_TIP}", check=False)
        if told.returncode and not absent(told.stderr):
            raise failure(self, "can't be fetched", _text(told.stderr))
        self._tip = None if told.returncode else self._line("rev-parse", "--verify", _TIP)
        self._is_fetched = True
        return self._tip

    def contains(self, commit: str) -> bool:
        """Whether the branch, as it was last looked at, has this commit."""
        return self._tip is not None and self._holds("merge-base", "--is-ancestor", commit, self._tip)

    def paths(self) -> list[str]:
        """All files on the branch."""
        return self._line("ls-tree", "-r", "-z", "--name-only", self.tip).split("\0") if self.tip else []

    def blob(self, path: str) -> str | None:
        """The object that the branch has at this path."""
        if self.tip is None:
            return None
        told = self._git("rev-parse", "--verify", "--quiet", f"{self.tip}:{path}", check=False)
        return _text(told.stdout).strip() or None

    def write_out(self, blob: str, target: Path) -> None:
        """Write the object's bytes to a file."""
        with target.open("wb") as file:
            self._git("cat-file", "blob", blob, stdout=file)

    def take_in(self, file: Path) -> str:
        """Make an object of the file's bytes."""
        return self._line("hash-object", "-w", "--no-filters", "--", str(file))

    def take_in_text(self, text: str) -> str:
        """Make an object of a text."""
        return self._line("hash-object", "-w", "--stdin", input=text.encode())

    def commit(self, files: Mapping[str, str], message: str) -> str:
        """Make a commit upon the tip that has these objects at these paths, and all else as it was."""
        self._git("read-tree", *([self.tip] if self.tip else ["--empty"]))
        for path, blob in files.items():
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        parents = ("-p", self.tip) if self.tip else ()
        tree = self._line("write-tree")
        return self._line("commit-tree", *parents, "-F", "-", tree, input=message.encode(), more=self._identity())

    def push(self, commit: str) -> Pushed:
        """Offer the commit as the branch's new tip. It is taken only if it follows the one that is there."""
        words = ("--quiet", "--porcelain", "--no-verify", "--", self._remote, f"{commit}:refs/heads/{self.branch}")
        told = self._git("push", *words, check=False)
        if told.returncode:
            return Pushed(f"{_text(told.stderr)}\n{_text(told.stdout)}")
        self._tip = commit
        return Pushed()

    def scratch(self) -> Path:
        """A new folder that only we may read, gone with the clone."""
        return Path(tempfile.mkdtemp(dir=self._home))

    def close(self) -> None:
        """Delete everything."""
        if "_home" in self.__dict__:
            shutil.rmtree(self._home, ignore_errors=True)

    # ── The user's repository ───────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _settings(self) -> Settings:
        """All that the user has set, in files and by the environment."""
        told = _run(("-C", str(self.repository.top), "config", "--list", "-z"), _surroundings())
        pairs = (setting.partition("\n") for setting in _text(told.stdout).split("\0") if setting)
        return [(key, value if set_ else "true") for key, set_, value in pairs]

    @cached_property
    def _remote(self) -> str:
        """The name under which Git is told of the remote: its URL stays out of our commands."""
        if f"remote.{self.remote}.url" in dict(self._settings):
            return self.remote
        if re.search("[:/]", self.remote) or Path(self.remote).is_dir():
            return "ledger"
        help = "Add it (`git remote add`), or name another: --ledger git:REMOTE#BRANCH."
        raise LedgerError(f"The ledger {self} can't be reached: there is no remote {self.remote}.", help)

    # ── Our own ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _home(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="seatsync-"))

    @cached_property
    def _environment(self) -> dict[str, str]:
        """Of a repository that was just made, with the user's ways to reach remotes."""
        environment = _surroundings()
        given = [name for name in environment if name.startswith("GIT_CONFIG_")]
        for name in given:
            del environment[name]
        # Git would apply the user's files once more, and what they say of folders to the wrong one.
        owners = self._home / "config"
        trusted = [value for key, value in self._settings if key == "safe.directory"]
        owners.write_text("".join(f"[safe]\n\tdirectory = {_quoted(value)}\n" for value in trusted), encoding="utf-8")
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(owners)}
        place, format = str(self._home / "git"), self.repository.format
        made = _run(("init", "--quiet", "--bare", "--template=", f"--object-format={format}", place), environment)
        if made.returncode:
            raise failure(self, "can't be used", _text(made.stderr))
        self._must_name_a_branch(environment)
        settings = [pair for pair in self._settings if _REACHING.fullmatch(pair[0])]
        if self._remote != self.remote:  # an address, which must not meet a remote of the user's
            settings = [pair for pair in settings if not pair[0].startswith("remote.")]
            settings.append((f"remote.{self._remote}.url", _absolute(self.remote)))
        return {**environment, "GIT_DIR": place, **_as_environment([*settings, *_OURS])}

    def _must_name_a_branch(self, environment: Mapping[str, str]) -> None:
        is_address = ":" in self.branch  # which may hold a password, and is not for a command
        if is_address or _run(("check-ref-format", f"refs/heads/{self.branch}"), environment).returncode:
            raise LedgerError(f"The ledger {self} names no branch.", "Write git, git:BRANCH or git:REMOTE#BRANCH.")

    def _identity(self) -> dict[str, str]:
        """Who commits, where neither settings nor environment say it: hosted runners have no name."""
        said, ours = dict(self._settings), dict[str, str]()
        for role in ("author", "committer"):
            variables = {part: f"GIT_{role}_{part}".upper() for part in _ROBOT}
            if not all(
                variables[part] in os.environ or {f"{role}.{part}", f"user.{part}"} & {*said} for part in _ROBOT
            ):
                ours |= {variables[part]: value for part, value in _ROBOT.items()}
        return ours

    def _holds(self, *words: str) -> bool:
        return self._git(*words, check=False).returncode == 0

    def _line(self, *words: str, input: bytes | None = None, more: Mapping[str, str] | None = None) -> str:
        return _text(self._git(*words, input=input, more=more).stdout).strip().strip("\0")

    def _git(
        self,
        *words: str,
        input: bytes | None = None,
        stdout: IO[bytes] | None = None,
        check: bool = True,
        more: Mapping[str, str] | None = None,
    ) -> Told:
        told = _run(words, {**self._environment, **(more or {})}, self.repository.top, input, stdout)
        if check and told.returncode:
            raise failure(self, f"can't be used: `git {words[0]}` fails", _text(told.stderr))
        return told


def _run(
    words: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path | None = None,
    input: bytes | None = None,
    stdout: IO[bytes] | None = None,
) -> Told:
    try:
        return subprocess.run(
            ["git", *words],
            cwd=cwd,
            env=environment,
            input=input or b"",
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError as error:
        raise LedgerError("A ledger in Git needs the program git, which is not installed.", "Install it.") from error


def _surroundings() -> dict[str, str]:
    """The environment for Git, where it asks nobody anything and its words are the ones we know."""
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    waiting = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "60"}
    return {**waiting, **kept, "LC_ALL": "C", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0"}


def _as_environment(settings: Settings) -> dict[str, str]:
    """Settings as Git takes them from the environment."""
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return told


def _absolute(remote: str) -> str:
    """A path that is meant from here; anything else as it is."""
    return str(Path(remote).resolve()) if Path(remote).is_dir() else remote


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", "surrogateescape")
