"""The plan file: ``plan --out`` writes it, ``show`` and ``apply`` read it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seatsync.domain.action import Action, Letter
from seatsync.domain.license import Kind, Status
from seatsync.planning.portal.found import Differs

FORMAT = "seatsync-plan/1"

Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Source(_Closed):
    """A place in the files."""

    file: str = Field(description="Relative to the institution's folder.")
    line: int = Field(ge=1)


class ChangeEntry(_Closed):
    """One change. Changes are applied in their order in the file."""

    action: Action = Field(description="What happens.")
    library: str | None = Field(None, description="The library's id.")
    member: str | None = Field(None, description="The member's e-mail; the new one where it changes.")
    record: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The member's number in the ledger; absent for new members."
    )
    kind: Kind | None = Field(
        None, description="The license's kind after the change; for a revoke, the kind taken back."
    )
    status: Status | None = Field(None, description="The license's status after the change.")
    before: dict[str, Any] | None = Field(None, description="The values before the change, only those that change.")
    after: dict[str, Any] | None = Field(None, description="The values after the change, only those that change.")
    reason: str = Field(description="Why, as a sentence.")
    source: Source = Field(description="The file and line that require the change.")


class ApprovalEntry(_Closed):
    """A limit that the plan passes by an approval. The apply uses the approval up, whatever its count."""

    refusal: str = Field(
        pattern="^[a-z-]+$", description="The code of the rule that the approval makes an exception to."
    )
    library: str | None = Field(None, description="The library's id.")
    roster: str | None = Field(None, description="The path of the roster; absent if the approval is for any roster.")
    count: Count | None = Field(None, description="How many the approval allows.")
    is_: Literal["same", "new"] | None = Field(
        None, alias="is", description="Whether the members are the people of earlier records, or new."
    )
    members: Digest | None = Field(None, description="SHA-256 of the members that the approval names.")
    until: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="The last day on which the approval is valid.")
    reason: str | None = Field(None, description="Why, as the approval says.")
    needed: Count = Field(description="How many the plan needs.")
    limit: Count = Field(description="How many are allowed without the approval.")
    source: Source = Field(description="The file and line of the approval.")


class FindingEntry(_Closed):
    """A broken rule (in `refusals`) or a warning."""

    code: str = Field(pattern="^[a-z-]+$", description="`seatsync explain CODE` explains it.")
    severity: Literal["notice"] | None = Field(
        None, description="Present if it is only worth knowing: it stops nothing, not even with --strict."
    )
    message: str = Field(description="What is wrong, with names and numbers.")
    help: str = Field(description="What to do.")
    library: str | None = Field(None, description="The library's id.")
    members: list[str] | None = Field(None, description="E-mails of the affected members.")
    source: Source | None = Field(None, description="The place in the files.")


class LicenseEntry(_Closed):
    """A license of a member."""

    kind: Kind
    status: Status


class DriftEntry(_Closed):
    """What an export from the vendor's portal shows otherwise than the ledger, and the plan does not take."""

    what: Differs = Field(description="How portal and ledger contradict each other.")
    library: str | None = Field(None, description="The library's id; absent if it is about the person's record.")
    member: str = Field(description="The person's e-mail: the ledger's, or for a stranger the export's.")
    record: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The member's number in the ledger; absent for strangers."
    )
    here: LicenseEntry | None = Field(None, description="The license in the ledger.")
    there: LicenseEntry | None = Field(None, description="The license in the portal.")
    fields: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] | None = Field(
        None, description="The person's fields that differ, each as [ledger, portal]."
    )
    source: Source = Field(
        description="The row of the export; the entry in seatsync.yaml for a person who is missing in it."
    )


class SlotsEntry(_Closed):
    """Seats as the portals count them: used = reserved + temporary + permanent; available = total - used."""

    total: Count
    used: Count
    available: int
    reserved: Count
    temporary: Count
    permanent: Count
    temporary_reserved: Count = Field(
        0, description="Temporary ones among the reserved; plans of older versions lack it."
    )
    permanent_reserved: Count = Field(
        0, description="Permanent ones among the reserved; plans of older versions lack it."
    )


