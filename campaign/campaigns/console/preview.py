"""What a draft looks like: its page, its letters, its mails, also before anything is saved."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Response, current_app

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.console.draft import load_shown_draft
from campaign.campaigns.console.faults import STEP_FORMS, ExplainedFault, explained
from campaign.campaigns.console.languages import texts_form
from campaign.campaigns.draft import applied
from campaign.campaigns.draft_preview import SampleLetter, load_as_published
from campaign.campaigns.forms.draft import DraftForm
from campaign.campaigns.forms.preview import SHOWN, PreviewForm
from campaign.campaigns.pages.open_letter import show_empty_form
from campaign.campaigns.queries import campaigns as queries
from campaign.console.access import console, requires
from campaign.console.pages import console_page
from campaign.console.selected_campaign import selected_campaign
from campaign.delivery.mailer import render_supporter_mail
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.answer import MessageContent
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import ContentError, InvalidFields, MissingGlyphs
from campaign.language.formats import language_name
from campaign.organisers.rules.roles import Permission
from campaign.recipients.labels import recipient_label
from campaign.recipients.queries import recipients
from campaign.signatures.rows import SignatureRow
from campaign.store.ids import uuid7
from campaign.web.context import PageContext, container, web_services
from campaign.web.security import CSP_WITH_PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import LoadedCampaign
    from campaign.campaigns.draft import Draft
    from campaign.campaigns.rules.letter import LetterText
    from campaign.recipients.rows import RecipientRow

_WORDS = "words."
"""How the step begins in which a language is written; the language follows."""

MAIL_NAMES = {
    OutgoingKind.CONFIRMATION: "To confirm a signature",
    OutgoingKind.REMINDER: "Reminder, if it is not confirmed",
    OutgoingKind.ALREADY_SIGNED: "To somebody who has signed before",
    OutgoingKind.FRESH_LINK: "A new link to the private page",
    OutgoingKind.LETTER_COPY: "Copy of the letter, once it was delivered",
    OutgoingKind.ANSWER: "An answer that is passed on",
}
"""The mails that a campaign's supporters get."""


@console.get("/c/<slug>/draft/preview")
@requires(Permission.TRANSLATE)
def preview_draft() -> Response:
    """Show the draft as it is saved."""
    return _preview_page(load_shown_draft(), PreviewForm(), [])


@console.post("/c/<slug>/draft/preview")
@requires(Permission.TRANSLATE)
def preview_unsaved() -> Response:
    """Show the draft with what stands in a form of it, and save nothing."""
    asked = PreviewForm()
    before = load_shown_draft(DraftForm().base.number)
    draft = before if before.texts else load_shown_draft()
    kind = _form_kind(asked.step.data, draft)
    if kind is None:
        return _preview_page(draft, asked, [])
    form = kind(draft)()
    try:
        form.validate()
        texts = applied(draft.texts, form.edits)
    except InvalidFields as error:
        form.refuse(error)
        texts = draft.texts
    faults = [
        ExplainedFault(form[name].label.text, form[name].errors[0], "") for name in form.errors
    ]
    return _preview_page(replace(draft, texts=texts), asked, faults)


def _form_kind(step: str, draft: Draft) -> Callable[[Draft], type[DraftForm]] | None:
    language = step.removeprefix(_WORDS)
    if step.startswith(_WORDS) and language in draft.languages:
        return lambda one: texts_form(one, language)
    return STEP_FORMS.get(step)


def _preview_page(draft: Draft, asked: PreviewForm, faults: list[ExplainedFault]) -> Response:
    named = asked.step.data.removeprefix(_WORDS)
    wanted = asked.language.data or named
    language = wanted if wanted in draft.languages else draft.default_language
    asked.language.offer([(one, language_name(one, "en")) for one in draft.languages])
    asked.language.data = language
    shown: dict[str, Any] = {}
    with container.database.reading() as session:
        row = queries.get(session, selected_campaign().campaign_id)
        try:
            loaded = load_as_published(row, draft, language, container.bundle_context)
            page = PageContext(loaded, container.languages[language], container.clock())
            shown = _Preview(session, page, asked).values()
        except ContentError as error:
            faults = [*faults, *(explained(one, draft) for one in error.faults)]
    if isinstance(made := shown.get("file"), Response):
        return made
    response = console_page(
        "campaigns/console/preview.html",
        status=422 if faults and not shown else 200,
        surroundings="console/frame.html" if asked.bare.data else "console/base.html",
        asked=asked,
        draft=draft,
        faults=faults,
        shown={**dict.fromkeys(("page", "image", "letter", "mails")), **shown},
        is_shown=bool(shown),
        kinds=SHOWN,
        written_in=language,
    )
    response.headers["Content-Security-Policy"] = CSP_WITH_PICTURES
    return response


