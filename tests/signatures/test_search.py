"""Signatures found by whose they are, and by how they came about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from campaign.errors import InvalidText
from campaign.signatures import search
from campaign.signatures.queries.search import PageCursor
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.signatures.rules.signature import HoldReason, SignatureState
from campaign.signatures.search import ListCriteria
from tests.clock import START

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


@pytest.fixture
def three(supporter: Supporter, clock: Clock) -> None:
    """Sign three times, an hour apart; the last one is not confirmed."""
    supporter.sign(email="testa+one@example.org", government="DE", source="newsletter")
    clock.advance(hours=1)
    supporter.sign(email="other@example.net", government="FR", name="Otta Example")
    clock.advance(hours=1)
    supporter.submit(email="third@example.org", government="FR", name="Otta  EXAMPLE")


def governments(container: Container, sought: ListCriteria, limit: int = 10) -> list[str]:
    with container.database.reading() as session:
        rows = search.listing(session, container.keyring, 1, sought, limit)
        return [f"{row.government} {row.state}" for row in rows]


@pytest.mark.usefixtures("three")
def test_a_person_is_found_by_any_spelling_of_the_address_and_by_the_whole_name(
    container: Container,
) -> None:
    with container.database.reading() as session:
        for address in ("testa+one@example.org", " TESTA@Example.org", "testa+two@example.org"):
            (row,) = search.by_email(session, container.keyring, address, [1])
            assert row.government == "DE"
        assert search.by_email(session, container.keyring, "nobody@example.org", [1]) == []
        named = search.by_name(session, container.keyring, "otta example", [1])
        assert [row.state for row in named] == [SignatureState.PENDING, SignatureState.CONFIRMED]
        assert search.by_name(session, container.keyring, "Otta", [1]) == []
        with pytest.raises(InvalidText):
            search.by_email(session, container.keyring, "no address", [1])


@pytest.mark.usefixtures("three")
def test_a_listing_is_narrowed_by_each_part_and_has_the_newest_first(container: Container) -> None:
    with container.database.writing() as session:
        session.execute(
            update(SignatureRow)
            .where(SignatureRow.government == "DE")
            .values(held=True, held_for=HoldReason.ORGANISER)
        )
    hour = START + timedelta(hours=1)
    newest, middle, oldest = "FR pending", "FR confirmed", "DE confirmed"
    for sought, found in (
        (ListCriteria(), [newest, middle, oldest]),
        (ListCriteria(state=SignatureState.CONFIRMED), [middle, oldest]),
        (ListCriteria(SignatureCriteria(government="FR")), [newest, middle]),
        (ListCriteria(SignatureCriteria(source="newsletter")), [oldest]),
        (ListCriteria(SignatureCriteria(source="")), [newest, middle]),
        (ListCriteria(SignatureCriteria(domain="@EXAMPLE.org")), [newest, oldest]),
        (ListCriteria(SignatureCriteria(held_only=True)), [oldest]),
        (ListCriteria(SignatureCriteria(created_from=hour)), [newest, middle]),
        (ListCriteria(SignatureCriteria(created_until=hour)), [oldest]),
        (ListCriteria(SignatureCriteria(created_from=hour), SignatureState.CONFIRMED), [middle]),
        (ListCriteria(revision_id=4711), []),
    ):
        assert governments(container, sought) == found
    with pytest.raises(InvalidText):
        governments(container, ListCriteria(SignatureCriteria(domain="no domain")))


@pytest.mark.usefixtures("three")
def test_a_listing_goes_on_after_its_last_row_also_among_rows_of_one_moment(
    container: Container,
) -> None:
    with container.database.writing() as session:
        session.execute(update(SignatureRow).values(created_at=START))
    seen, after = [], None
    with container.database.reading() as session:
        while rows := search.listing(session, container.keyring, 1, ListCriteria(), 1, after):
            seen += [row.id for row in rows]
            after = PageCursor(rows[-1].created_at, rows[-1].id)
        assert sorted(seen) == sorted(session.scalars(select(SignatureRow.id)))
    assert len(seen) == 3
