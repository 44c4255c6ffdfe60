"""The plan file: what ``plan --out`` writes and ``show`` and ``apply`` read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seatsync.domain.action import Action
from seatsync.domain.license import Kind, Status

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
    """One change. Changes are applied in the order in which they stand."""

    action: Action = Field(description="What happens.")
    library: str | None = Field(None, description="The library's id.")
    member: str | None = Field(None, description="The member's e-mail; the new one where it changes.")
    record: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The ledger's number of the member; absent for who is new."
    )
    kind: Kind | None = Field(None, description="The license's kind afterwards; for a revoke the kind that is taken.")
    status: Status | None = Field(None, description="The license's status afterwards.")
    before: dict[str, Any] | None = Field(None, description="What was, as far as it changes.")
    after: dict[str, Any] | None = Field(None, description="What will be, as far as it changes.")
    reason: str = Field(description="Why, in words.")
    source: Source = Field(description="The file and line that asks for it.")


class FindingEntry(_Closed):
    """A refusal or a warning."""

    code: str = Field(pattern="^[a-z-]+$", description="`seatsync explain CODE` tells more.")
    message: str = Field(description="What is so, with names and numbers.")
    help: str = Field(description="What to do.")
    library: str | None = Field(None, description="The library's id.")
    members: list[str] | None = Field(None, description="E-mails of the members concerned.")
    source: Source | None = Field(None, description="The place.")


class SlotsEntry(_Closed):
    """Slots as the portals count them: used = reserved + temporary + permanent; available = total - used."""

    total: Count
    used: Count
    available: int
    reserved: Count
    temporary: Count
    permanent: Count


class SlotsChangeEntry(_Closed):
    """The slots of a library before and after the plan."""

    before: SlotsEntry
    after: SlotsEntry


class LedgerEntry(_Closed):
    """The state of the ledger for which the plan was made."""

    serial: Count = Field(description="Number of the journal's last link; 0 for a new ledger.")
    head: Digest = Field(description="Hash of the journal's last link.")


class ContactSetting(_Closed):
    """A contact at the vendor."""

    name: str
    email: str
    role: str


class Settings(_Closed):
    """What the ledger keeps of the institution itself."""

    name: str
    contacts: list[ContactSetting]
    opt_out: bool


class Nothing(_Closed):
    """An empty mapping."""


class SettledEntry(_Closed):
    """What is in order once the plan is applied, so that the next one need not look at it."""

    rules: Count = Field(description="The version of the rules by which it is in order.")
    files: dict[str, Digest] = Field(description="SHA-256 of each file that was read.")
    due: str = Field(
        pattern=r"^(\d{4}-\d\d-\d\d)?$",
        description="The first day on which the same files may ask for more; empty for never.",
    )
    remind: list[Count] = Field(description="After how many days reminders are due.")
    open: list[Annotated[int, Field(ge=1)]] = Field(description="Numbers of members who are left otherwise than asked.")
    silent: bool = Field(description="Whether the next plan has nothing to warn of.")


class PlanFile(_Closed):
    """A saved plan of one institution. `apply` carries out exactly this, and only on the ledger it was made for."""

    format: Literal["seatsync-plan/1"]
    redacted: Literal[True] | None = Field(
        None, description="That it has pseudonyms in place of e-mails, and no names; then it can be shown, not applied."
    )
    institution: str = Field(description="The institution's id.")
    created_at: str = Field(description="When the plan was made (ISO 8601, UTC).")
    now: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="The day the plan was made for.")
    desired_digest: Digest = Field(description="SHA-256 over all files that were read; keyed in a redacted plan.")
    ledger: LedgerEntry
    fingerprint: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = Field(
        description="SHA-256 of the changes alone: equal plans made at other times have equal ones. "
        "In a redacted plan it is keyed with the ledger's secret, and empty where there is none."
    )
    summary: dict[str, Count] = Field(description="How many changes of each action.")
    settings: Settings = Field(description="The institution as the ledger will keep it.")
    rosters: dict[str, Count] = Field(description="How many members each roster file has.")
    settled: SettledEntry | Nothing = Field(
        description="What is in order once the plan is applied; empty where that is not known."
    )
    slots: dict[str, SlotsChangeEntry] = Field(description="Slots of each library, before and after.")
    refusals: list[FindingEntry] = Field(description="Any one of them and nothing is applied.")
    warnings: list[FindingEntry] = Field(description="Worth knowing; they stop nothing.")
    changes: list[ChangeEntry]
    seal: Digest = Field(
        description="SHA-256 of all that stands before it. It finds damage and edits, and is no signature: anybody can make one."
    )
