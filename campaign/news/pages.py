"""The unsubscribe link of a news mail, for a person and for a mail program (RFC 8058)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from campaign.news.unsubscribe import unsubscribe
from campaign.signing.confirm import ConsentText
from campaign.store.tokens import Purpose
from campaign.web.context import PageContext, container, load_page_context
from campaign.web.render import render_page

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.language.catalogue import Language

pages = Blueprint("unsubscribe", __name__)


@pages.get("/<lang>/<slug>/unsubscribe/<token>")
def show_unsubscribe(lang: str, slug: str, token: str) -> Response:
    """Show a button, so that programs that follow links in mails change nothing."""
    page, _ = _read(lang, slug, token)
    beside = unsubscribe_explanation(page.language)
    return render_page(page, "news/unsubscribe.html", token=token, done=False, consent_text=beside)


@pages.post("/<lang>/<slug>/unsubscribe/<token>")
def submit_unsubscribe(lang: str, slug: str, token: str) -> Response:
    """Withdraw the consent, whoever posts: the token is the key, and the body is ignored.

    Answered directly and not by a redirect, which mail programs need not follow.
    """
    page, signature_id = _read(lang, slug, token)
    shown = ConsentText(unsubscribe_explanation(page.language), page.language.tag)
    with container.database.writing() as session:
        unsubscribe(session, container.ledger, signature_id, shown, page.now)
    return render_page(page, "news/unsubscribe.html", token=token, done=True)


def unsubscribe_explanation(language: Language) -> str:
    """Return what the button means; a mail program's own button means the same."""
    return language.gettext(
        "This button stops e-mail news about this open letter. Your signature and "
        "your letter stay as they are."
    )


def _read(lang: str, slug: str, token: str) -> tuple[PageContext, UUID]:
    with container.database.reading() as session:
        page = load_page_context(session, lang, slug, mailed=True)
    return page, container.tokens.read(Purpose.UNSUBSCRIBE, page.loaded.uid, token, page.now)
