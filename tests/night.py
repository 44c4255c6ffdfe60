"""Print what the nightly workflow runs, for its matrices: python -m tests.night [long-forms].

Each test file with a long form (``tests.support.long_form``) is one part of the night. Mutation testing has the parts that
`tests/mutation/rooms.toml` defines. ``long-forms`` prints only the files.
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
    """Return the test files that have a long form."""
    files = (
        path for path in sorted((ROOT / "tests").rglob("test_*.py")) if _ASKS.search(path.read_text(encoding="utf-8"))
    )
    return [path.relative_to(ROOT).as_posix() for path in files]


if __name__ == "__main__":
    if sys.argv[1:] == ["long-forms"]:
        print(*long_forms())
    else:
        print(f"long-forms={json.dumps(long_forms())}\nmutants={json.dumps(parts())}")
