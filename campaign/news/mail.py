"""The text of a news mail, for a subscriber or for the organisers themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from campaign.delivery.mailer import RenderedMail, render_mail
from campaign.errors import NoLongerPossible, NotFound
from campaign.news import queries
from campaign.news.rules import NewsState
from campaign.signatures.queries import mail_caps
from campaign.signatures.sealing import hash_identities

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.message_builder import MessageBuilder
    from campaign.delivery.rows import OutgoingRow

PREVIEW_SIGNATURE_ID = UUID(int=0)
"""The signature id in the link of a news mail's preview: that link unsubscribes nobody."""


@dataclass(frozen=True)
class NewsMailWriter:
    """Writes news mails when they are sent (a `MailWriter`)."""

    message_builder: MessageBuilder

    def __call__(self, session: Session, row: OutgoingRow, written_at: datetime) -> RenderedMail:
        """Return a news mail; raise NoLongerPossible if its recipient does not want it any more."""
        message_builder = self.message_builder
        if row.news_id is None:
            raise NotFound(str(row.id))
        about = queries.get(session, row.news_id)
        operator = message_builder.operator_of(session, about.campaign_id)
        recipient = operator.contact
        if row.signature_id is not None:
            wanted = queries.is_subscribed(session, about.campaign_id, row.signature_id)
            if not wanted or about.state is NewsState.STOPPED:
                raise NoLongerPossible("not wanted any more")
            recipient = message_builder.load_signer(session, row.signature_id)[1].email
            identities = hash_identities(message_builder.keyring, recipient)
            if mail_caps.is_suppressed(session, identities):
                raise NoLongerPossible("stopped, by the rules of another version")
        if row.language not in about.texts:
            raise NoLongerPossible("the draft has been changed since")
        loaded = message_builder.campaign_cache.by_id(session, about.campaign_id)
        unsubscribe_url = message_builder.links.unsubscribe_url(
            row.language, loaded, row.signature_id or PREVIEW_SIGNATURE_ID, written_at
        )
        text = render_mail(
            message_builder,
            row,
            operator=operator,
            **about.texts[row.language],
            words=loaded.campaign.words_in(row.language),
            unsubscribe_url=unsubscribe_url,
        )
        return RenderedMail(recipient, text, operator, unsubscribe_url)
