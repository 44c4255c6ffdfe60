"""What a night runs, for the matrices of its workflow: python -m tests.night [long-forms].

Long forms are the files of tests that ask how long a run is to be (``tests.support.long_form``), each a part of the night; mutation
testing has the parts of `tests/mutation/rooms.toml`. ``long-forms`` prints the files alone.
"""

from __future__ import annotations

import json
import re
import sys

from tests.mutation.rooms import ROOT, parts

_ASKS = re.compile(
    r"^from tests\.(support\.long_form|faults\.(crash_figures|history_torture|fuzz_samples)) import", re.MULTILINE
)


def long_forms() -> list[str]:
    """The files of tests that have a long form."""
    files = (
        path for path in sorted((ROOT / "tests").rglob("test_*.py")) if _ASKS.search(path.read_text(encoding="utf-8"))
    )
    return [path.relative_to(ROOT).as_posix() for path in files]


if __name__ == "__main__":
    if sys.argv[1:] == ["long-forms"]:
        print(*long_forms())
    else:
        print(f"long-forms={json.dumps(long_forms())}\nmutants={json.dumps(parts())}")
