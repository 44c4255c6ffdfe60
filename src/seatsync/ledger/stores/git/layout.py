"""Which files lie where on a ledger's branch."""

from __future__ import annotations

from seatsync.ledger.stores.git.clone import Clone
from seatsync.ledger.stores.sqlite import FILE

README = """\
# The ledger of seatsync

Who holds which seats, and the history of it: one SQLite file for each institution, with personal data. The files are encrypted
with age if seatsync has a key (SEATSYNC_LEDGER_KEY). seatsync writes this branch: do not edit, merge or rewrite it. `git log` is
the audit trail; `seatsync status`, `log` and `verify` show the contents.
"""

SIGN = "renamed-to"
"""The file in the folder of an earlier id; its text is the new id."""

EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""Git's object ids of an empty file, with SHA-1 and with SHA-256."""


def path_of(institution: str) -> str:
    """Return the path of an institution's file."""
    return f"{institution}/{FILE}"


def sign_of(institution: str) -> str:
    """Return the path of the file that says under which id an institution went on."""
    return f"{institution}/{SIGN}"


def id_of(path: str) -> str:
    """Return the id of the institution whose file is at ``path``."""
    return path.removesuffix(f"/{FILE}")


def ledgers(clone: Clone) -> list[str]:
    """Return the paths of all institutions' files."""
    return [path for path in clone.paths() if path.endswith(f"/{FILE}")]


def has_other_files(clone: Clone) -> bool:
    """Return whether the branch has files that seatsync does not write."""
    others = {*clone.paths()} - {*ledgers(clone), "README.md"}
    return any(not path.endswith(f"/{SIGN}") for path in others)
