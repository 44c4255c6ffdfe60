"""The outcome file: ``apply --outcome`` writes it, ``notify`` reads it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seatsync.formats.plan import Count


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InstitutionOutcome(_Closed):
    """What became of one institution."""

    institution: str = Field(description="The institution's id; empty if it is not known.")
    folder: str = Field(description="The institution's folder, as the command named it.")
    code: int | None = Field(description="The exit code for this institution; null if the run ended before.")
    result: Literal["planned", "applied", "unchanged", "stopped", "left", "unknown"] = Field(
        description="`planned`: there is a plan (`seatsync plan`). `applied`: changes were made. "
        "`unchanged`: there was nothing to do. `stopped`: nothing was applied, and "
        "`message` says why. `left`: an earlier merge stopped it, and this push does not touch it. `unknown`: the run ended before "
        "the result was known, so the changes may or may not have been made."
    )
    message: str = Field(description="Why nothing was applied, in words.")
    help: str = Field(description="What to do about it.")
    serial: Count | None = Field(
        description="The number of the last journal entry after the apply; null if nothing was applied."
    )
    fingerprint: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = Field(
        description="The fingerprint of the plan, as `seatsync plan` prints it; empty without a plan or a key."
    )
    summary: dict[str, Count] = Field(description="The number of the plan's changes of each action.")
    letters: Count = Field(description="The number of new letters in the outbox.")
    pull_requests: list[Count] = Field(
        [], description="With `--reviewed`: the pull requests that changed its files since the last apply."
    )
    told: list[str] = Field(
        [],
        description="What was told because a day comes nearer: seats and contracts that end, seats that run short. The next run does not "
        "tell it again.",
    )


class Unchanged(_Closed):
    """The institutions that `--changed-since` left out, because none of their files differs."""

    institutions: Count = Field(description="How many.")
    since: str = Field(description="The Git commit that the files were compared with.")


class OutcomeFile(_Closed):
    """What became of a run of `seatsync apply` or `seatsync plan`. It names no member and no administrator."""

    format: Literal["seatsync-outcome/1"]
    command: str = Field(description="The command and the option that said what may be applied.")
    commit: str = Field(description="The Git commit of the files; empty if it is not known.")
    run: str = Field(
        pattern="^(https?://.*)?$", description="The address of the run's page; empty outside GitHub and GitLab."
    )
    code: int | None = Field(description="The exit code; null as long as the run has not ended, or if it was killed.")
    message: str = Field(description="Why the run as a whole failed, in words; empty if it did not.")
    help: str = Field(description="What to do about it.")
    unchanged: Unchanged | None = Field(None, description="Absent without `--changed-since`.")
    institutions: list[InstitutionOutcome]
