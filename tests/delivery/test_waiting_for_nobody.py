"""On PostgreSQL a message that leaves waits for nobody who has its signature."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.signatures.queries import signatures
from campaign.signatures.rows import SignatureRow

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def test_a_code_leaves_while_somebody_has_the_signature(
    container: Container, supporter: Supporter
) -> None:
    """Who confirms has the signature and wants its mail; who hands that over has the mail."""
    supporter.submit()
    with container.database.writing() as session:
        signatures.lock(session, session.scalars(select(SignatureRow.id)).one())
        handing_over = threading.Thread(target=supporter.worker.step, daemon=True)
        handing_over.start()
        handing_over.join(10)
        assert not handing_over.is_alive()
    with container.database.reading() as session:
        assert session.scalars(select(OutgoingRow.state)).one() is OutgoingState.ACCEPTED
