"""Files that are encrypted with age, and the keys for them, which come out of the environment and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_MARKS = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")

LONGEST_MARK = max(map(len, _MARKS))


class AgeError(Exception):
    """Why a file can't be decrypted. The message is what follows the file's name in a sentence, ``help`` what to do."""

    def __init__(self, fact: str, help: str) -> None:
        super().__init__(fact)
        self.help = help


def is_encrypted(beginning: bytes) -> bool:
    """Whether a file that begins so is encrypted with age."""
    return beginning.startswith(_MARKS)


def keys_in(text: str) -> list[str]:
    """The keys of a file of keys, or of a variable: one a line with remarks, or in one line with blanks or colons between."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [key for line in lines for key in re.split(r"[\s:]+", line) if key]


def new_key() -> str:
    """A key that nobody has yet (an identity, AGE-SECRET-KEY-…)."""
    with _told() as pyrage:
        return str(pyrage.x25519.Identity.generate())


def must_be_keys(keys: Iterable[str]) -> None:
    """Look whether these are keys.

    Raises:
        AgeError: one is none, or there is nothing that could read it.
    """
    with _told() as pyrage:
        _identities(pyrage, keys)


def decrypted(data: bytes, keys: Sequence[str]) -> bytes:
    """What was encrypted for one of the keys.

    Raises:
        AgeError: it can't be decrypted.
    """
    with _told() as pyrage:
        return bytes(pyrage.decrypt(data, _identities(pyrage, keys)))


def decrypt_file(source: Path, target: Path, keys: Sequence[str]) -> None:
    """Write what was encrypted for one of the keys to ``target``.

    Raises:
        AgeError: it can't be decrypted.
    """
    with _told() as pyrage:
        pyrage.decrypt_file(str(source), str(target), _identities(pyrage, keys))


def encrypt_file(source: Path, target: Path, key: str) -> None:
    """Write ``source`` to ``target``, encrypted for whoever has this key.

    Raises:
        AgeError: that can't be done.
    """
    with _told() as pyrage:
        (identity,) = _identities(pyrage, [key])
        pyrage.encrypt_file(str(source), str(target), [identity.to_public()])


def _identities(pyrage: Any, keys: Iterable[str]) -> list[Any]:
    return [pyrage.x25519.Identity.from_str(key) for key in keys]


@contextmanager
def _told() -> Iterator[Any]:
    """The library, whose errors are told as ours."""
    try:
        import pyrage
    except ImportError as error:
        raise AgeError("is encrypted with age.", "Install what reads it: pip install 'seatsync[encrypted]'.") from error
    try:
        yield pyrage
    except pyrage.IdentityError as error:
        fact = "is encrypted with age, and what the environment has is no key."
        raise AgeError(fact, "Correct the key: it begins with AGE-SECRET-KEY-1.") from error
    except pyrage.EncryptError as error:
        raise AgeError(f"can't be encrypted: {error}.", "Make room in the temporary folder.") from error
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the disk; damage in the middle of a file has no number
            raise
        if "matching keys" in str(error):
            fact = "is encrypted with age, for others than the keys that are here."
            raise AgeError(fact, "Use the key of one of those it was encrypted for.") from error
        fact = f"is damaged: it can't be decrypted ({error})."
        raise AgeError(fact, "Restore it from Git's history, or from a backup.") from error
