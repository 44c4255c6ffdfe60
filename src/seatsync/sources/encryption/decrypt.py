"""Decrypt files that are encrypted in Git with age or SOPS. The key comes from the environment."""

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
    """Return the suffix of the decrypted file: .csv for members.csv.age and members.enc.csv."""
    return Path(_SUFFIXES.sub("", name)).suffix.lower()


def decrypted(data: bytes, name: str) -> bytes | Locked:
    """Return the decrypted bytes, or ``data`` itself if it is not encrypted. Messages call the file ``name``."""
    if age.is_encrypted(data):
        return _by_age(data, name)
    if kind := _kind_of_sops(data):
        return _by_sops(data, name, kind)
    if _SUFFIXES.search(name):
        help = "Encrypt it, and remove the unencrypted version from the repository's history; or rename it."
        return Locked(f"{name} is not encrypted, although its name says so.", help)
    return data


def is_encrypted(data: bytes) -> bool:
    """Whether these bytes are a file encrypted with age or SOPS."""
    return age.is_encrypted(data) or bool(_kind_of_sops(data))


def _kind_of_sops(data: bytes) -> str:
    """Return the input type for ``sops decrypt``: "binary" or "yaml"; empty if SOPS did not encrypt the file."""
    if b"ENC[" not in data:
        return ""
    if data.lstrip()[:1] == b"{" and b'"sops"' in data:
        return "binary"
    return "yaml" if data.startswith(b"sops:") or b"\nsops:" in data else ""


def _by_age(data: bytes, name: str) -> bytes | Locked:
    keys = _age_keys()
    if not keys:
        help = f"Set the environment variable {AGE_KEYS[0]} to the key (AGE-SECRET-KEY-…)."
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
    from seatsync.sources.encryption.sops import decrypted  # imports YAML and subprocess, which most runs do not need

    return decrypted(data, name, kind)
