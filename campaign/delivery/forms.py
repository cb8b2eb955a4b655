"""What an owner says about an incoming message that fits no letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from wtforms.validators import Optional

from campaign.console.forms import CHANGED_MEANWHILE, ConsoleForm
from campaign.console.selected_campaign import all_campaigns, campaign_name
from campaign.errors import InvalidText
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.errors import CampaignError

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_NUMBER = (
    "No letter or digest has this ID. You will find it on the letter’s page, under ID, and in "
    "the URL of that page."
)
_NOT_FILED = {
    "deleted": "That letter was deleted, so answers to it are not kept.",
    "erased": ("That campaign’s data has been erased, so nothing can be added to it."),
}


def _campaigns() -> Sequence[tuple[str, str]]:
    return [(one.slug, campaign_name(one)) for one in all_campaigns()]


class FilingForm(ConsoleForm):
    """What a message answers: a letter or a daily mail, or a campaign as a whole."""

    number = TextField("Letter or digest")
    campaign = ChoiceField(
        "Or a whole campaign",
        choices=_campaigns,
        invalid="Choose one of the campaigns.",
        validators=[Optional()],
    )

    messages = {"no-number": ("number", _NO_NUMBER)}

    @property
    def answered_id(self) -> UUID:
        """Return the id in what was typed, such as the address of a letter's page.

        Raise InvalidText if there is none.
        """
        found = _ID.search(self.number.data)
        if found is None:
            raise InvalidText("no-number")
        return UUID(found[0])

    def set_conflict(self, error: CampaignError) -> None:
        self.conflict = _NOT_FILED.get(str(error), CHANGED_MEANWHILE)
