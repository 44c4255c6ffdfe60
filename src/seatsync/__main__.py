"""Run the command line: ``python -m seatsync``."""

from seatsync.cli.main import main

if __name__ == "__main__":
    main()
