"""A permanent license is asked for as temporary.

Once a license is permanent its member owns it; the portals cannot take that back and neither does seatsync. The
ledger remembers it whatever the files say, so a rule that asks for a temporary license of the same library is refused.

Mend: ask for these members with `kind: permanent`, for instance by adding them to the list of those who own it.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.refusals.case import Case, by_rule, refusal

CODE = "permanent-downgrade"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each rule that asks."""
    for library, rule, members in by_rule(case.draft.downgrades):
        assert rule is not None
        message = (
            f"{counted(len(members), 'member')} own {case.title(library)} permanently but "
            f"{'is' if len(members) == 1 else 'are'} asked for as temporary: {named(members)}. What is owned stays owned."
        ).replace("1 member own ", "1 member owns ")
        mend = "Grant it to them with `kind: permanent` (a rule with `to: {emails: […]}` or `to: {file: …}` beside this one)."
        yield refusal(CODE, message, mend, rule.origin, library, members)
