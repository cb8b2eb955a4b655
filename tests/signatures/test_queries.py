"""One confirmed signature per person, decided by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from campaign.delivery.queries import mails
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.errors import AlreadySigned
from campaign.letters.rows import LetterRow
from campaign.signatures.queries import same_person, signatures
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.signature import HoldReason, SignatureState
from tests.helpers.worker_processes import submit_signatures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def ids(container: Container) -> list[UUID]:
    with container.database.reading() as session:
        return list(session.scalars(select(SignatureRow.id).order_by(SignatureRow.id)))


def test_of_two_submissions_confirmed_at_the_same_moment_one_wins(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    supporter.submit(government="FR")
    first, second = ids(container)
    with container.database.writing() as session:
        same_person.confirm(session, container.keyring, signatures.lock(session, first), clock())
    with pytest.raises(AlreadySigned), container.database.writing() as session:
        same_person.confirm(session, container.keyring, signatures.lock(session, second), clock())
    with container.database.reading() as session:
        states = session.scalars(select(SignatureRow.state).order_by(SignatureRow.id)).all()
    assert states == [SignatureState.CONFIRMED, SignatureState.PENDING]


def test_a_locked_signature_keeps_nobody_from_writing_what_belongs_to_it(
    postgresql_url: str, make_container: Callable[[dict[str, str]], Container], tmp_path: Path
) -> None:
    # Else a worker with a mail in hand and a page that drops it would wait for each other.
    environ = {"CAMPAIGN_DATABASE_URL": postgresql_url, "CAMPAIGN_INSTANCE": str(tmp_path)}
    container = make_container(environ)
    submit_signatures(container, 1, confirm=False)
    (only,) = ids(container)
    with container.database.writing() as page, container.database.writing() as worker:
        row = signatures.lock(page, only)
        worker.execute(text("SET LOCAL lock_timeout = '200ms'"))
        mails.enqueue(worker, row, OutgoingKind.REMINDER, "en", container.clock())
        worker.flush()


def test_another_broken_constraint_is_not_taken_for_a_second_signature(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.submit()
    (only,) = ids(container)
    with container.database.writing() as session:
        row = signatures.lock(session, only)
        row.campaign_id = 4711
        with pytest.raises(IntegrityError):
            same_person.confirm(session, container.keyring, row, clock())
        session.rollback()


def test_a_held_signature_is_confirmed_but_neither_counted_nor_sent(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit(show_name="y")
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(held=True, held_for=HoldReason.ORGANISER))
    done = supporter.confirm()
    supporter.deliver()
    assert supporter.count() == 0
    assert supporter.letters() == []
    with container.database.reading() as session:
        assert session.scalars(select(LetterRow.waiting_for)).all() == ["release"]
    private = supporter.browser.get(done.replace("/done/", "/private/")).text
    assert "review it before it counts" in private
    assert "Testa Example" not in supporter.browser.get(supporter.path("/signatories")).text
