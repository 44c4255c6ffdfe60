"""What an edit can't do, as a failure that says where, why, and what to do instead."""

from __future__ import annotations

from seatsync.domain.failure import ExitCode, Failure


class CannotEdit(Failure):
    """The files can't be changed as asked. Nothing was written."""

    exit_code = ExitCode.USAGE
