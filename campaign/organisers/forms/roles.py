"""Roles in a campaign: the fields that give them, and the forms of its team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget

from campaign.console.forms import BAD_TEXT, ConsoleForm
from campaign.errors import InvalidFields, InvalidText, PermissionDenied
from campaign.language.formats import language_name
from campaign.organisers.campaign_roles import checked_role
from campaign.organisers.rules.roles import Role
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from campaign.organisers.rules.roles import CampaignRole

ROLE_CHOICES = [(role.value, role.value.capitalize()) for role in reversed(Role)]

ROLE_MESSAGES = {
    "no-language": ("languages", "Choose at least one language for a translator."),
    "unknown-language": ("languages", "Choose languages from the list."),
}
"""What `checked_role` refuses, and what to say at which field."""


class RoleField(ChoiceField):
    def __init__(self, label: str = "Role", **kwargs: Any) -> None:
        super().__init__(label, **{"choices": ROLE_CHOICES, **kwargs})


class LanguagesField(SelectMultipleField):
    """The languages that a translator may write in, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str = "Languages, for a translator", **kwargs: Any) -> None:
        super().__init__(label, choices=_languages, validate_choice=False, **kwargs)

    def role_of(self, role: Role) -> CampaignRole:
        """Return a role with the chosen languages; raise InvalidText like `checked_role`."""
        return checked_role(role, self.data or (), container.languages)


class TeamForm(ConsoleForm):
    """A form about somebody's role in the campaign; by itself, a button."""

    conflicts = {
        PermissionDenied: "This is the campaign’s last owner. Make somebody else an owner first."
    }


class CampaignRoleForm(TeamForm):
    role = RoleField()
    languages = LanguagesField()

    messages = ROLE_MESSAGES

    @property
    def given(self) -> CampaignRole:
        return self.languages.role_of(Role(self.role.data))

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidText)
        self.add_error(*self.messages.get(error.reason, ("role", BAD_TEXT)))


class AddPersonForm(CampaignRoleForm):
    email = TextField("E-mail address", widget=EmailInput())

    messages = {
        **ROLE_MESSAGES,
        "no-account": (
            "email",
            "Nobody with this address has an account here. Site owners invite people under People.",
        ),
        "has-role": ("email", "They work on this campaign already. Change their role in the list."),
        "not-an-address": ("email", "This is not a valid e-mail address."),
    }


def _languages() -> list[tuple[str, str]]:
    named = [(tag, language_name(tag, "en")) for tag in container.languages]
    return sorted(named, key=lambda pair: pair[1])
