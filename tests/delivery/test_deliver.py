"""What happens between the queue and the other side, with its good and bad days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from campaign.delivery.queries import attempts, claiming, queue
from campaign.delivery.queries.attempts import Actor, AttemptResult, MessageStart
from campaign.delivery.queries.claiming import SitePace
from campaign.delivery.rules.delivery import SEND_LEASE, Envelope, Outcome
from campaign.errors import OutcomeUnknown, TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.services import create_worker
from tests.helpers.outgoing import letter_start
from tests.helpers.transports import RefusingTransport, UnreachableTransport

if TYPE_CHECKING:
    from uuid import UUID

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

NOT_LIVE = SitePace(live=False)


def the_letter(container: Container) -> LetterRow:
    with container.database.reading() as session:
        (row,) = session.query(LetterRow).all()
        session.expunge(row)
    return row


def outcomes(container: Container, letter_id: UUID) -> list[str]:
    with container.database.reading() as session:
        return [attempt.outcome.value for attempt in attempts.attempts_of(session, letter_id)]


def only_letters(error: TransportError) -> RefusingTransport:
    """A transport that takes mails and answers every letter with the error."""

    def refusal(envelope: Envelope) -> TransportError | None:
        return error if envelope.name.startswith("letter-") else None

    return RefusingTransport(refusal)


def with_transport(
    supporter: Supporter, container: Container, transport: RefusingTransport
) -> None:
    supporter.worker = create_worker(container, transport)
    supporter.transport = transport


def test_with_nothing_due_a_worker_asks_about_nobody(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    for engine in (container.database.engine, container.database.write_engine):
        event.listen(engine, "before_cursor_execute", note)
    assert supporter.worker.step() == 0
    assert any("FROM letters" in statement for statement in asked)
    assert not any("FROM signatures" in statement for statement in asked)


def test_every_attempt_leaves_two_rows(supporter: Supporter, container: Container) -> None:
    supporter.sign()
    supporter.deliver()
    letter = the_letter(container)
    assert letter.state is LetterState.ACCEPTED
    assert outcomes(container, letter.id) == ["started", "accepted"]


def test_a_temporary_refusal_is_tried_again_with_growing_gaps(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    transport = only_letters(TransportError("450 later", permanent=False, code="450"))
    with_transport(supporter, container, transport)
    supporter.sign()
    tried_after = []
    begin = clock.now
    for _ in range(60 * 24):
        before = len(transport.tried)
        supporter.worker.step()
        if len(transport.tried) > before:
            tried_after.append(round((clock.now - begin).total_seconds() / 60))
        clock.advance(minutes=5)
        if len(tried_after) == 6:
            break
    assert tried_after == [0, 5, 20, 80, 260, 440]


def test_a_letter_that_is_refused_for_five_days_is_given_up(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    with_transport(
        supporter, container, only_letters(TransportError("450", permanent=False, code="450"))
    )
    supporter.sign()
    for _ in range(50):
        supporter.deliver()
        clock.advance(hours=3)
    assert the_letter(container).state is LetterState.REFUSED


def test_a_permanent_refusal_is_not_tried_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    transport = only_letters(TransportError("550 no such user", permanent=True, code="550"))
    with_transport(supporter, container, transport)
    private = supporter.sign()
    supporter.deliver()
    clock.advance(days=1)
    supporter.deliver()
    letter = the_letter(container)
    assert letter.state is LetterState.REFUSED
    assert outcomes(container, letter.id) == ["started", "permanent"]
    assert "refused" in supporter.browser.get(private).text


def test_an_unknown_outcome_makes_a_letter_uncertain_and_it_is_not_sent_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    transport = only_letters(OutcomeUnknown("connection lost"))
    with_transport(supporter, container, transport)
    supporter.sign()
    supporter.deliver()
    clock.advance(days=3)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert the_letter(container).state is LetterState.UNCERTAIN
    assert len([one for one in transport.tried if one.name.startswith("letter-")]) == 1


def test_a_supporters_mail_with_an_unknown_outcome_is_sent_again_under_the_same_message_id(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    answers = [OutcomeUnknown("connection lost"), None]
    transport = RefusingTransport(lambda _: answers.pop(0))
    with_transport(supporter, container, transport)
    supporter.submit()
    supporter.deliver()
    clock.advance(minutes=6)
    supporter.deliver()
    first, second = transport.tried
    assert first.message == second.message
    assert first.name == second.name


@pytest.mark.asvs("16.5.2")
def test_without_a_connection_everything_waits_and_nothing_is_lost(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    transport = UnreachableTransport(TransportError("no route", permanent=False, code="connection"))
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    supporter.submit()
    supporter.deliver()
    assert transport.sent == []
    transport.error = None
    clock.advance(minutes=6)
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_a_claim_whose_worker_died_before_the_start_goes_back_into_the_queue(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    dead = Actor("dead", "memory")
    with container.database.writing() as session:
        assert claiming.claim_letters(session, dead, clock(), 10, NOT_LIVE)
    supporter.deliver()
    assert supporter.letters() == []
    clock.advance(minutes=6)
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_letter_whose_worker_died_after_the_start_is_uncertain(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    dead = Actor("dead", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, dead, clock(), 10, NOT_LIVE)
        assert queue.begin_attempt(session, letter_start(row.id), dead, clock())
    clock.now += SEND_LEASE * 2
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert supporter.letters() == []
    assert the_letter(container).state is LetterState.UNCERTAIN


def test_a_mail_whose_worker_died_after_the_start_is_sent_again(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    dead = Actor("dead", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_mails(session, dead, clock(), 10, NOT_LIVE)
        assert queue.begin_attempt(session, MessageStart(row.id), dead, clock())
    clock.now += SEND_LEASE * 2
    supporter.worker.run_housekeeping()
    clock.advance(minutes=6)
    supporter.deliver()
    assert len(supporter.mails()) == 1


def test_a_late_report_settles_an_uncertain_letter(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    slow = Actor("slow", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, slow, clock(), 10, NOT_LIVE)
        queue.begin_attempt(session, letter_start(row.id), slow, clock())
    clock.now += SEND_LEASE * 2
    supporter.worker.run_housekeeping()
    with container.database.writing() as session:
        queue.finish_attempt(
            session, row.id, slow, AttemptResult(Outcome.ACCEPTED), clock(), [row.id]
        )
    assert the_letter(container).state is LetterState.ACCEPTED


def test_a_lost_lease_does_not_start(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign()
    slow, quick = Actor("slow", "memory"), Actor("quick", "memory")
    with container.database.writing() as session:
        (row,) = claiming.claim_letters(session, slow, clock(), 10, NOT_LIVE)
    clock.now += SEND_LEASE * 2
    with container.database.writing() as session:
        assert not queue.begin_attempt(session, letter_start(row.id), slow, clock())
        queue.expire_leases(session, clock(), 10)
        assert claiming.claim_letters(session, quick, clock(), 10, NOT_LIVE)
    with container.database.writing() as session:
        assert not queue.begin_attempt(session, letter_start(row.id), slow, clock())
        assert queue.begin_attempt(session, letter_start(row.id), quick, clock())


def test_a_stopping_worker_finishes_the_message_in_hand_and_gives_the_others_back(
    supporter: Supporter, container: Container
) -> None:
    for number in range(3):
        supporter.submit(email=f"testa{number}@example.org")

    transport = RefusingTransport(lambda _: stopped.stop())
    with_transport(supporter, container, transport)
    stopped = supporter.worker
    stopped.run()
    assert len(transport.sent) == 1
    supporter.worker = create_worker(container, transport)
    supporter.deliver()
    assert len(transport.sent) == 3


@pytest.mark.parametrize("reply", ["250 ok for testa@example.org", "<a@b> and c@d.example"])
def test_addresses_in_replies_are_masked(
    supporter: Supporter, container: Container, reply: str
) -> None:
    with_transport(
        supporter, container, only_letters(TransportError(reply, permanent=True, code="550"))
    )
    supporter.sign()
    supporter.deliver()
    with container.database.reading() as session:
        last = attempts.last_reply(session, the_letter(container).id)
    assert "@" not in last
    assert "<address>" in last
