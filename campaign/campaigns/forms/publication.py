"""What an organiser states when she publishes, schedules, closes or moves a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from campaign.campaigns.forms.creation import SLUG_MESSAGES
from campaign.campaigns.forms.draft import BaseVersionField
from campaign.campaigns.publish import MAX_CHANGE_REASON, PublishRequest
from campaign.campaigns.rows import RevisionOrigin
from campaign.campaigns.rules.wording import WordingChange
from campaign.console.forms import ConsoleForm, DayField, MomentField, ReasonField
from campaign.errors import (
    ContentError,
    DifferentLetter,
    InvalidText,
    NoLongerPossible,
    WordingChangeUnstated,
)
from campaign.web.forms import ConsentField, RadiosField, TextField

if TYPE_CHECKING:
    from datetime import date, datetime

    from campaign.errors import CampaignError

CHANGE_CHOICES = [
    (WordingChange.CORRECTION.value, "A correction: no demand changes in substance"),
    (WordingChange.TRANSLATION.value, "A translation: a language is new; published demands stay"),
    (WordingChange.DEMANDS.value, "The demands: a new wording begins, with a count of its own"),
]

_UNSTATED = {
    "no-change": "Say what changes: people may have signed the words that are published.",
    "demands-differ": "Demands were added, removed or put in another order. Choose the demands.",
    "texts-differ": "The text of a demand differs in a language that was there. Choose a "
    "correction, or the demands.",
}


_PLAN_CHANGED = (
    "Somebody scheduled a publication, or cancelled one, since you opened this page. Look at it "
    "before you change it."
)


class PublishForm(ConsoleForm):
    """`version`: the one that was shown. `replace`: yes, another letter takes this one's place.

    `planned`: the fingerprint of what was shown as scheduled, which this takes the place of.
    """

    version = BaseVersionField()
    planned = TextField(widget=HiddenInput())
    change = RadiosField("What changes?", choices=CHANGE_CHOICES, validators=[Optional()])
    reason = ReasonField(
        "Why?",
        needed="Say why in one line. Supporters can read it.",
        longest=MAX_CHANGE_REASON,
    )
    replace = ConsentField("Yes, this letter replaces the one that is published")

    conflicts = {
        WordingChangeUnstated: "",
        DifferentLetter: "",
        NoLongerPossible: "The draft has changed since you opened this page. Check it again.",
    }

    def set_conflict(self, error: CampaignError) -> None:
        if isinstance(error, WordingChangeUnstated):
            self.add_error("change", _UNSTATED[error.reason])
        elif isinstance(error, DifferentLetter):
            listed = "; ".join(error.faults)
            text = f"This looks like another letter: {listed}. Tick this if it is meant."
            self.add_error("replace", text)
        elif str(error) == "schedule":
            self.conflict = _PLAN_CHANGED
        else:
            super().set_conflict(error)

    def stated(self, by: str) -> PublishRequest:
        change = WordingChange(self.change.data) if self.change.data else None
        reason, replace = self.reason.data, self.replace.data
        return PublishRequest(by, change, reason, replace, RevisionOrigin.CONSOLE)


class ScheduleForm(PublishForm):
    at = MomentField("When")

    @property
    def moment(self) -> datetime:
        """Return when to publish; raise InvalidText if nothing was entered."""
        if self.at.data is None:
            raise InvalidText("no-time")
        moment: datetime = self.at.data
        return moment

    messages = {
        "no-time": ("at", "Enter a day and a time."),
        "past": ("at", "This time has already passed."),
    }


class ApproveForm(ConsoleForm):
    """`shown`: the fingerprint of what was shown as waiting."""

    shown = TextField(widget=HiddenInput())

    messages = {
        "same-person": ("shown", "You asked for this yourself. Somebody else has to approve it.")
    }
    conflicts = {
        NoLongerPossible: "This request was changed or withdrawn. Nothing was published.",
        WordingChangeUnstated: "What is published has changed meanwhile. Ask for it again.",
        DifferentLetter: "What is published has changed meanwhile. Ask for it again.",
        ContentError: "It does not fit this site any more. Look at the draft.",
    }


class RehearsalForm(ConsoleForm):
    """`version`: of the draft that was shown, or of the rehearsal whose letter was read."""

    version = BaseVersionField()

    conflicts = {NoLongerPossible: "The draft or its rehearsal has changed since. Look again."}


class LifecycleForm(ConsoleForm):
    """A button that closes, archives, unpublishes or deletes, with a reason for the log."""

    reason = ReasonField("Why?")


class DeleteForm(LifecycleForm):
    conflicts = {
        NoLongerPossible: "This campaign was published once, and there is news, an export or an "
        "answer that belongs to it. It stays as a draft."
    }


class CloseForm(LifecycleForm):
    letters = RadiosField(
        "Letters that have not been sent yet",
        choices=[
            ("send", "Send them, at the usual pace"),
            ("drop", "Do not send them. Supporters see this on their private page."),
        ],
        default="send",
    )


class ReopenForm(LifecycleForm):
    closes_on = DayField("Last day to sign")

    messages = {"past": ("closes_on", "This day has already passed.")}

    @property
    def last_day(self) -> date | None:
        day: date | None = self.closes_on.data
        return day


class AddressForm(LifecycleForm):
    slug = TextField("New address")

    messages = SLUG_MESSAGES


class WordingForm(LifecycleForm):
    """`revision`: the wording that becomes current again."""

    revision = BaseVersionField(widget=HiddenInput())

    conflicts = {ContentError: "", **ConsoleForm.conflicts}

    def set_conflict(self, error: CampaignError) -> None:
        if not isinstance(error, ContentError):
            super().set_conflict(error)
            return
        self.conflict = f"These words do not fit the campaign any more: {'; '.join(error.faults)}."
