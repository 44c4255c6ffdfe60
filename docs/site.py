"""make site: the documentation as a site in build/site, by Zensical. A link that leads nowhere stops it.

The pages are those of docs/, written for GitHub. Here they get the README as the first page, addresses of the site in place of
links to other files of the repository, and the blank lines and indents that Zensical's Markdown asks for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "build" / "site-pages"
REPOSITORY = "https://github.com/seatsync/seatsync/blob/main"
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "src/seatsync/cli/output/explanations.md": "reference/codes.md",
}
"""Pages that are not in docs/, and where they are on the site."""
_LINK = re.compile(r'(?P<before>\]\(|\b(?:src|srcset|href)=")(?P<path>[^)#":\s]+)(?P<anchor>#[^)"\s]*)?(?=[)"])')
_FENCE = re.compile(r"( *)(```+)")
_ITEM = re.compile(r" *(?:[-*]|\d+\.) ")


def main() -> None:
    shutil.rmtree(PAGES, ignore_errors=True)
    for source, target in sources().items():
        (PAGES / target).parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            (PAGES / target).write_text(page(source), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, PAGES / target)
    program = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    sys.exit(subprocess.run(program, cwd=ROOT, check=False).returncode)


@cache
def sources() -> dict[str, str]:
    """Return each file of the site by its path in the repository, with its path on the site."""
    docs = [file.relative_to(ROOT) for file in (ROOT / "docs").rglob("*") if file.is_file()]
    kept = [file for file in docs if file.suffix not in (".py", ".pyc", ".toml", ".1")]
    return ELSEWHERE | {file.as_posix(): file.relative_to("docs").as_posix() for file in kept}


def page(source: str) -> str:
    """Return a page's Markdown as the site needs it."""
    text = (ROOT / source).read_text(encoding="utf-8")
    if source == "src/seatsync/cli/output/explanations.md" and not text.startswith("# "):
        text = f"# Codes\n\n{text}"
    return "".join(f"{line}\n" for line in laid_out(text.splitlines(), source))


def laid_out(lines: list[str], source: str) -> list[str]:
    """Return the lines with a blank one before each list, indents of four in it, and the site's links outside of code."""
    done: list[str] = []
    fence, indent = "", 0
    for line in lines:
        start = _FENCE.match(line)
        if start and not fence:
            fence, indent = start[2], -len(start[1]) % 4
        elif fence:
            fence = "" if line.strip() == fence else fence
        else:
            indent = -(len(line) - len(line.lstrip(" "))) % 4 if line.startswith("  ") else 0
            if _ITEM.match(line) and not line.startswith(" ") and not _is_in_list(done):
                done.append("")
            line = _LINK.sub(lambda link: _led(link, source), line)
        done.append(f"{' ' * indent}{line}" if line else "")
    return done


def _is_in_list(done: list[str]) -> bool:
    """Whether the last paragraph begins with an item, so that another one can follow without a blank line."""
    paragraph: list[str] = []
    for line in reversed(done):
        if not line.strip():
            break
        paragraph.append(line)
    return not paragraph or bool(_ITEM.match(paragraph[-1]))


def _led(link: re.Match[str], source: str) -> str:
    """Return the link as it leads on the site: to the page there, or to the repository."""
    known = sources()
    target = os.path.normpath(PurePosixPath(source).parent / link["path"])
    here = PurePosixPath(known[source]).parent
    path = os.path.relpath(known[target], here) if target in known else f"{REPOSITORY}/{target}"
    return f"{link['before']}{path}{link['anchor'] or ''}"


if __name__ == "__main__":
    main()
