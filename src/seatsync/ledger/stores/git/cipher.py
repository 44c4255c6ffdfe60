"""Pack a ledger for a branch in Git: unencrypted, or encrypted for everyone who has the key in their environment."""

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
    """Encrypts with the first of ``keys`` and decrypts with any of them; without keys, nothing is encrypted.

    With a key, an unencrypted file is not read: somebody without the key but with push rights may have put it there.
    """

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    @classmethod
    def of_environment(cls) -> Cipher:
        """The cipher with the keys from the environment.

        Raises:
            LedgerError: the variable is not a valid key, or the package to use it is not installed.
        """
        value = os.environ.get(KEY, "")
        keys = age.keys_in(value)
        if value and not keys:
            help = "Set it to a key that begins with AGE-SECRET-KEY-1. `seatsync ledger key` creates one."
            raise LedgerError(f"{KEY} is not a valid key.", help)
        try:
            if keys:
                age.must_be_keys(keys)
        except age.AgeError as error:
            raise LedgerError(f"{KEY}: the ledger {error}", error.help) from error
        return cls(keys)

    def pack(self, file: Path) -> Path:
        """Return the file to store on the branch for the ledger ``file``; it is created next to it."""
        if not self.keys:
            return file
        packed, encrypted = file.with_suffix(".gz"), file.with_suffix(".age")
        # Compressed, because Git stores every version in full: encrypted versions have nothing in common.
        with file.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as smaller:
            shutil.copyfileobj(plain, smaller, 1 << 20)
        age.encrypt_file(packed, encrypted, self.keys[0])
        return encrypted

    def unpack(self, stored: Path, file: Path, ledger: object) -> None:
        """Create the ledger ``file`` from the file stored on the branch, which may be moved.

        Raises:
            LedgerError: it is encrypted and no key fits, it is not encrypted although there is a key, or it is damaged.
        """
        if is_encrypted(stored):
            if not self.keys:
                help = f"Set {KEY} to the ledger's key (AGE-SECRET-KEY-…)."
                raise LedgerError(f"The ledger {ledger} is encrypted, and {KEY} is not set.", help)
            self._decrypt(stored, file, ledger)
        elif self.keys:
            fact = f"The ledger {ledger} is not encrypted, although {KEY} is set."
            help = "Encrypt it if it never was: `seatsync ledger encrypt`. If it was, somebody has replaced it (see docs/ledger.md)."
            raise LedgerError(fact, help)
        else:
            stored.rename(file)

    def opens_with_first_key(self, stored: Path) -> bool:
        """Whether the first key decrypts the stored file, so that there is no need to encrypt it again."""
        try:
            age.decrypt_file(stored, stored.with_suffix(".gz"), self.keys[:1])
        except age.AgeError:
            return False
        return True

    def _decrypt(self, stored: Path, file: Path, ledger: object) -> None:
        packed = file.with_suffix(".gz")
        try:
            age.decrypt_file(stored, packed, self.keys)
            with gzip.open(packed) as smaller, file.open("wb") as plain:
                shutil.copyfileobj(smaller, plain, 1 << 20)
        except age.AgeError as error:
            raise LedgerError(f"The ledger {ledger} {error}", error.help) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            help = "Restore it from Git's history, or from a backup."
            raise LedgerError(
                f"The ledger {ledger} is damaged: its decrypted content is not a ledger.", help
            ) from error


def is_encrypted(stored: Path) -> bool:
    """Whether a file stored on the branch is encrypted."""
    with stored.open("rb") as file:
        return age.is_encrypted(file.read(age.LONGEST_MARK))
