"""The digests of an institution's files: whether they are as they were, without decoding what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from seatsync.domain.failure import Failure
from seatsync.git.checkout import top_of
from seatsync.sources import opening
from seatsync.sources.encryption.decrypt import is_encrypted

NAME = "seatsync.yaml"
"""The file that every institution's folder has."""
UNFINISHED = ".seatsync-edit.json"
"""Is in a folder whose files an edit was about to replace when it was killed."""


def are_as_they_were(folder: Path, digests: Mapping[str, str]) -> bool:
    """Whether the files of a folder that somebody may read have these digests, by path. seatsync.yaml must be one of them.

    False also where it is encrypted, since that is for those who have the key, or where the folder may not be used: ``files`` says why.
    """
    try:
        top_of(folder)
        data = opening.read(folder / NAME, folder)
        return (
            NAME in digests
            and not (folder / UNFINISHED).exists()
            and not is_encrypted(data)
            and all(digest_of(folder, name) == digest for name, digest in digests.items())
        )
    except (OSError, ValueError, Failure):
        return False


def digest_of(folder: Path, name: str) -> str:
    """The SHA-256 (hex) of the file ``name``, or if that ends with a slash of the names of the files in this folder.

    Raises:
        OSError, ValueError: as in ``opening``.
    """
    if name.endswith("/"):
        return digest_of_names(opening.names(folder / name, folder))
    return digest_of_bytes(opening.pieces(folder / name, folder))


def digest_of_bytes(pieces: Iterable[bytes]) -> str:
    """The SHA-256 (hex) of a file in pieces."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def digest_of_names(names: Iterable[str]) -> str:
    """The SHA-256 (hex) of the sorted names of the files in a folder."""
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
