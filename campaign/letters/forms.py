"""What an organiser asks about letters: which ones, and what becomes of them."""

from __future__ import annotations

from campaign.console.forms import ConsoleForm, ReasonField, ShownCountField
from campaign.console.listing import FilterForm
from campaign.console.selected_campaign import selected_campaign
from campaign.console.session import current_user
from campaign.delivery.decide import MAX_DECISION_REASON, DecisionKind, ManualDecision
from campaign.delivery.queries.letter_lists import LetterFilter
from campaign.errors import NotFound
from campaign.letters.rules.letter import LETTER_STATE_LABELS, LetterState
from campaign.recipients.rules.recipient import is_recipient_key
from campaign.web.forms import ChoiceField, TextField

LISTED_STATES = [state for state in LetterState if state is not LetterState.DRAFT]
"""Without drafts: a draft is no letter yet, because its signature was never confirmed."""


_STATES = [("", "any"), *((one.value, LETTER_STATE_LABELS[one]) for one in LISTED_STATES)]
_YES_OR_ANY = [("", "any"), ("y", "yes")]


class LetterFilterForm(FilterForm):
    """Which of the campaign's letters; an unknown value is ignored. Links and buttons carry it."""

    endpoint = "console.letters"

    state = ChoiceField("Status", choices=_STATES, validate_choice=False)
    recipient = ChoiceField("Office", validate_choice=False)
    answered = ChoiceField("Answered", choices=_YES_OR_ANY, validate_choice=False)
    doubtful = ChoiceField("In doubt", choices=_YES_OR_ANY, validate_choice=False)

    @property
    def letter_filter(self) -> LetterFilter:
        state, recipient = self.state.data, self.recipient.data
        return LetterFilter(
            selected_campaign().campaign_id,
            LetterState(state) if state in LISTED_STATES else None,
            recipient if is_recipient_key(recipient) else "",
            answered=self.answered.data == "y",
            doubtful=self.doubtful.data == "y",
        )


class DecisionForm(ConsoleForm):
    """A decision about a letter. `verdict`: the button that was pressed."""

    verdict = TextField()
    reason = ReasonField(
        needed=("Give a reason in one line. It is kept with the letters and in the log."),
        longest=MAX_DECISION_REASON,
    )

    @property
    def decision(self) -> ManualDecision:
        """Return what is decided, and by whom; raise NotFound if no button says it."""
        if self.verdict.data not in set(DecisionKind):
            raise NotFound("verdict")
        kind = DecisionKind(self.verdict.data)
        return ManualDecision(kind, current_user().name, self.reason.data)


class BulkDecisionForm(DecisionForm):
    """A decision about all letters of a list, as many as were shown."""

    expected = ShownCountField()
