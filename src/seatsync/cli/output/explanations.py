"""The page of each code: what it means, why the rule exists, and how to fix the problem."""

from __future__ import annotations

import re
from importlib.resources import files


def explanations() -> dict[str, str]:
    """Code → its page: a refusal's is the docstring of its rule, any other's a section of ``explanations.md``."""
    from seatsync.refusals.judge import RULES

    pages = {rule.CODE: f"Rule broken. {(rule.__doc__ or '').strip()}" for rule in RULES}
    text = (files("seatsync.cli.output") / "explanations.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, page = section.partition("\n")
        pages[name] = page.strip()
    return pages
