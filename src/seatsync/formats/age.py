"""Encrypt and decrypt files with age. The keys come from the environment only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_MARKS = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")

LONGEST_MARK = max(map(len, _MARKS))


class AgeError(Exception):
    """A file can't be encrypted or decrypted. The message continues a sentence that begins with the file's name."""

    def __init__(self, fact: str, help: str) -> None:
        super().__init__(fact)
        self.help = help


def is_encrypted(beginning: bytes) -> bool:
    """Whether a file with this beginning is encrypted with age."""
    return beginning.startswith(_MARKS)


def keys_in(text: str) -> list[str]:
    """Return the keys in a key file or variable. Blanks, colons or line ends separate them; lines that begin with # are comments."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [key for line in lines for key in re.split(r"[\s:]+", line) if key]


def new_key() -> str:
    """Return a new secret key (an age identity, AGE-SECRET-KEY-…)."""
    with _pyrage() as pyrage:
        return str(pyrage.x25519.Identity.generate())


def must_be_keys(keys: Iterable[str]) -> None:
    """Check that these are valid keys.

    Raises:
        AgeError: a key is not valid, or the age library is not installed.
    """
    with _pyrage() as pyrage:
        _identities(pyrage, keys)


def decrypted(data: bytes, keys: Sequence[str]) -> bytes:
    """Return the decrypted bytes.

    Raises:
        AgeError: the data can't be decrypted with one of these keys.
    """
    with _pyrage() as pyrage:
        return bytes(pyrage.decrypt(data, _identities(pyrage, keys)))


def decrypt_file(source: Path, target: Path, keys: Sequence[str]) -> None:
    """Decrypt the file ``source`` into the file ``target``.

    Raises:
        AgeError: the file can't be decrypted with one of these keys.
    """
    with _pyrage() as pyrage:
        pyrage.decrypt_file(str(source), str(target), _identities(pyrage, keys))


def encrypt_file(source: Path, target: Path, key: str) -> None:
    """Encrypt the file ``source`` for this key into the file ``target``.

    Raises:
        AgeError: the file can't be encrypted.
    """
    with _pyrage() as pyrage:
        (identity,) = _identities(pyrage, [key])
        pyrage.encrypt_file(str(source), str(target), [identity.to_public()])


def _identities(pyrage: Any, keys: Iterable[str]) -> list[Any]:
    return [pyrage.x25519.Identity.from_str(key) for key in keys]


@contextmanager
def _pyrage() -> Iterator[Any]:
    """Yield the age library, and turn its errors into AgeError."""
    try:
        import pyrage
    except ImportError as error:
        fact = "is encrypted with age, and the Python package that reads it is not installed."
        raise AgeError(fact, "Install it: pip install 'seatsync[encrypted]'.") from error
    try:
        yield pyrage
    except pyrage.IdentityError as error:
        fact = "is encrypted with age, and the key in the environment is not valid."
        raise AgeError(fact, "Correct the key: it begins with AGE-SECRET-KEY-1.") from error
    except pyrage.EncryptError as error:
        raise AgeError(f"can't be encrypted: {error}.", "Free space in the temporary folder.") from error
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # an error of the disk; damage inside the file has no errno
            raise
        if "matching keys" in str(error):
            fact = "is encrypted with age, but not for a key in the environment."
            raise AgeError(fact, "Use a key that the file was encrypted for.") from error
        fact = f"is damaged: it can't be decrypted ({error})."
        raise AgeError(fact, "Restore it from Git's history, or from a backup.") from error
