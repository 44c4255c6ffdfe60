"""A grant would turn a permanent license into a temporary one.

A permanent license belongs to its member. The portals cannot take it back, and neither does seatsync. The ledger
remembers it whatever the files say, so a plan with a temporary grant of the same library to that member is blocked.

To fix: grant it to these members with `kind: permanent`, for example by adding them to the list of permanent owners.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, by_rule, refusal

CODE = "permanent-downgrade"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each such grant."""
    for library, rule, members in by_rule(case.draft.downgrades):
        assert rule is not None
        message = (
            f"{counted(len(members), 'member owns', 'members own')} {case.title(library)} permanently, "
            f"but this grant is temporary: {named(members)}. Permanent licenses stay permanent."
        )
        help = "Add a grant with `kind: permanent` for them, with `to: {emails: […]}` or `to: {file: …}`."
        if Kind.PERMANENT not in case.desired.libraries[library].kinds:
            help = f"Restore the library's `system` or `kinds`. {help}"
        yield refusal(CODE, message, help, rule.origin, library, members)
