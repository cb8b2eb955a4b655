"""What organisers type about themselves and each other: passwords, codes, invitations."""

from __future__ import annotations

from typing import Any

from wtforms.validators import Optional
from wtforms.widgets import EmailInput, HiddenInput, PasswordInput

from campaign.console.forms import BAD_TEXT, ConsoleForm
from campaign.console.listing import FilterForm
from campaign.console.selected_campaign import my_campaigns
from campaign.errors import InvalidFields, InvalidText, PermissionDenied
from campaign.organisers.accounts import Invitation
from campaign.organisers.forms.roles import (
    ROLE_CHOICES,
    ROLE_MESSAGES,
    LanguagesField,
    RoleField,
)
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction
from campaign.organisers.rules.notices import Notice
from campaign.organisers.rules.roles import MAX_NAME, MAX_PASSWORD, MIN_PASSWORD, Role
from campaign.web.forms import ChoiceField, ConsentField, TextField

MAX_QUERY_LENGTH = 120

_SITE_OWNER = "site-owner"
_AS_TYPED = {"autocapitalize": "none", "spellcheck": "false"}


def _campaigns() -> list[tuple[str, str]]:
    return [("", "Choose one"), *((one.slug, one.name) for one in my_campaigns())]


def safe_target(text: str) -> str:
    """Return where to go after signing in: a page of the console and nothing else."""
    plain = text.startswith("/console/") and "\\" not in text and "//" not in text
    return text if plain and text.isprintable() else "/console/"


class SecretField(TextField):
    """Text that no page ever sends back; its name is one of SECRET_FIELDS."""

    def _value(self) -> str:
        return ""


class PasswordField(SecretField):
    """A password; `kind`: whether password managers fill in the `current` one or make a `new`."""

    widget = PasswordInput()

    def __init__(self, label: str = "Password", *, kind: str = "current", **kwargs: Any) -> None:
        attributes = {"autocomplete": f"{kind}-password", "required": True}
        super().__init__(label, render_kw=attributes, **kwargs)


class CodeField(SecretField):
    """A code of the second step."""

    def __init__(self, label: str = "Code", **kwargs: Any) -> None:
        attributes = {"class": "digits", "autocomplete": "one-time-code", "required": True}
        super().__init__(label, render_kw=attributes | _AS_TYPED, **kwargs)


class SignedOutForm(ConsoleForm):
    """A form of somebody who is not signed in, so there is nobody to sign a token for.

    `campaign.console.access` refuses other sites' forms by their headers.
    """

    class Meta:
        csrf = False


class SignInForm(SignedOutForm):
    """`target`: where to go after signing in."""

    target = TextField(widget=HiddenInput(), filters=[safe_target])
    email = TextField(
        "E-mail address",
        widget=EmailInput(),
        render_kw={"autocomplete": "username", "inputmode": "email", "required": True, **_AS_TYPED},
    )
    password = PasswordField()
    code = CodeField()


class CurrentPasswordForm(ConsoleForm):
    """A form that a stolen cookie alone must not be enough for."""

    current = PasswordField("Current password")

    messages = {"wrong-password": ("current", "This is not your current password.")}


class NewPasswordForm(ConsoleForm):
    shortest = MIN_PASSWORD
    password = PasswordField("New password", kind="new")

    messages = {
        "short-password": ("password", f"This is shorter than {MIN_PASSWORD} characters."),
        "long-password": ("password", f"This is longer than {MAX_PASSWORD} characters."),
        "guessable-password": (
            "password",
            "This is easy to guess. Use several unrelated words.",
        ),
    }


class ChangePasswordForm(CurrentPasswordForm, NewPasswordForm):
    messages = {**CurrentPasswordForm.messages, **NewPasswordForm.messages}


class FirstPasswordForm(SignedOutForm, NewPasswordForm):
    password = PasswordField(kind="new")


class CodeForm(ConsoleForm):
    code = CodeField("The code the new app shows now")

    messages = {
        "wrong-code": (
            "code",
            ("This is not the code the app shows now. Check the app and enter it again."),
        )
    }


class FirstCodeForm(SignedOutForm, CodeForm):
    code = CodeField("The code the app shows now")


class NoticesForm(ConsoleForm):
    """Which mails an organiser wants."""

    approval_needed = ConsentField("Something waits for a second person, or could not be published")
    letters_failed = ConsentField("Letters came back, were refused, or may not have arrived")
    signatures_held = ConsentField("Signatures are held, or attack mode was turned on")
    erasure_near = ConsentField("Personal data will be erased in a week")

    @property
    def wanted(self) -> set[Notice]:
        return {one for one in Notice if self[one.value].data}


class OrganiserForm(ConsoleForm):
    """A form about an organiser; by itself, the button that ends the access."""

    conflicts = {
        PermissionDenied: "This is the last site owner. Make somebody else a site owner first: a "
        "site needs at least one."
    }


class SiteOwnerForm(OrganiserForm):
    """Whether somebody is a site owner from now on."""

    on = ConsentField(widget=HiddenInput())


class InviteForm(OrganiserForm):
    """`role`: hers in the campaign, or that of a site owner."""

    name = TextField("Name")
    email = TextField("E-mail address", widget=EmailInput())
    role = RoleField(choices=[*ROLE_CHOICES, (_SITE_OWNER, "Site owner")])
    campaign = ChoiceField("Campaign", choices=_campaigns, validators=[Optional()])
    languages = LanguagesField()

    messages = {
        "no-campaign": ("campaign", "Choose the campaign that they will work on."),
        **ROLE_MESSAGES,
        "no-name": ("name", "Enter the name to be shown in the log."),
        "long-name": ("name", f"This name is longer than {MAX_NAME} characters."),
        "no-letter": ("name", "Enter a name."),
        "link-in-name": ("name", "Enter a name, not an address."),
        "name-stays": (
            "name",
            ("This address is already listed under another name, which cannot be changed."),
        ),
        "name-taken": ("name", "Somebody else already has this name."),
        "not-an-address": ("email", "This is not a valid e-mail address."),
    }

    @property
    def invitation(self) -> Invitation:
        """Return who is invited; raise InvalidText if a role is without its campaign."""
        name, email = self.name.data, self.email.data
        if self.role.data == _SITE_OWNER:
            return Invitation(name, email, site_owner=True)
        ids = {one.slug: one.campaign_id for one in my_campaigns()}
        if self.campaign.data not in ids:
            raise InvalidText("no-campaign")
        given = self.languages.role_of(Role(self.role.data))
        return Invitation(name, email, roles={ids[self.campaign.data]: given})

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidText)
        self.add_error(*self.messages.get(error.reason, ("name", BAD_TEXT)))


class AuditLogFilter(FilterForm):
    """Which entries; an unknown action is ignored."""

    endpoint = "console.show_audit_log"

    words = TextField("Containing")
    who = ChoiceField("Who")
    action = ChoiceField("What", choices=[("", "Everything"), *((one, one) for one in AuditAction)])
    about = TextField("Target")

    @property
    def audit_filter(self) -> AuditFilter:
        action = self.action.data if self.action.data in set(AuditAction) else ""
        who = _searchable(self.who.data)
        return AuditFilter(_searchable(self.words.data), who, action, _searchable(self.about.data))


def _searchable(text: str) -> str:
    """Return text as PostgreSQL takes it in a query, which has no NUL."""
    return text.replace("\0", "")[:MAX_QUERY_LENGTH]
