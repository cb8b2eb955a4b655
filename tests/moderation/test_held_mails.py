"""Mails of held submissions keep nobody else's waiting, and a network causes only so many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.deliver import BATCH_SIZE
from campaign.delivery.queries import mails
from campaign.delivery.rows import OutgoingRow
from campaign.delivery.rules.outgoing import OutgoingState
from campaign.delivery.transports.memory import MemoryTransport
from campaign.moderation.hold import hold_one
from campaign.moderation.rules import ChangeKind
from campaign.services import create_worker
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import ALL_SIGNATURES
from campaign.signatures.rules.signature import HoldReason
from tests.helpers.bulk_changes import CAUSE, finish, make_order, start_change
from tests.web.test_rate_limits import held_for, visitor, without_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

    MakeHouse = Callable[[dict[str, str]], Container]

REAL, REAL_NETWORK = "real@example.net", "198.51.100.1"


@pytest.fixture
def flooded(make_container: MakeHouse, environ: dict[str, str]) -> Container:
    """Sixty mails leave in an hour, and what a network sends beyond two signatures is held."""
    return make_container(
        environ | {"CAMPAIGN_NETWORK_PER_FORM": "2", "CAMPAIGN_MAILS_PER_HOUR": "60"}
    )


@pytest.fixture
def capped(make_container: MakeHouse, environ: dict[str, str]) -> Container:
    """A site on which a network may cause two mails an hour."""
    return make_container(environ | {"CAMPAIGN_NETWORK_MAILS_PER_HOUR": "2"})


def flood(person: Supporter, many: int, **changes: str) -> list[str]:
    """Sign so often from one network; return the paths of the pages that follow."""
    return [
        person.submit(email=f"flood{number}@script.example", **changes) for number in range(many)
    ]


def from_elsewhere(person: Supporter, network: str = REAL_NETWORK, **changes: str) -> str:
    """Sign from another network."""
    own = person.browser.environ_base["REMOTE_ADDR"]
    person.browser.environ_base["REMOTE_ADDR"] = network
    path = person.submit(**{"email": REAL, **changes})
    person.browser.environ_base["REMOTE_ADDR"] = own
    return path


def recipients(person: Supporter) -> list[str]:
    return [mail.to for mail in person.mails()]


def release_all(container: Container) -> None:
    start_change(container, make_order(container, ALL_SIGNATURES, ChangeKind.RELEASE))
    finish(container)


def test_mails_of_held_submissions_leave_after_those_of_others_and_their_letters(
    flooded: Container,
) -> None:
    person = visitor(flooded)
    flood(person, 8)
    from_elsewhere(person)
    person.worker.step()
    assert set(recipients(person)) == {"flood0@script.example", "flood1@script.example", REAL}
    person.browser.post(person.mails(REAL)[0].link("confirm"))
    person.worker.step()
    assert len(person.letters()) == 1
    person.worker.step()
    assert len(person.mails()) == 9


def test_one_network_does_not_use_up_a_small_budget_before_it_is_over_its_limit(
    make_container: MakeHouse, environ: dict[str, str]
) -> None:
    person = visitor(make_container(environ | {"CAMPAIGN_MAILS_PER_HOUR": "20"}))
    flood(person, 25)
    from_elsewhere(person)
    person.deliver()
    assert REAL in recipients(person)[:3]
    assert len(person.mails()) == 2 + 1 + 2


def test_one_network_does_not_use_up_what_one_domain_may_have(
    make_container: MakeHouse, environ: dict[str, str]
) -> None:
    person = visitor(make_container(environ | {"CAMPAIGN_MAILS_PER_DOMAIN": "10"}))
    flood(person, 12)
    from_elsewhere(person, email="real@script.example")
    person.deliver()
    assert "real@script.example" in recipients(person)


def test_mails_of_held_submissions_leave_from_a_tenth_and_take_nothing_from_others(
    make_container: MakeHouse, environ: dict[str, str], clock: Clock
) -> None:
    budgets = {"CAMPAIGN_MAILS_PER_HOUR": "20", "CAMPAIGN_MAILS_PER_DOMAIN": "20"}
    container = make_container(environ | budgets | {"CAMPAIGN_NETWORK_PER_FORM": "1"})
    person = visitor(container)
    flood(person, 6)
    left = []
    for _ in range(3):
        person.deliver()
        left.append(len(person.mails()))
        clock.advance(hours=1)
    assert left == [3, 5, 6]
    flood(person, 4, government="FR")
    person.deliver()
    for number in range(20):
        from_elsewhere(person, f"203.0.113.{number}", email=f"testa{number}@script.example")
    person.deliver()
    own = [one for one in recipients(person) if one.startswith("testa")]
    assert len(own) == 20
    assert person.worker.step() == 0


def test_of_one_domain_held_submissions_have_a_tenth_too(
    make_container: MakeHouse, environ: dict[str, str], clock: Clock
) -> None:
    narrow = {"CAMPAIGN_MAILS_PER_DOMAIN": "10", "CAMPAIGN_NETWORK_PER_FORM": "1"}
    person = visitor(make_container(environ | narrow))
    flood(person, 4)
    person.deliver()
    assert len(person.mails()) == 2
    clock.advance(hours=1)
    person.deliver()
    assert len(person.mails()) == 3


def test_many_that_are_held_cost_no_look_while_their_budget_is_spent(
    flooded: Container, clock: Clock
) -> None:
    person = visitor(flooded)
    flood(person, 10 + BATCH_SIZE)
    person.deliver()
    assert len(person.mails()) == 2 + 6
    with flooded.database.reading() as session:
        due = session.scalars(
            select(OutgoingRow.due_at).where(OutgoingRow.state == OutgoingState.QUEUED)
        ).all()
    assert len(due) == 2 + BATCH_SIZE
    assert set(due) == {clock()}


def test_what_waits_for_its_turn_is_no_alarm(flooded: Container, clock: Clock) -> None:
    person = visitor(flooded)
    flood(person, 9)
    person.deliver()
    clock.advance(minutes=30)
    with flooded.database.reading() as session:
        assert mails.oldest_due_at(session, clock()) is None
        assert mails.oldest_untried_confirmation_at(session) is None


def test_the_mail_of_a_submission_that_was_released_meanwhile_is_an_ordinary_one(
    flooded: Container,
) -> None:
    person = visitor(flooded)
    flood(person, 12)
    release_all(flooded)
    person.deliver()
    assert len(person.mails()) == 12


def test_a_mail_that_is_queued_when_its_signature_is_held_goes_to_the_end(
    supporter: Supporter, container: Container
) -> None:
    supporter.submit()
    with container.database.writing() as session:
        first = session.scalars(select(SignatureRow.id)).one()
        hold_one(session, first, CAUSE, container.clock())
    supporter.submit(email=REAL)
    supporter.worker.step()
    assert recipients(supporter) == [REAL]
    supporter.deliver()
    assert len(supporter.mails()) == 2


def test_beyond_a_networks_mails_the_page_is_the_same_and_the_mail_waits(
    capped: Container, clock: Clock
) -> None:
    person = visitor(capped)
    pages = {without_tokens(person.browser.get(path).text) for path in flood(person, 4)}
    assert len(pages) == 1
    assert held_for(capped) == {None: 2, HoldReason.RATE_LIMIT: 2}
    from_elsewhere(person)
    for _ in range(3):
        person.deliver()
        clock.advance(hours=1)
    assert recipients(person) == ["flood0@script.example", "flood1@script.example", REAL]


def test_a_release_sends_the_mail_that_waited_and_its_link_confirms(
    capped: Container, clock: Clock
) -> None:
    person = visitor(capped)
    flood(person, 3)
    clock.advance(days=6)
    person.deliver()
    release_all(capped)
    person.deliver()
    assert recipients(person).count("flood2@script.example") == 1
    person.confirm("flood2@script.example")
    assert person.count() == 1


def test_a_mail_that_waits_is_none_of_the_days_three_before_it_is_released(
    capped: Container,
) -> None:
    person = visitor(capped)
    flood(person, 2)
    for _ in range(4):
        person.submit(email=REAL)
    for _ in range(2):
        from_elsewhere(person)
    person.deliver()
    assert recipients(person).count(REAL) == 2
    release_all(capped)
    person.deliver()
    assert recipients(person).count(REAL) == 3


def test_who_has_signed_already_is_told_so_when_that_is_released(capped: Container) -> None:
    person = visitor(capped)
    from_elsewhere(person)
    person.confirm(REAL)
    flood(person, 2)
    person.submit(email=REAL)
    person.deliver()
    assert recipients(person).count(REAL) == 1
    release_all(capped)
    assert "already" in person.newest_mail(REAL).text


def test_asking_once_more_is_a_mail_that_a_network_causes(capped: Container, clock: Clock) -> None:
    person = visitor(capped)
    (path,) = flood(person, 1)
    pages = {person.browser.post(f"{path}/again").text for _ in range(3)}
    assert len({without_tokens(one) for one in pages}) == 1
    person.deliver()
    assert len(person.mails()) == 2
    clock.advance(days=1)
    person.browser.environ_base["REMOTE_ADDR"] = REAL_NETWORK
    person.browser.post(f"{path}/again")
    person.deliver()
    assert len(person.mails()) == 3


def test_asking_once_more_does_not_let_go_what_waits_for_a_release(capped: Container) -> None:
    person = visitor(capped)
    *_, held = flood(person, 3)
    person.browser.environ_base["REMOTE_ADDR"] = REAL_NETWORK
    assert person.browser.post(f"{held}/again").status_code == 303
    person.deliver()
    assert "flood2@script.example" not in recipients(person)


def test_asking_for_a_fresh_link_is_a_mail_that_a_network_causes(capped: Container) -> None:
    person = visitor(capped)
    private = person.sign()
    for _ in range(3):
        assert person.browser.post(f"{private}/fresh").status_code == 200
    person.deliver()
    assert len(person.mails()) == 2


def test_nobody_is_reminded_of_a_mail_that_waits(capped: Container, clock: Clock) -> None:
    person = visitor(capped)
    flood(person, 3)
    person.deliver()
    clock.advance(hours=25)
    person.worker.run_housekeeping()
    person.deliver()
    assert recipients(person).count("flood2@script.example") == 0
    assert recipients(person).count("flood0@script.example") == 2
    release_all(capped)
    person.worker.run_housekeeping()
    person.deliver()
    assert recipients(person).count("flood2@script.example") == 1


def test_a_mail_that_waits_goes_with_a_submission_that_is_never_confirmed(
    capped: Container, clock: Clock
) -> None:
    person = visitor(capped)
    from_elsewhere(person)
    person.confirm(REAL)
    flood(person, 3)
    person.submit(email=REAL)
    clock.advance(days=8)
    person.worker.run_housekeeping()
    with capped.database.reading() as session:
        assert OutgoingState.WAITING not in session.scalars(select(OutgoingRow.state)).all()


@pytest.mark.both_databases
def test_several_workers_share_the_budget_of_held_ones(flooded: Container) -> None:
    person = visitor(flooded)
    flood(person, 20)
    other = MemoryTransport()
    workers = [person.worker, create_worker(flooded, other)]
    while any(worker.step() for worker in workers):
        pass
    assert len(person.mails()) + len(other.sent) == 2 + 6
