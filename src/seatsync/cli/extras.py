"""Optional packages that only some commands need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def needs(extra: str, also: str = "") -> Iterator[None]:
    """Wrap the imports that need an ``extra`` of seatsync; ``also`` says what else must be installed.

    Raises:
        UsageError: a package is missing; the message says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "seatsync").partition(".")[0] == "seatsync":
            raise
        message = f"This needs the Python package {error.name}: pip install 'seatsync[{extra}]'. {also}".rstrip()
        raise click.UsageError(message) from error
