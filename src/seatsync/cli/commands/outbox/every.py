"""One sender for all institutions of a ledger: whose folder is which, and why an institution's letters wait."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli import exits
from seatsync.cli.commands.outbox.settings import Settings, settings_of
from seatsync.cli.institution import institution_id
from seatsync.cli.institutions import attempt
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.outbox.sender import LetterSender, Sending

Stamp = tuple[tuple[str, int, int, int], ...]
"""What changes when somebody edits the files that letters depend on, or their rights: name, times and size of each."""

_AGAIN = 30.0
"""Seconds until the folders are looked through again for an institution that has none."""
_REFUSED = 300.0
"""Seconds until the letters of an institution are tried again after something about it has failed."""
_AWAKE = 8
"""The most institutions whose own templates have a process that fills them."""


class EveryInstitution:
    """The senders of the institutions whose folders are in ``parent``. ``codes`` has those whose letters wait, with the exit code
    that says why.

    The files of an institution are read when it has letters, and again when they change. What is wrong with one is printed once,
    and holds up no other.
    """

    def __init__(self, parent: Path, sending: Sending, mail_from: str | None, run: Run) -> None:
        self.parent, self.sending, self.mail_from, self.run = parent, sending, mail_from, run
        self.codes: dict[str, int] = {}
        self._folders: dict[str, list[Path]] = {}
        self._looked_at: float | None = None
        self._ids: dict[Path, tuple[Stamp, str | None]] = {}
        self._read: dict[str, tuple[Stamp, LetterSender | None]] = {}
        self._refused: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self._locked: dict[str, Failure] = {}
        self._awake: dict[str, LetterSender] = {}

    def sender_of(self, institution: str) -> LetterSender | None:
        """The sender of an institution's letters; None if they wait."""
        self._locked.pop(institution, None)
        folder = self._folder_of(institution)
        if folder is None:
            return None
        stamp, (known, sender) = _stamp(folder), self._read.get(institution, (None, None))
        if stamp != known:
            self._refused.pop(institution, None)
            sender = self._sender(institution, folder)
            self._read[institution] = stamp, sender
        if sender is None or self._refused.get(institution, 0) > time.monotonic():
            return None
        if institution not in self._refused:
            self.codes.pop(institution, None)
            self._told.pop(institution, None)
        self._wake(institution, sender)
        return sender

    def put_aside(self, institution: str, failure: Failure) -> bool:
        """Let the letters of an institution wait because of a failure that concerns only it. Return whether it does."""
        from seatsync.ledger.failures import LedgerError, Locked, Overtaken
        from seatsync.outbox.smtp import SenderRefused, Unsent

        if isinstance(
            failure, Locked | Overtaken
        ):  # an apply is running: the institution has its turn after the next look
            self._locked[institution] = failure
            return True
        is_its_sender = isinstance(failure, SenderRefused) and not self.mail_from
        if isinstance(failure, LedgerError | Unsent) and not is_its_sender:
            return False
        self._refused[institution] = time.monotonic() + _REFUSED
        self._wait(institution, failure.exit_code, str(failure), failure.help)
        return True

    def code(self) -> int:
        """The exit code of a run that ends now. What was locked to the end is printed."""
        for failure in self._locked.values():
            exits.print_failure(failure, failure)
        return exits.worst([*self.codes.values(), *(failure.exit_code for failure in self._locked.values())])

    def _wake(self, institution: str, sender: LetterSender) -> None:
        """Let the templates of an institution have a process, and end that of the one whose turn is longest ago."""
        self._awake.pop(institution, None)
        self._awake[institution] = sender
        if len(self._awake) > _AWAKE:
            self._awake.pop(next(iter(self._awake))).templates.rest()

    def _folder_of(self, institution: str) -> Path | None:
        found = self._folders.get(institution, [])
        is_old = self._looked_at is None or time.monotonic() - self._looked_at > _AGAIN
        has_changed = len(found) == 1 and _stamp(found[0]) != self._ids[found[0]][0]  # perhaps it has moved
        if has_changed or (len(found) != 1 and is_old):
            self._look()
            found = self._folders.get(institution, [])
        if len(found) == 1:
            return found[0]
        if found:
            help = f"Keep one of {' and '.join(map(str, found))}."
            self._wait(institution, ExitCode.INVALID, f"{len(found)} folders have the id {institution}.", help)
        else:
            unread = [path.name for path, (_, id) in sorted(self._ids.items()) if id is None]
            of = (
                f" Or correct seatsync.yaml in {', '.join(unread[:5])}: it has no id that can be read."
                if unread
                else ""
            )
            help = f"Put its folder into {self.parent}, apply an id that has changed, or cancel the letters.{of}"
            self._wait(
                institution, ExitCode.BROKEN, f"{institution} has letters, but no folder in {self.parent}.", help
            )
        return None

    def _look(self) -> None:
        """Find out whose folder each one is."""
        self._looked_at = time.monotonic()
        before, self._ids, self._folders = self._ids, {}, {}
        for file in sorted(self.parent.glob("*/seatsync.yaml")):
            folder, stamp = file.parent, _stamp(file.parent)
            known, id = before.get(folder, (None, None))
            if stamp != known:
                id = attempt(lambda path: (ExitCode.DONE, institution_id(path)), folder).result
            self._ids[folder] = stamp, id
            if id is not None:
                self._folders.setdefault(id, []).append(folder)

    def _sender(self, institution: str, folder: Path) -> LetterSender | None:
        from seatsync.outbox.sender import LetterSender

        def read(path: Path) -> tuple[int, Settings]:
            return ExitCode.DONE, settings_of(path, self.run, self.mail_from)

        done = attempt(read, folder)
        if done.result is not None and done.result.institution.id == institution:
            return LetterSender(
                self.sending, institution, templates=done.result.templates, mail_from=done.result.sender
            )
        help = "Correct them; the letters go out then."
        self._wait(institution, ExitCode.INVALID, f"The letters of {institution} wait for the files in {folder}.", help)
        return None

    def _wait(self, institution: str, code: int, fact: str, help: str) -> None:
        self.codes[institution] = code
        if self._told.get(institution) != fact:
            self._told[institution] = fact
            say(f"seatsync: {institution}: {fact}" if institution not in fact else f"seatsync: {fact}")
            exits.say_fix(help)


def _stamp(folder: Path) -> Stamp:
    from seatsync.outbox.rendering import FOLDER

    files = [folder / "seatsync.yaml", *sorted((folder / FOLDER).glob("*.jinja"))]
    found = []
    for file in files:
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((file.name, state.st_mtime_ns, state.st_ctime_ns, state.st_size))
    return tuple(found)
