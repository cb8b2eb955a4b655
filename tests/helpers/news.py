"""People who asked for news, and a news mail for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.news import queries, send
from campaign.news.rules import NewsText
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import Origin, Person, SignatureState
from campaign.signatures.sealing import hash_person, seal_person
from campaign.store.ids import uuid7
from tests.conftest import SLUG

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container
    from campaign.delivery.rules.outgoing import OutgoingState
    from campaign.news.rows import NewsRow
    from tests.supporter import Mail, Supporter

TEXTS = {"en": NewsText("News of the letter", "Something has happened.\n\nMore soon.")}
BY = "Testa Organiser"


def add_readers(container: Container, count: int, **changes: object) -> list[UUID]:
    """Store so many confirmed signatures of people who want news; return their ids."""
    now, keyring = container.clock() - timedelta(hours=1), container.keyring
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        rows = []
        for number in range(count):
            signature_id = uuid7(now)
            person = Person("Testa Example", f"reader{number}.{signature_id.hex}@example.org")
            hashes = hash_person(keyring, person)
            values = {
                "id": signature_id,
                "campaign_id": loaded.campaign_id,
                "revision_id": loaded.revision_id,
                "government": "DE",
                "language": "en",
                "origin": Origin.ONLINE,
                "state": SignatureState.CONFIRMED,
                "identity_hash": hashes.identity,
                "email_hash": hashes.email,
                "sealed": seal_person(keyring, signature_id, person),
                "send_news": True,
                "created_at": now,
                "confirmed_at": now,
            }
            rows.append(SignatureRow(**values | changes))
        session.add_all(rows)
        return [row.id for row in rows]


def make_draft(
    container: Container, texts: dict[str, NewsText] = TEXTS, news_id: UUID | None = None
) -> UUID:
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        if news_id is not None:
            return send.change_draft(session, loaded, news_id, texts).id
        now = container.clock()
        return send.add_draft(session, loaded, uuid7(now), texts, BY, now).id


def start(container: Container, news_id: UUID, shown: int = 10_000) -> int:
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        return send.start_sending(session, loaded, news_id, shown, BY, container.clock())


def stop(container: Container, news_id: UUID) -> int:
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        return send.stop_sending(session, loaded, news_id, BY, container.clock())


def queue_next(container: Container) -> int:
    """Queue a batch as a worker does that is stopped before it hands one over."""
    with container.database.writing() as session:
        return send.queue_next_batch(session, container.campaign_cache, container.clock())


def received(supporter: Supporter) -> list[Mail]:
    return supporter.received("mail-news-")


def get_news(container: Container, news_id: UUID) -> NewsRow:
    with container.database.reading() as session:
        return queries.get(session, news_id)


def mail_states(container: Container, news_id: UUID) -> dict[OutgoingState, int]:
    with container.database.reading() as session:
        return queries.count_mails_by_state(session, news_id)


def subscriber_counts(container: Container) -> dict[str, int]:
    with container.database.reading() as session:
        return send.count_subscribers(session, container.campaign_cache.by_slug(session, SLUG))
