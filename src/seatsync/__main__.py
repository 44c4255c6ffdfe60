"""The program: ``seatsync``, and ``python -m seatsync``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line, and exit with its exit code."""
    from seatsync.cli.at_once import is_answered

    if is_answered(sys.argv[1:]):
        os._exit(0)
    from seatsync.cli.main import main  # imports much, and most runs need none of it

    main()


if __name__ == "__main__":
    main()
