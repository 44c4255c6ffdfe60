"""Files that are encrypted in Git, with age or by SOPS: read where the key is in the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path

from seatsync.formats import age
from seatsync.sources.encryption.locked import Locked

AGE_KEYS = ("SEATSYNC_AGE_KEY", "SOPS_AGE_KEY")
AGE_KEY_FILE = "SOPS_AGE_KEY_FILE"

_SUFFIXES = re.compile(r"\.(age|enc|sops)(?=\.|$)", re.IGNORECASE)


def suffix_of(name: str) -> str:
    """What kind of file it is once decrypted: of members.csv.age and members.enc.csv it is .csv."""
    return Path(_SUFFIXES.sub("", name)).suffix.lower()


def decrypted(data: bytes, name: str) -> bytes | Locked:
    """The bytes that were encrypted; the same bytes where they are not. ``name`` is what messages call the file."""
    if age.is_encrypted(data):
        return _by_age(data, name)
    if kind := _kind_of_sops(data):
        return _by_sops(data, name, kind)
    if _SUFFIXES.search(name):
        help = "Encrypt it, and take what was committed out of the repository's history; or give it another name."
        return Locked(f"{name} is not encrypted, although its name says so.", help)
    return data


def is_encrypted(data: bytes) -> bool:
    """Whether these are the bytes of a file that is encrypted, with age or by SOPS."""
    return age.is_encrypted(data) or bool(_kind_of_sops(data))


def _kind_of_sops(data: bytes) -> str:
    """What SOPS calls the kind of file that it encrypted; empty where it did not."""
    if b"ENC[" not in data:
        return ""
    if data.lstrip()[:1] == b"{" and b'"sops"' in data:
        return "binary"
    return "yaml" if data.startswith(b"sops:") or b"\nsops:" in data else ""


def _by_age(data: bytes, name: str) -> bytes | Locked:
    keys = _age_keys()
    if not keys:
        help = f"Put the key (AGE-SECRET-KEY-…) into the environment as {AGE_KEYS[0]}."
        return Locked(f"{name} is encrypted with age, and the environment has no key.", help)
    try:
        return age.decrypted(data, keys)
    except age.AgeError as error:
        return Locked(f"{name} {error}", error.help)


def _age_keys() -> list[str]:
    texts = [os.environ.get(name, "") for name in AGE_KEYS]
    if file := os.environ.get(AGE_KEY_FILE):
        try:
            texts.append(Path(file).read_text(encoding="utf-8"))
        except OSError:
            texts.append("")
    return [key for text in texts for key in age.keys_in(text)]


def _by_sops(data: bytes, name: str, kind: str) -> bytes | Locked:
    from seatsync.sources.encryption.sops import decrypted  # YAML and processes, which most runs need not

    return decrypted(data, name, kind)
