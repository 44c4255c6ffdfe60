"""How a ledger lies on a branch in Git: as its file is, or encrypted, for all whom the environment has given the key."""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from pathlib import Path

from seatsync.formats import age
from seatsync.ledger.failures import LedgerError

KEY = "SEATSYNC_LEDGER_KEY"


class Cipher:
    """With ``keys`` all that is written is encrypted for the first, and read is what any of them opens; without, nothing is
    encrypted.

    With a key, what is not encrypted is not read either: nobody who can push there without it can have put it in its place.
    """

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    @classmethod
    def of_environment(cls) -> Cipher:
        """As the environment says.

        Raises:
            LedgerError: what it says is no key, or nothing is installed that could use it.
        """
        said = os.environ.get(KEY, "")
        keys = age.keys_in(said)
        if said and not keys:
            raise LedgerError(f"{KEY} is no key.", "It begins with AGE-SECRET-KEY-1: `seatsync ledger key` makes one.")
        try:
            if keys:
                age.must_be_keys(keys)
        except age.AgeError as error:
            raise LedgerError(f"{KEY}: the ledger {error}", error.help) from error
        return cls(keys)

    def kept(self, file: Path) -> Path:
        """The file that is to lie on the branch for the ledger ``file``, beside which it is made."""
        if not self.keys:
            return file
        packed, kept = file.with_suffix(".gz"), file.with_suffix(".age")
        # What is encrypted has no likeness to what was there before, so that Git keeps all of it each time.
        with file.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as smaller:
            shutil.copyfileobj(plain, smaller, 1 << 20)
        age.encrypt_file(packed, kept, self.keys[0])
        return kept

    def opened(self, kept: Path, file: Path, ledger: object) -> None:
        """Make the ledger ``file`` of what lies on the branch, which is used up.

        Raises:
            LedgerError: it is encrypted and there is no key, or not its key; it is not encrypted, and there is one; it is damaged.
        """
        if is_encrypted(kept):
            if not self.keys:
                help = f"Put the key (AGE-SECRET-KEY-…) into the environment as {KEY}."
                raise LedgerError(f"The ledger {ledger} is encrypted, and the environment has no key for it.", help)
            self._decrypt(kept, file, ledger)
        elif self.keys:
            fact = f"The ledger {ledger} is not encrypted, although there is a key for it ({KEY})."
            help = "If it never was: `seatsync ledger encrypt`. If it was, somebody has put another in its place (docs/ledger.md)."
            raise LedgerError(fact, help)
        else:
            kept.rename(file)

    def opens(self, kept: Path) -> bool:
        """Whether the first key opens what lies on the branch, so that nothing is to be gained by encrypting it anew."""
        try:
            age.decrypt_file(kept, kept.with_suffix(".gz"), self.keys[:1])
        except age.AgeError:
            return False
        return True

    def _decrypt(self, kept: Path, file: Path, ledger: object) -> None:
        packed = file.with_suffix(".gz")
        try:
            age.decrypt_file(kept, packed, self.keys)
            with gzip.open(packed) as smaller, file.open("wb") as plain:
                shutil.copyfileobj(smaller, plain, 1 << 20)
        except age.AgeError as error:
            raise LedgerError(f"The ledger {ledger} {error}", error.help) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            help = "Restore it from Git's history, or from a backup."
            raise LedgerError(f"The ledger {ledger} is damaged: what was encrypted is no ledger.", help) from error


def is_encrypted(kept: Path) -> bool:
    """Whether what lies on the branch is encrypted."""
    with kept.open("rb") as file:
        return age.is_encrypted(file.read(age.LONGEST_MARK))
