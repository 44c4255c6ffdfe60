"""Whether newer files than these were applied before: a run that is started again must not bring back what was superseded.

The journal knows the last commit that touched the files of the last apply. It is compared with the last commit that touched
the files at hand, never with the checked-out commit alone: a commit that touches nothing that the institution reads makes
nothing outdated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from seatsync.apply.apply import Source
from seatsync.domain.failure import ExitCode, Failure
from seatsync.git.folders import FolderInGit
from seatsync.hosts.history import KnownCommits, Unknown, known_commits
from seatsync.ledger.queries.lookup import AppliedFiles


class Outdated(Failure):
    """The files are older than those of the last apply."""

    exit_code = ExitCode.STALE

    def __init__(self, institution: str, commit: str, newer: str) -> None:
        self.fact = f"a newer state of these files was applied at commit {newer}; they are as commit {commit} left them"
        super().__init__(
            f"Nothing was applied: the files of {institution} are outdated: {self.fact}.",
            "If you started an older run again, do nothing: the newer state stays. To go back to these files, revert the newer "
            "commit by another one. To apply them all the same, use --allow-outdated.",
        )


class HistoryUnknown(Failure):
    """Nobody can tell whether the files are outdated."""

    exit_code = ExitCode.STALE

    def __init__(self, institution: str, why: str, help: str) -> None:
        fact = f"it is not known whether a newer state of the files of {institution} was applied before"
        super().__init__(f"Nothing was applied: {fact}: {why}.", help)


_ALL_COMMITS = (
    "Check out all commits: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` among GitLab's variables, elsewhere "
    "`git fetch --unshallow`."
)
_READABLE = "Make Git work where seatsync runs: install it, and name the checkout in its setting safe.directory."


class FilesInGit:
    """An institution's files in Git, to be compared with those of the last apply.

    ``names`` are the files that the institution reads, in ``place``. ``must_know``: unknown history is an error even if the
    journal knows no commit yet, as in a CI job.
    """

    def __init__(
        self,
        institution: str,
        place: FolderInGit,
        names: Collection[str],
        environment: Mapping[str, str],
        must_know: bool,
        allows_outdated: bool = False,
    ) -> None:
        self._institution = institution
        self._place = place
        self._paths = place.paths(names) if place.top else []
        self._environment = environment
        self._must_know = must_know
        self._allows_outdated = allows_outdated
        self._known: dict[tuple[str, bool], Source] = {}

    def compared(self, last: AppliedFiles, desired: str) -> Source:
        """Return where these files are from, as the journal is to note it.

        ``last`` are the files of the last apply, ``desired`` is the digest of these.

        Raises:
            Outdated: newer files were applied before.
            HistoryUnknown: nobody can tell.
        """
        question = (last.commit, last.desired == desired)
        if question not in self._known:
            self._known[question] = self._compared(*question)
        return self._known[question]

    def _compared(self, last: str, same: bool) -> Source:
        if not self._place.top:
            return Source(last)
        touch = self._place.touch
        commit = touch.commit if touch is not None and not set(touch.paths).isdisjoint(self._paths) else ""
        if commit and (commit == last or not last):
            return Source(commit)
        try:
            with known_commits(self._place, self._environment) as commits:
                return self._after(commits, last, commit or commits.last(self._paths), same)
        except Unknown as unknown:
            if self._allows_outdated or not (last or self._must_know):
                return Source(last)
            fault = self._place.fault or f"the checkout does not have the commit {last} of the last apply"
            help = _ALL_COMMITS if self._place.readable else f"{_READABLE} {_ALL_COMMITS}"
            raise HistoryUnknown(self._institution, f"{fault}, and the host does not say: {unknown}", help) from unknown

    def _after(self, commits: KnownCommits, last: str, commit: str, same: bool) -> Source:
        if not commit or commit == last or not last:
            return Source(commit or last)
        is_behind = commits.is_ancestor(last, self._place.head)
        if is_behind:
            if commits.is_ancestor(last, commit):
                return Source(commit)
            # A merge has left the commit of the last apply aside. If the files are others, the merge made them so.
            return Source(last if same else self._place.head)
        if is_behind is None or not commits.is_ancestor(commit, last):
            return Source(commit)  # of another repository or branch
        if self._allows_outdated:
            return Source(last, commit)
        raise Outdated(self._institution, commit, last)