class SlotsChangeEntry(_Closed):
    """The seats of a library before and after the plan."""

    before: SlotsEntry
    after: SlotsEntry


class PlaceEntry(_Closed):
    """A place in the line of a full library."""

    member: str = Field(description="The member's e-mail.")
    record: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The member's number in the ledger; absent for new members."
    )
    since: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="The day since when the member waits.")
    expected: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = Field(
        None, description="The day on which end dates will have freed a seat for this place; absent if they do not."
    )
    reason: str = Field(description="Why the member shall have a seat.")
    source: Source = Field(description="The file and line that ask for the member.")


class LineEntry(_Closed):
    """The line of a full library after the plan. So many more seats as people wait would clear it."""

    waiting: Count = Field(description="How many members wait.")
    joined: Count = Field(description="How many of them begin to wait by the plan.")
    seated: Count = Field(description="How many get a seat by the plan after having waited.")
    first: list[PlaceEntry] = Field(description="The first places, in the order of the line.")
    frees: dict[str, Count] = Field(
        description="How many seats end dates free, by the first day on which they are free."
    )


class LedgerEntry(_Closed):
    """The state of the ledger that the plan was made for."""

    serial: Count = Field(description="Number of the last journal entry; 0 for a new ledger.")
    head: Digest = Field(description="Hash of the last journal entry.")


class ContactSetting(_Closed):
    """A contact at the vendor."""

    name: str
    email: str
    role: str


class HelpSetting(_Closed):
    """Whom members may ask."""

    name: str
    email: str
    url: str


class FreezeSetting(_Closed):
    """Days on which actions are held back."""

    from_: str = Field(alias="from", description="The first day (ISO).")
    until: str = Field(description="The last day (ISO).")
    actions: list[str] = Field(description="What is held back.")
    reason: str = Field(description="Why; can be empty.")


class InstitutionSettings(_Closed):
    """The institution's own settings, as the ledger keeps them."""

    name: str
    contacts: list[ContactSetting]
    opt_out: bool
    opt_out_until: str | None = Field(
        None,
        description="Until when members may decline: a day (ISO), or days after the invitation (14d); absent for no end.",
    )
    timezone: str | None = Field(None, description="The name of the institution's time zone; absent for UTC.")
    retire: str | None = Field(None, description="The institution's last day (ISO); absent for no end.")
    help: HelpSetting | None = Field(None, description="Whom members may ask; absent for nobody.")
    language: str | None = Field(None, description="The language of letters; absent for English.")
    color: str | None = Field(None, description="The colour of pages and letters; absent for seatsync's own.")
    reclaim_after: Count | None = Field(
        None, description="After how many days an unclaimed seat goes to somebody else; absent for never."
    )
    briefing: str | None = Field(None, description="How often administrators get a briefing; absent for never.")
    freezes: list[FreezeSetting] | None = Field(
        None, description="The days on which nothing is taken away; absent for none."
    )
    logo: str | None = Field(None, description="The logo on pages: a PNG picture in base64; absent for none.")


class Nothing(_Closed):
    """An empty mapping."""


class SettledEntry(_Closed):
    """What is in order after the plan is applied; the next plan need not check it again."""

    rules: Count = Field(description="The version of the rules that were checked.")
    files: dict[str, Digest] = Field(description="SHA-256 of each file that was read.")
    meaning: Digest | None = Field(
        None, description="SHA-256 of what the files say, without places, comments and spelling."
    )
    due: str = Field(
        pattern=r"^(\d{4}-\d\d-\d\d)?$",
        description="The first day on which the same files may require changes; empty for never.",
    )
    remind: list[Count] = Field(description="The days after an invitation on which reminders are due.")
    open: list[Annotated[int, Field(ge=1)]] = Field(
        description="Numbers of the members whose licenses still differ from the files."
    )
    renamed: list[Annotated[int, Field(ge=1)]] | None = Field(
        None,
        description="Numbers of the members whom grants still name by an e-mail or student id that they had before.",
    )
    silent: bool = Field(description="Whether the next plan has no warnings.")


_FILES_AT = "^https://[a-z0-9.:-]+/[A-Za-z0-9._~/-]+/blob/[0-9a-f]{40,64}/([A-Za-z0-9._~%/-]+/)?$"


