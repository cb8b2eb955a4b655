"""What an organiser says about a recipient: its addresses, its pace, and why it is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtforms import BooleanField
from wtforms.widgets import EmailInput, HiddenInput, TextArea

from campaign.console.forms import (
    ConsoleForm,
    DayField,
    NumberField,
    ReasonField,
    TimeOfDayField,
)
from campaign.console.listing import FilterForm
from campaign.console.selected_campaign import all_campaigns
from campaign.delivery.pacing import PaceChange
from campaign.errors import NoLongerPossible
from campaign.language.formats import language_name, territory_name
from campaign.recipients.new_in_office import MAX_HOLDER_NAME, NewInOffice
from campaign.recipients.queries.recipients import RecipientSearch
from campaign.recipients.rules.recipient import MAX_KEY_LENGTH, UNION
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence, Set as AbstractSet

_PACE = "Enter a whole number: 1 to 3,600 an hour, 1 to 30,000 a day."
_NEEDS_ANOTHER_PERSON = (
    "You have checked this address already. Another person has to check it before it counts as "
    "verified."
)


def _letter_languages() -> Sequence[tuple[str, str]]:
    return [("", "any language"), *((tag, language_name(tag, "en")) for tag in container.languages)]


class RecipientFilter(FilterForm):
    """Which recipients to list; at first those written to, or that letters wait for."""

    endpoint = "console.recipients"

    words = TextField("Country or office")
    scope = ChoiceField("Show", choices=[("", "Those in use"), ("all", "The whole directory")])

    def search(self, unsent: AbstractSet[str]) -> RecipientSearch:
        """Return the search; `unsent`: recipients of letters that are still to be sent."""
        words = self.words.stripped.replace("\0", "")[:MAX_KEY_LENGTH]
        return RecipientSearch(
            among=(
                None if self.scope.data == "all" else container.written_to(all_campaigns()) | unsent
            ),
            words=words,
            governments=[
                code
                for code in (*container.reference.governments, UNION)
                if words and words.casefold() in territory_name(code, "en").casefold()
            ],
        )


class RecipientForm(ConsoleForm):
    """A change of a recipient as it was shown: `seen` is the version of it."""

    seen = TextField(widget=HiddenInput())

    conflicts = {
        NoLongerPossible: "Somebody else changed this first. Nothing was done. The current "
        "state is below, and what you entered is still there."
    }


class AddressForm(RecipientForm):
    """What a person says about an address. `row`: the id of the address, if it is in the list."""

    name = ""

    row = TextField(widget=HiddenInput())

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.set_id_prefix(f"{self.name}{self.row.data}-")


class VerifyForm(AddressForm):
    name = "verify"

    email = TextField("E-mail address", widget=EmailInput())
    language = ChoiceField(
        "For letters in",
        choices=_letter_languages,
        invalid="Choose one of the languages.",
    )
    postal = TextField("or a postal address without the office’s name and title", widget=TextArea())
    reason = ReasonField(
        "How was it checked?", needed="Say how it was checked: with whom, where and when."
    )

    messages = {
        "no-address": ("email", "Enter an e-mail address, or a postal address below."),
        "both": ("postal", "Check one address at a time: e-mail or postal."),
        "not-an-address": ("email", "This is not a valid e-mail address."),
        "too-many-lines": ("postal", "A postal address can have at most 6 lines of 60 characters."),
        "needs-another-person": ("reason", _NEEDS_ANOTHER_PERSON),
    }


class WrongAddressForm(AddressForm):
    name = "wrong"

    address = TextField(widget=HiddenInput())
    reason = ReasonField("How do you know?", needed="Say how you know: from whom, where and when.")

    messages = {"not-in-the-list": ("reason", "This address is no longer in the list.")}


class NewInOfficeForm(RecipientForm):
    """Who is new in an office, and whether letters wait until an address was checked again."""

    since = DayField("Since")
    name = TextField("Name, if you know it")
    letters_wait = BooleanField("Put letters on hold until somebody has checked an address again")
    reason = ReasonField("Source", needed="Give the source, such as a web page or a call.")

    messages = {
        "no-day": ("since", "Enter a past day, such as 2026-11-24."),
        "bad-name": ("name", "A name must begin with a letter."),
        "long-name": ("name", f"A name can have at most {MAX_HOLDER_NAME} characters."),
    }

    def told(self, by: str) -> NewInOffice:
        since, reason = self.since.data, self.reason.data
        return NewInOffice(
            since, reason, by, self.name.stripped, letters_wait=self.letters_wait.data
        )


class PaceForm(RecipientForm):
    """A pace; an empty field leaves it as it is."""

    per_hour = NumberField("Letters an hour", least=1, most=3_600, invalid=_PACE)
    per_day = NumberField("Letters a day", least=1, most=30_000, invalid=_PACE)
    opens = TimeOfDayField("Opens")
    closes = TimeOfDayField("Closes")
    zone = TextField("Time zone")

    messages = {
        "closes-before-it-opens": ("closes", "Closing time must be after opening time."),
        "no-zone": ("zone", "Enter a time zone like Europe/Athens."),
    }

    @property
    def pace_change(self) -> PaceChange:
        times = self.opens.data, self.closes.data
        return PaceChange(self.per_hour.data, self.per_day.data, *times, self.zone.stripped or None)


class DigestForm(RecipientForm):
    on = BooleanField()
    weekly = BooleanField("Weekly instead of daily")


class PauseForm(RecipientForm):
    reason = ReasonField()

    messages = {
        "no-pause-reason": ("reason", "Give a reason. Supporters see that letters are on hold.")
    }


class ResumeForm(RecipientForm):
    pass
