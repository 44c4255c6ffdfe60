"""The models of the approvals in ``seatsync.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from seatsync.formats.fields import AnyText, Closed, Day, Email, InvalidValue, Text, Whole

_Until = Annotated[Day, Field(description="The last day on which the approval is valid.")]
_Reason = Annotated[Text, Field(description="Why, for later readers.")]
_EMAIL = {"type": "string", "format": "email"}


class RevokesApproval(Closed):
    """Allows one plan more revokes than `limits.max_revokes`, after a review."""

    refusal: Literal["too-many-revokes"] = Field(
        description="The code of the rule that this approval makes an exception to."
    )
    library: AnyText = Field(description="The library.")
    count: Whole = Field(description="The most revokes that it allows.")
    until: _Until
    reason: _Reason


class EmptyRosterApproval(Closed):
    """Allows one plan to leave a roster empty, after a review."""

    refusal: Literal["empty-roster"] = Field(
        description="The code of the rule that this approval makes an exception to."
    )
    roster: Text | None = Field(
        None,
        description="The path of the roster that may become empty. If left out, every roster may become empty, even all of them.",
    )
    until: _Until
    reason: _Reason


class IdentityApproval(Closed):
    """Says whether members are the people of earlier records, or somebody new, after a review."""

    model_config = ConfigDict(
        **Closed.model_config, json_schema_extra={"oneOf": [{"required": ["member"]}, {"required": ["file"]}]}
    )

    refusal: Literal["identity-changed"] = Field(
        description="The code of the rule that this approval makes an exception to."
    )
    member: (
        Annotated[
            list[Email],
            BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
            Field(min_length=1),
            WithJsonSchema({"anyOf": [_EMAIL, {"type": "array", "items": _EMAIL, "minItems": 1}]}),
        ]
        | None
    ) = Field(None, description="The members' e-mails, as the roster has them now: one, or a list.")
    file: Text | None = Field(None, description="The members listed in this CSV, by e-mail or student id.")
    is_: Literal["same", "new"] = Field(
        alias="is",
        description="`same`: it is one person, and the record is updated. `new`: the earlier record keeps what it owns, gives up "
        "its e-mail and student id for good, and the member is a new one.",
    )
    until: _Until
    reason: _Reason

    @model_validator(mode="after")
    def _names_somebody(self) -> IdentityApproval:
        if (self.member is None) == (self.file is None):
            raise InvalidValue("an approval of identity-changed needs either `member` or `file`", "Write one of them.")
        return self


AnyApproval = Annotated[RevokesApproval | EmptyRosterApproval | IdentityApproval, Field(discriminator="refusal")]