class PlanFile(_Closed):
    """A saved plan of one institution. `apply` carries out exactly this plan, and only on the ledger it was made for."""

    format: Literal["seatsync-plan/1"]
    redacted: Literal[True] | None = Field(
        None,
        description="Present if the plan has pseudonyms instead of e-mails, and no names. It can be shown, but not applied.",
    )
    institution: str = Field(description="The institution's id.")
    created_at: str = Field(description="When the plan was made (ISO 8601, UTC).")
    now: str = Field(
        pattern=r"^\d{4}-\d\d-\d\d$", description="The day the plan was made for, in the institution's time zone."
    )
    desired_digest: Digest = Field(
        description="SHA-256 over all files that were read; a keyed hash in a redacted plan."
    )
    files_commit: Annotated[str, Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")] | None = Field(
        None,
        description="The last Git commit that touched these files; absent if it is not known, or if they differ from it.",
    )
    files_at: Annotated[str, Field(pattern=_FILES_AT)] | None = Field(
        None,
        description="The address of the institution's folder on GitHub or GitLab, at the commit that was planned, for links in "
        "reports. Absent if it is not known, or if a file is not there as it was planned.",
    )
    ledger: LedgerEntry
    fingerprint: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = Field(
        description="SHA-256 of the changes only: equal plans made at different times have equal fingerprints. "
        "In a redacted plan a hash with the ledger's secret as key; empty where the ledger has none."
    )
    asked: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] | None = Field(
        None,
        description="The fingerprint of the changes that the files ask for: without seats whose end date has passed, and "
        "without reminders. Empty if the files ask for nothing; absent in plans that do not say it.",
    )
    summary: dict[str, Count] = Field(description="The number of changes of each action.")
    letters: dict[Letter, Count] | None = Field(
        None,
        description="The number of letters of each kind that an apply puts into the outbox; absent in plans that do not say it.",
    )
    worklist: dict[str, int] = Field(
        {},
        description="By how many people each step of the work list at the vendor grows by an apply; negative where it shrinks. "
        "Absent where nothing changes there.",
    )
    settings: InstitutionSettings = Field(description="The institution's settings, as the ledger will keep them.")
    rosters: dict[str, Count] = Field(description="The number of members in each roster file.")
    settled: SettledEntry | Nothing = Field(
        description="What is in order after the plan is applied; empty where this is not known."
    )
    slots: dict[str, SlotsChangeEntry] = Field(description="The seats of each library, before and after the plan.")
    approvals: list[ApprovalEntry] = Field([], description="The limits that the plan passes by an approval.")
    exports: dict[Digest, Count] = Field(
        {},
        description="The exports in the files, by the SHA-256 of what they say: the journal entry that took them, 0 for this plan. "
        "A plan takes only what has not been taken.",
    )
    exports_read: dict[str, str] = Field(
        {}, description="When the newest export that this plan reads was taken (ISO 8601, UTC), by library."
    )
    drift: list[DriftEntry] = Field(
        [],
        description="What the exports that this plan takes show otherwise than the ledger. It does not block the plan.",
    )
    names: dict[Annotated[str, Field(pattern="^[1-9][0-9]{0,17}$")], str] = Field(
        {},
        description="The names of members whom changes name by e-mail alone, by the member's number in the ledger, for reports. "
        "Absent in plans that do not say it, and in redacted ones.",
    )
    lines: dict[str, LineEntry] = Field(
        {}, description="The lines of full libraries that the plan changes, as they are after it. Absent for none."
    )
    titles: dict[str, str] = Field(
        {},
        description="The titles of the libraries in `slots`, by id, for reports. Absent in plans that do not say them.",
    )
    at_once: list[str] = Field(
        [],
        description="The libraries of which the plan revokes seats and that give seats to accounts without a claim. Absent for none.",
    )
    refusals: list[FindingEntry] = Field(
        description="The broken rules. If there are any, the plan is blocked and nothing is applied."
    )
    warnings: list[FindingEntry] = Field(description="Worth knowing; they do not block the plan.")
    changes: list[ChangeEntry]
    seal: Digest = Field(
        description="SHA-256 of everything before it. It shows damage and edits, but is not a signature: anybody can compute it."
    )
