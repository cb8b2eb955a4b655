"""What an organiser writes in news, and says when it may leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput, TextArea

from campaign.console.forms import CHANGED_MEANWHILE, ConsoleForm, ShownCountField
from campaign.errors import AudienceGrew, InvalidFields, NoLongerPossible
from campaign.language.catalogue import sort_languages
from campaign.language.formats import language_name
from campaign.news.rules import MAX_SUBJECT, MAX_TEXT, NewsText
from campaign.web.forms import ConsentField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtforms import Field

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.errors import CampaignError, InvalidText

_FAULTS = {
    "no-subject": "there is no subject.",
    "no-text": "there is no text.",
    "too-many-marks": "it has too many accents on one letter.",
    "encoded-word": "it has =? in it, which mail programs misread.",
}
_TOO_LONG = {
    "subject": f"the subject is longer than {MAX_SUBJECT} characters.",
    "text": f"the text is longer than {MAX_TEXT:,} characters.",
}


class DraftForm(ConsoleForm):
    """What a mail says: `subject-de` and `text-de` for each language of a campaign.

    `languages`: the campaign's, the required one first. `seen`: the version that was shown.
    """

    languages: ClassVar[Sequence[str]] = ()

    seen = TextField(widget=HiddenInput())

    @property
    def texts(self) -> dict[str, NewsText]:
        """Return what was typed; a language without subject and text is left out."""
        required, *_ = self.languages
        texts = {
            language: NewsText(self[f"subject-{language}"].data, self[f"text-{language}"].data)
            for language in self.languages
        }
        return {
            language: text
            for language, text in texts.items()
            if language == required or text.subject.strip() or text.text.strip()
        }

    def refuse(self, error: InvalidText | InvalidFields) -> None:
        assert isinstance(error, InvalidFields)
        for name, reason in error.reasons.items():
            kind, _, language = name.partition("-")
            fault = _TOO_LONG[kind] if reason == "too-long" else _FAULTS[reason]
            self.add_error(name, f"{language_name(language, 'en')}: {fault}")


def draft_form_of(loaded: LoadedCampaign) -> type[DraftForm]:
    """Return the form of a draft with a campaign's languages."""
    default = loaded.campaign.facts.default_language
    offered = sort_languages(loaded.campaign.revision.languages)
    languages = sorted(offered, key=lambda one: one != default)
    attributes: dict[str, object] = {"languages": languages}
    for language in languages:
        name = language_name(language, "en")
        attributes[f"subject-{language}"] = TextField(f"Subject, {name}")
        attributes[f"text-{language}"] = TextField(f"Text, {name}", widget=TextArea())
    return cast("type[DraftForm]", type("CampaignDraftForm", (DraftForm,), attributes))


class TryForm(ConsoleForm):
    """A mail in one language to the operator's own address."""

    language = TextField()

    conflicts = {NoLongerPossible: CHANGED_MEANWHILE, InvalidFields: CHANGED_MEANWHILE}


class SendForm(ConsoleForm):
    """That a mail may leave as it was shown, to about as many people as the page said."""

    seen = TextField(widget=HiddenInput())
    shown = ShownCountField()
    sure = ConsentField()

    conflicts = TryForm.conflicts

    def validate_sure(self, field: Field) -> None:
        if not field.data:
            raise ValidationError("Tick the box to send it. Sent e-mails cannot be recalled.")

    def set_conflict(self, error: CampaignError) -> None:
        super().set_conflict(error)
        if isinstance(error, AudienceGrew):
            self.conflict = (
                f"It would now go to {error.count:,} people, more than were shown. Nothing was "
                "sent. Check the numbers, and tick the box again to send it."
            )