def render_draft_page(session: Session, page: PageContext) -> str:
    """Return the letter's page as its visitors would get it, from a request like theirs."""
    path, site = f"/{page.language.tag}/{page.slug}", container.settings.base_url
    with current_app.test_request_context(path, base_url=site):
        return show_empty_form(session, page).get_data(as_text=True)


@dataclass(frozen=True)
class _Preview:
    """One preview: of what is asked, the values that its template shows."""

    session: Session
    page: PageContext
    asked: PreviewForm

    def values(self) -> dict[str, Any]:
        """Return what to show; `file` is a whole response."""
        if self.asked.shown == "page":
            return self._page()
        if self.asked.shown == "image":
            return {"image": b64encode(self._share_image()).decode()}
        recipient = self._recipient()
        if self.asked.shown == "pdf":
            return {"file": self._pdf(recipient)}
        if self.asked.shown == "mails":
            return {"mails": list(self._mails(recipient))}
        return {"letter": self._letter(recipient)}

    @property
    def _loaded(self) -> LoadedCampaign:
        return self.page.loaded

    @property
    def _language(self) -> str:
        return self.page.language.tag

    def _page(self) -> dict[str, Any]:
        html = render_draft_page(self.session, self.page)
        if self.asked.bare.data:
            return {"file": Response(html, mimetype="text/html")}
        return {"page": html}

    def _share_image(self) -> bytes:
        page = self.page
        return web_services.share_images.share_image(page.loaded, page.language, 0, [], page.now)

    def _recipient(self) -> RecipientRow:
        """Return who is chosen, or the first who reads this language; the form offers them all."""
        candidates = self.page.candidates()
        every = {key for some in candidates.values() for key in some}
        known = recipients.with_keys(self.session, every)
        rows = sorted(known, key=lambda row: recipient_label(row.key))
        if not rows:
            raise ContentError([f"{FACTS_FILE}: recipients: nobody is in the directory for these"])
        field, usual = (
            self.asked.recipient,
            [r for r in rows if self._language in r.letter_languages],
        )
        field.offer([(row.key, recipient_label(row.key)) for row in rows])
        chosen = [row for row in rows if row.key == field.data]
        field.data = (chosen or usual or rows)[0].key
        return (chosen or usual or rows)[0]

    def _text(self, recipient: RecipientRow) -> LetterText:
        asked = self.asked
        sample = SampleLetter(asked.person.signature_block, asked.own_paragraph, asked.seed)
        return sample.compose(self.page.campaign, recipient, self._language)

    def _letter(self, recipient: RecipientRow) -> dict[str, Any]:
        builder, campaign, language = (
            container.message_builder,
            self.page.campaign,
            self._language,
        )
        return {
            "sender": builder.from_mailbox(campaign, language, self.asked.person, language),
            "recipient": recipient.name_in(language),
            "reads": [language_name(one, "en") for one in recipient.letter_languages],
            "is_read": language in recipient.letter_languages,
            "text": self._text(recipient),
            "footer": builder.render_footer(campaign, language, container.links.absolute_url("/…")),
        }

    def _pdf(self, recipient: RecipientRow) -> Response:
        text, today = self._text(recipient), self.page.now.date()
        letter = container.letter_builder.lay_out(
            text, self.asked.person, recipient, self._language, today, addressed=False
        )
        try:
            made = container.pdf_renderer.render_letter(letter)
        except MissingGlyphs as error:
            return Response(
                f"These characters cannot be printed: {error}", 422, mimetype="text/plain"
            )
        response = Response(made, mimetype="application/pdf")
        response.headers["Content-Disposition"] = 'inline; filename="preview.pdf"'
        return response

    def _mails(self, recipient: RecipientRow) -> Any:
        """Yield each mail's name, subject and body, with links that lead nowhere."""
        now, language = self.page.now, self._language
        signature = SignatureRow(
            id=uuid7(now), campaign_id=self._loaded.campaign_id, identity_hash=bytes(32)
        )
        answer = MessageContent(
            sender="office@example.org",
            subject=f"Re: {self.page.words.title}",
            text="(The office’s answer stands here.)",
            files=(),
            truncated=False,
        )
        quoted: Mapping[OutgoingKind, dict[str, Any]] = {
            OutgoingKind.LETTER_COPY: {
                "letter": self._text(recipient),
                "has_left": True,
                "recipient": "",
            },
            OutgoingKind.ANSWER: {"answer": answer, "other_domain": ""},
        }
        for kind, name in MAIL_NAMES.items():
            row = OutgoingRow(id=uuid7(now), kind=kind, language=language)
            text = render_supporter_mail(
                container.message_builder,
                row,
                self._loaded,
                signature,
                now,
                **quoted.get(kind, {}),
            )
            subject, _, body = text.partition("\n\n")
            yield name, subject, body
