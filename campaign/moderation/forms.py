"""What an organiser changes about signatures, one or many, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wtforms import Field, ValidationError
from wtforms.widgets import HiddenInput

from campaign.console.forms import ConsoleForm, NumberField, ReasonField
from campaign.console.session import current_user
from campaign.errors import AlreadySigned, MoreThanPreviewed, NoLongerPossible
from campaign.moderation.rules import HELD_ONLY_KINDS, ChangeKind
from campaign.organisers.audit_log import MAX_JUSTIFICATION
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures.forms import HELD_ANY_REASON, CriteriaFields
from campaign.store.ids import uuid_or_none
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from campaign.signatures.rules.criteria import SignatureCriteria

_OTHERS_MATCH = (
    "The signatures that match have changed. Nothing was done. The current number is below; "
    "what you entered is still there."
)
_MAX_SEEN = 1_000_000_000


class ReasonForm(ConsoleForm):
    """A change of signatures, and why."""

    reason = ReasonField(longest=MAX_JUSTIFICATION)

    @property
    def cause(self) -> Justification:
        return Justification(current_user().name, self.reason.data)


class BeginAttackForm(ReasonForm):
    conflicts = {NoLongerPossible: "Attack mode is already on. Nothing was changed."}


class EndAttackForm(ReasonForm):
    conflicts = {NoLongerPossible: "Attack mode is already off. Nothing was changed."}


class SignatureForm(ReasonForm):
    """A change of one signature."""

    conflicts = {
        NoLongerPossible: "Somebody else changed this first. Nothing was done. The current "
        "state is below.",
        AlreadySigned: "This person has signed again, and is counted once. Nothing was restored. "
        "The current state is below.",
    }


class IdsField(Field):
    """Ids that were ticked in a list; what is no id is ignored."""

    data: Collection[UUID]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = {one for one in map(uuid_or_none, valuelist) if one}


class ReleaseForm(ReasonForm):
    """The release of held signatures that were ticked in their list."""

    ids = IdsField(default=frozenset())

    def validate_ids(self, field: IdsField) -> None:
        if not field.data:
            raise ValidationError("Select at least one signature.")


class BulkChangeForm(CriteriaFields, ReasonForm):
    """A change by rule. `seen`: how many signatures its preview was about."""

    kind = ChoiceField(
        "What",
        choices=[
            (ChangeKind.INVALIDATE, "Invalidate confirmed ones"),
            (ChangeKind.RELEASE, "Release held ones"),
            (ChangeKind.DROP, "Drop held ones that are pending"),
        ],
    )
    domain = TextField("Mail domain")
    seen = NumberField(most=_MAX_SEEN, invalid="Preview them first.", widget=HiddenInput())

    messages = {
        "no-rule": ("source", "Fill in at least one field."),
        "not-an-address": ("domain", "Enter a domain like example.org."),
    }
    conflicts = {MoreThanPreviewed: _OTHERS_MATCH, NoLongerPossible: _OTHERS_MATCH}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.kind.data in HELD_ONLY_KINDS and not self.held.data:
            self.held.data = HELD_ANY_REASON

    @property
    def rule(self) -> SignatureCriteria:
        return replace(self.criteria, domain=self.domain.stripped)
