"""The commands that ``make demo`` prints can be copied into a shell as they are."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.support.paths import ROOT

DEMO = ROOT / "examples" / "demo.sh"
HOSTILE = [
    "plain-1.csv",
    "My School",
    "Ruth Abel <ruth@x.example>",
    "it's",
    "",
    "a\\b",
    '"',
    "$HOME",
    "*",
    "s/a/b/",
    "head -n 1 < x && y",
]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_printed_words_are_those_that_ran(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    functions = re.search(
        r"^quoted\(\) \{.*?^run\(\)[^\n]*\n", DEMO.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert functions is not None
    words = "".join(f"<{word}>\n" for word in HOSTILE)
    script = functions[0] + "run printf '<%s>\\n' \"$@\""
    out = subprocess.run([shell, "-c", script, "demo", *HOSTILE], capture_output=True, text=True, check=True).stdout
    command, _, said = out.lstrip("\n").partition("\n")
    assert command.startswith("$ printf '<%s>\\n' plain-1.csv 'My School'")
    assert said == words
    again = subprocess.run([shell, "-c", command.removeprefix("$ ")], capture_output=True, text=True, check=True)
    assert again.stdout == words
