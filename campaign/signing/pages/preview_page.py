"""The page with the preview: which letters it shows, and whether she has seen them as they are."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import request

from campaign.campaigns.pages.recipients import chosen_recipients
from campaign.letters.rules.letter import SendMethod
from campaign.recipients.rules.choice import Addressing
from campaign.signing.forms.email_typos import suggest_address
from campaign.signing.forms.error_messages import error_message
from campaign.signing.forms.sign import IN_LETTER, Step
from campaign.signing.pages.preview import build_previews, show_letter
from campaign.web.context import container
from campaign.web.render import EMBED, render_page
from campaign.web.security import CSP_WITH_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response

    from campaign.letters.rules.letter import LetterDraft
    from campaign.recipients.rows import RecipientRow
    from campaign.signing.forms.sign import SignForm
    from campaign.signing.pages.preview import LetterPreview
    from campaign.web.context import PageContext


@dataclass(frozen=True)
class PreviewPage:
    """The preview of a form.

    `action`: where it is posted. `has_signed`: she has signed before, and adds a letter now.
    """

    page: PageContext
    form: SignForm
    action: str
    has_signed: bool = False

    def written_to(self) -> list[RecipientRow]:
        """Return whom she writes to, as things are now; nobody if no letter can be written."""
        choices = self._choices()
        if choices:
            wanted = self.form.typed("write_to")
            return [row for row in choices if row.key == wanted] or choices[:1]
        return self._recipients()

    def take_letters(self, recipients: Sequence[RecipientRow]) -> list[LetterDraft] | Response:
        """Return her letters if she sends them as she saw them, else the page that shows them."""
        previews = build_previews(self.page, self.form, recipients, self.form.step)
        if self.form.step is not Step.SEND or not self._were_shown(previews):
            return self._render(previews)
        method = self.form.send_method
        if method is SendMethod.PRINT and any(one.unprintable for one in previews):
            return self._render(previews, HTTPStatus.UNPROCESSABLE_ENTITY)
        return [one.as_written_letter(method) for one in previews]

    def show_faults(self, recipients: Sequence[RecipientRow]) -> Response:
        text_is_faulty = any(letter.errors for letter in self.form.letters)
        step = Step.KEEP if text_is_faulty else Step.PREVIEW
        previews = build_previews(self.page, self.form, recipients, step)
        return self._render(previews, HTTPStatus.UNPROCESSABLE_ENTITY)

    def _choices(self) -> list[RecipientRow]:
        """Return whom she may choose as the recipient of her letter; none if there is no choice."""
        to = self.page.campaign.facts.recipients.to
        return self._recipients() if to is Addressing.SUPPORTER_CHOOSES else []

    def _recipients(self) -> list[RecipientRow]:
        government = self.form.typed("government")
        chosen = chosen_recipients(self.page).by_government.get(government, ())
        return [one.row for one in chosen]

    def _were_shown(self, previews: Sequence[LetterPreview]) -> bool:
        """Return whether exactly these letters were on the page that she came from."""
        settled = all(one.was_shown and not one.conflict for one in previews)
        return settled and len(self.form.letters) == len(previews)

    def _is_another_chosen(self, previews: Sequence[LetterPreview]) -> bool:
        """Return whether she clicked the last button after choosing another recipient."""
        shown = [letter.recipient for letter in self.form.letters]
        keys = [one.recipient.key for one in previews]
        return bool(self.form.typed("write_to")) and shown != keys

    def _render(self, previews: Sequence[LetterPreview], status: int = HTTPStatus.OK) -> Response:
        page, form = self.page, self.form
        with container.database.reading() as session:
            letters = [show_letter(session, page, form, one) for one in previews]
        unprintable = "".join(dict.fromkeys("".join(one.unprintable for one in previews)))
        said = ""
        if unprintable:
            said = error_message(page.language, "not-on-paper", characters=unprintable)
        is_print, is_faulty = form.send_method is SendMethod.PRINT, status != HTTPStatus.OK
        refused = said if is_print and is_faulty else ""
        last_step = form.step is Step.SEND
        return render_page(
            page,
            "signing/preview.html",
            status=status,
            policy="" if request.blueprint == EMBED else CSP_WITH_REQUESTS,
            form=form,
            action=self.action,
            has_signed=self.has_signed,
            errors=[
                *form.errors_at(("stamp", *IN_LETTER)),
                *(error for one in previews for error in one.form.error_list()),
                *form.errors_at(["demands"]),
                *([("way", refused)] if refused else []),
            ],
            unprintable_message=said,
            way_errors=[refused] if refused else [],
            letters=letters,
            choices=self._choices(),
            another_chosen=last_step and self._is_another_chosen(previews),
            changed=last_step and status == HTTPStatus.OK,
            suggested_email="" if self.has_signed else suggest_address(form.typed("email")),
            switch_step=Step.PREVIEW.value,
        )
