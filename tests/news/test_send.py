"""News goes to those who asked for it, holds nothing else up, and can be stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from campaign.delivery.queries import mails
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingKind, OutgoingState
from campaign.errors import (
    NoLongerPossible,
    TransportError,
)
from campaign.news import queries, send
from campaign.news.rules import NewsState, NewsText
from campaign.organisers.queries import audit_log
from campaign.services import create_worker
from campaign.signatures.queries import mail_caps
from campaign.signatures.rows import SignatureRow
from tests.helpers.news import (
    BY,
    TEXTS,
    add_readers,
    get_news,
    mail_states,
    make_draft,
    queue_next,
    received,
    start,
    stop,
    subscriber_counts,
)
from tests.helpers.transports import UnreachableTransport

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport
    from campaign.worker import Worker
    from tests.clock import Clock
    from tests.supporter import Supporter


# What leaves


def test_each_gets_one_in_her_language_or_in_the_default_one(
    supporter: Supporter, container: Container
) -> None:
    for language in ("en", "de", "fr"):
        add_readers(container, 1, language=language)
    news_id = make_draft(
        container, TEXTS | {"de": NewsText("Neuigkeiten", "Es ist etwas geschehen.")}
    )
    assert start(container, news_id) == 3
    supporter.deliver()
    got = [
        (str(one.message["Subject"]), one.message["Content-Language"])
        for one in received(supporter)
    ]
    assert sorted(got) == [
        ("Neuigkeiten", "de"),
        ("News of the letter", "en"),
        ("News of the letter", "en"),
    ]
    assert get_news(container, news_id).state is NewsState.DONE
    supporter.deliver()
    assert len(received(supporter)) == 3


def test_the_mail_programs_button_ends_news_by_the_header_alone(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(send_news="y")
    start(container, make_draft(container))
    supporter.deliver()
    (mail,) = received(supporter)
    header = str(mail.message["List-Unsubscribe"])
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (header[0], header[-1]) == ("<", ">")
    path = urlsplit(header[1:-1]).path
    assert path == mail.link("unsubscribe")
    done = supporter.browser.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert subscriber_counts(container) == {}


def test_other_mails_have_no_such_header(supporter: Supporter) -> None:
    supporter.submit()
    assert supporter.newest_mail().message["List-Unsubscribe"] is None


def test_who_confirms_after_the_start_gets_the_next_one(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    add_readers(container, 1)
    news_id = make_draft(container)
    start(container, news_id)
    clock.advance(seconds=1)
    supporter.sign(send_news="y")
    supporter.deliver()
    assert "testa@example.org" not in [mail.to for mail in received(supporter)]
    assert get_news(container, news_id).queued == 1


def test_a_batch_is_queued_when_each_of_the_last_was_tried(
    supporter: Supporter, container: Container
) -> None:
    add_readers(container, send.BATCH + 30)
    news_id = make_draft(container)
    start(container, news_id)
    supporter.worker.step()
    assert get_news(container, news_id).queued == send.BATCH
    supporter.deliver()
    row = get_news(container, news_id)
    assert (row.queued, row.state) == (send.BATCH + 30, NewsState.DONE)
    assert len({mail.to for mail in received(supporter)}) == send.BATCH + 30
    assert len(received(supporter)) == send.BATCH + 30


@pytest.mark.long
def test_while_the_mail_server_is_away_the_queue_does_not_grow(
    container: Container, clock: Clock
) -> None:
    add_readers(container, send.BATCH + 30)
    news_id = make_draft(container)
    start(container, news_id)
    error = TransportError("no route to the host", permanent=False, code="connection")
    transport = UnreachableTransport(error)
    worker = create_worker(container, transport)
    for _ in range(20):
        worker.step()
    assert get_news(container, news_id).queued == send.BATCH
    transport.error = None
    clock.advance(minutes=6)
    while worker.step():
        pass
    assert len(transport.sent) == send.BATCH + 30


# What goes first


def test_a_confirmation_and_a_letter_leave_before_a_thousand_news_mails(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    readers = add_readers(container, 1_000)
    news_id = make_draft(container)
    start(container, news_id)
    with container.database.writing() as session:
        queries.enqueue_mails(session, news_id, [(reader, "en") for reader in readers], clock())
    clock.advance(minutes=5)
    supporter.submit()
    supporter.worker.step()
    (mail,) = supporter.mails()
    supporter.browser.post(mail.link("confirm"))
    supporter.worker.step()
    assert [one.name.partition("-")[0] for one in supporter.transport.sent] == ["mail", "letter"]
    assert received(supporter) == []
    supporter.worker.step()
    assert received(supporter) != []


def test_news_that_waits_is_not_late_for_the_doctor(container: Container, clock: Clock) -> None:
    add_readers(container, 1)
    start(container, make_draft(container))
    queue_next(container)
    clock.advance(hours=1)
    with container.database.reading() as session:
        assert mails.oldest_due_at(session, clock()) is None


# What is taken back between queueing and sending


def queued_for_one(container: Container) -> UUID:
    add_readers(container, 1)
    news_id = make_draft(container)
    start(container, news_id)
    assert queue_next(container) == 1
    return news_id


def test_a_consent_that_was_taken_back_meanwhile_drops_the_mail(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign(send_news="y")
    news_id = make_draft(container)
    start(container, news_id)
    assert queue_next(container) == 1
    supporter.browser.post(f"{private}/correct", data={"name": "Testa Example", "send_letter": "y"})
    supporter.deliver()
    assert received(supporter) == []
    assert mail_states(container, news_id) == {OutgoingState.DROPPED: 1}


@pytest.mark.parametrize("what", ["delete", "withdraw"])
def test_who_leaves_meanwhile_gets_no_news(
    supporter: Supporter, container: Container, what: str
) -> None:
    private = supporter.sign(send_news="y")
    news_id = make_draft(container)
    start(container, news_id)
    queue_next(container)
    supporter.browser.post(f"{private}/{what}")
    supporter.deliver()
    assert received(supporter) == []
    assert mail_states(container, news_id) == {OutgoingState.DROPPED: 1}


def test_what_was_erased_while_it_was_claimed_is_dropped_and_not_a_fault(
    supporter: Supporter, container: Container
) -> None:
    news_id = queued_for_one(container)
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(sealed=None, identity_hash=None))
    supporter.deliver()
    assert mail_states(container, news_id) == {OutgoingState.DROPPED: 1}


def test_an_address_that_was_stopped_for_good_meanwhile_gets_no_news(
    supporter: Supporter, container: Container
) -> None:
    news_id = queued_for_one(container)
    with container.database.writing() as session:
        identity = session.scalars(select(SignatureRow.identity_hash)).one()
        assert identity is not None
        mail_caps.suppress(session, identity, container.clock())
    supporter.deliver()
    assert received(supporter) == []
    assert mail_states(container, news_id) == {OutgoingState.DROPPED: 1}


# Stopping


def test_stopping_drops_what_has_not_left_and_the_log_says_how_many(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    add_readers(container, send.BATCH + 50)
    news_id = make_draft(container)
    total = start(container, news_id)
    supporter.worker.step()
    left = len(received(supporter))
    assert stop(container, news_id) == total - left
    supporter.deliver()
    assert len(received(supporter)) == left
    assert get_news(container, news_id).state is NewsState.STOPPED
    with container.database.reading() as session:
        entries = audit_log.search(session, audit_log.AuditFilter(about=f"news {news_id}"), 10)
        said = [(one.who, one.action, one.detail, one.number) for one in entries]
    assert said == [
        (BY, "news stopped", "News of the letter", total - left),
        (BY, "news sent", "News of the letter", total),
    ]
    with pytest.raises(NoLongerPossible):
        stop(container, news_id)


def test_a_mail_that_a_worker_had_in_hand_when_it_was_stopped_is_not_tried_again(
    container: Container, worker: Worker, transport: MemoryTransport, clock: Clock
) -> None:
    news_id = queued_for_one(container)
    with container.database.writing() as session:
        session.execute(
            update(OutgoingRow).values(
                state=OutgoingState.CLAIMED, lease_holder="gone", lease_until=clock()
            )
        )
    assert stop(container, news_id) == 0
    clock.advance(minutes=1)
    worker.run_housekeeping()
    worker.step()
    assert transport.sent == []
    assert mail_states(container, news_id) == {OutgoingState.DROPPED: 1}


def test_a_draft_cannot_be_stopped(container: Container) -> None:
    with pytest.raises(NoLongerPossible):
        stop(container, make_draft(container))


def test_only_news_mails_say_which_news(container: Container) -> None:
    add_readers(container, 1)
    start(container, make_draft(container))
    queue_next(container)
    with container.database.reading() as session:
        (mail,) = session.scalars(select(OutgoingRow))
    assert (mail.kind, mail.news_id is not None) == (OutgoingKind.NEWS, True)
