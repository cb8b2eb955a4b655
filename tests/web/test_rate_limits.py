"""Too many, too fast, or from what is no person: held, under the same pages."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.rows import OutgoingRow
from campaign.delivery.transports.memory import MemoryTransport
from campaign.moderation.rules import ChangeKind
from campaign.services import create_worker
from campaign.signatures.rows import SignatureRow
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.signatures.rules.signature import HoldReason, SignatureState
from campaign.web.rate_limits import network_of
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.bulk_changes import finish, make_order, start_change
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.clock import Clock

    MakeHouse = Callable[[dict[str, str]], Container]


def visitor(container: Container, address: str = "192.0.2.7", **headers: str) -> Supporter:
    """A person who comes from that address of the network."""
    transport = MemoryTransport()
    browser = create_app(container).test_client()
    browser.environ_base.update({"REMOTE_ADDR": address} | headers)
    return Supporter(browser, create_worker(container, transport), transport, SLUG)


def held_for(container: Container) -> Counter[HoldReason | None]:
    """Return how many signatures are held for which reason, and how many are not."""
    with container.database.reading() as session:
        return Counter(session.scalars(select(SignatureRow.held_for)))


def release_by_rule(container: Container, reason: HoldReason) -> None:
    """Release what is held for a reason, as an organiser and the worker do."""
    rule = SignatureCriteria(held_only=True, held_for=reason)
    start_change(container, make_order(container, rule, ChangeKind.RELEASE))
    finish(container)


@pytest.fixture
def narrow(make_container: MakeHouse, environ: dict[str, str]) -> Container:
    """A site on which a network may send two signatures an hour."""
    return make_container(environ | {"CAMPAIGN_NETWORK_PER_FORM": "2"})


@pytest.mark.asvs("2.4.1")
def test_what_one_network_sends_beyond_its_limit_is_held_and_looks_the_same(
    narrow: Container,
) -> None:
    person = visitor(narrow)
    pages = []
    for number in range(4):
        email = f"testa{number}@example.org"
        path = person.submit(email=email)
        pages.append(without_tokens(person.browser.get(path).text))
        done = person.confirm(email)
        assert person.browser.get(done).status_code == 200
    assert held_for(narrow) == {None: 2, HoldReason.RATE_LIMIT: 2}
    assert len(set(pages)) == 1
    assert person.count() == 2
    person.deliver()
    assert len(person.letters()) == 2


def test_another_network_is_not_held_for_it(narrow: Container) -> None:
    flooding = visitor(narrow)
    for number in range(3):
        flooding.submit(email=f"testa{number}@example.org")
    # The limits are this process's, so the other one comes through the same door.
    flooding.browser.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    flooding.submit(email="testa9@example.org")
    assert held_for(narrow) == {None: 3, HoldReason.RATE_LIMIT: 1}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::", "2001:db8:1::/48"),
        ("2001:db8:2::", "2001:db8:2::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_a_network_is_an_address_or_what_one_site_is_given(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.asvs("4.1.3", "15.3.4")
def test_a_forged_header_makes_no_other_network(narrow: Container) -> None:
    person = visitor(narrow)
    for number in range(3):
        person.browser.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        person.submit(email=f"testa{number}@example.org")
    assert held_for(narrow) == {None: 2, HoldReason.RATE_LIMIT: 1}


def test_behind_a_proxy_the_visitors_own_address_counts(
    make_container: MakeHouse, environ: dict[str, str]
) -> None:
    container = make_container(
        environ | {"CAMPAIGN_NETWORK_PER_FORM": "1", "CAMPAIGN_PROXY_HOPS": "1"}
    )
    person = visitor(container)
    for address in ("203.0.113.1", "203.0.113.1", "203.0.113.2"):
        # What a visitor claims stands before what the proxy adds.
        person.browser.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.9, {address}"
        person.submit(email=f"testa{address[-1]}@example.org")
    assert held_for(container) == {None: 2, HoldReason.RATE_LIMIT: 1}


@pytest.mark.asvs("16.5.2")
def test_a_store_of_limits_that_is_away_keeps_nobody_from_signing(
    make_container: MakeHouse, environ: dict[str, str]
) -> None:
    away = {"CAMPAIGN_LIMITS_STORE": "redis://127.0.0.1:1", "CAMPAIGN_NETWORK_PER_FORM": "1"}
    container = make_container(environ | away)
    person = visitor(container)
    person.submit()
    person.submit(email="testa2@example.org")
    assert held_for(container) == {None: 1, HoldReason.RATE_LIMIT: 1}


@pytest.mark.asvs("2.4.1")
def test_a_form_that_comes_back_faster_than_anybody_types_is_held(
    make_container: MakeHouse, environ: dict[str, str], clock: Clock
) -> None:
    container = make_container(environ | {"CAMPAIGN_FORM_SECONDS": "3"})
    person = visitor(container)
    person.submit()
    form = person.form_after_preview(email="testa2@example.org")
    clock.advance(seconds=3)
    assert person.post(form).status_code == 303
    assert held_for(container) == {HoldReason.TOO_FAST: 1, None: 1}


def test_what_fills_in_the_field_that_people_leave_empty_is_held(
    supporter: Supporter, container: Container
) -> None:
    form = supporter.browser.get(supporter.path()).text
    (trap,) = re.findall(r"<input[^>]* name=\"comment\"[^>]*>", form)
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap
    assert "Leave this field empty" in form
    supporter.sign(comment="Buy pills")
    assert held_for(container) == {HoldReason.HONEYPOT: 1}
    assert supporter.count() == 0


def test_the_trap_goes_from_the_first_page_to_the_second(supporter: Supporter) -> None:
    preview = supporter.post(supporter.form(comment="Buy pills"))
    assert '<input type="hidden" name="comment" value="Buy pills">' in preview.text


def test_under_attack_everything_is_held_until_it_is_released(
    supporter: Supporter, container: Container, command: Callable[..., object]
) -> None:
    supporter.sign()
    command("attack", "begin", "--reason", "a botnet")
    supporter.sign(email="testa2@example.org")
    command("attack", "end", "--reason", "it is over")
    supporter.sign(email="testa3@example.org")
    supporter.deliver()
    assert held_for(container) == {None: 2, HoldReason.ATTACK: 1}
    assert (supporter.count(), len(supporter.letters())) == (2, 2)
    release_by_rule(container, HoldReason.ATTACK)
    supporter.deliver()
    assert (supporter.count(), len(supporter.letters())) == (3, 3)


def test_a_release_of_one_reason_leaves_the_others(
    supporter: Supporter, container: Container, command: Callable[..., object]
) -> None:
    supporter.sign(comment="Buy pills")
    command("attack", "begin", "--reason", "a botnet")
    supporter.sign(email="testa2@example.org")
    release_by_rule(container, HoldReason.ATTACK)
    assert held_for(container) == {HoldReason.HONEYPOT: 1, None: 1}


def test_a_turned_switch_says_that_it_is_so_already(command: Callable[..., object]) -> None:
    said = [
        getattr(command("attack", word, "--reason", "a botnet"), "output", "")
        for word in ("end", "begin", "begin")
    ]
    assert "not under attack" in said[0]
    assert "is under attack" in said[1]
    assert "under attack already" in said[2]


def test_under_attack_a_network_may_send_a_quarter(
    make_container: MakeHouse, environ: dict[str, str], command: Callable[..., object]
) -> None:
    container = make_container(environ | {"CAMPAIGN_NETWORK_PER_FORM": "4"})
    command("attack", "begin", "--reason", "a botnet")
    person = visitor(container)
    person.submit()
    person.submit(email="testa2@example.org")
    assert held_for(container) == {HoldReason.ATTACK: 1, HoldReason.RATE_LIMIT: 1}


@pytest.mark.asvs("2.3.2")
def test_mail_over_the_hours_budget_waits_and_none_is_lost(
    make_container: MakeHouse, environ: dict[str, str], clock: Clock
) -> None:
    container = make_container(
        environ | {"CAMPAIGN_MAILS_PER_HOUR": "3", "CAMPAIGN_MAILS_PER_DOMAIN": "2"}
    )
    person = visitor(container)
    addresses = ["testa0@example.org", "testa1@example.org", "testa2@example.org"]
    for number, address in enumerate([*addresses, "testa@example.net", "testa@example.com"]):
        person.browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        person.submit(email=address)
    left = []
    for _ in range(3):
        person.deliver()
        left.append(len(person.mails()))
        clock.advance(hours=1)
    assert left == [3, 5, 5]
    assert sorted(mail.to for mail in person.mails()[:3]) == [
        "testa0@example.org", "testa1@example.org", "testa@example.net"
    ]  # fmt: skip


def test_under_attack_a_quarter_of_the_budget_is_used(
    make_container: MakeHouse, environ: dict[str, str], command: Callable[..., object]
) -> None:
    container = make_container(environ | {"CAMPAIGN_MAILS_PER_HOUR": "8"})
    person = visitor(container)
    for number in range(4):
        person.browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        person.submit(email=f"testa{number}@example.org")
    command("attack", "begin", "--reason", "a botnet")
    person.deliver()
    assert len(person.mails()) == 2
    with container.database.reading() as session:
        assert len(session.scalars(select(OutgoingRow)).all()) == 4


def test_under_attack_the_mails_of_all_leave_from_the_budget_of_held_ones(
    make_container: MakeHouse, environ: dict[str, str], command: Callable[..., object]
) -> None:
    container = make_container(environ | {"CAMPAIGN_MAILS_PER_HOUR": "30"})
    command("attack", "begin", "--reason", "a botnet")
    person = visitor(container)
    for number in range(4):
        person.submit(email=f"testa{number}@example.org")
    person.deliver()
    assert len(person.mails()) == 3


def test_held_ones_are_pending_until_they_are_confirmed(narrow: Container) -> None:
    person = visitor(narrow)
    for number in range(3):
        person.submit(email=f"testa{number}@example.org")
    with narrow.database.reading() as session:
        states = session.scalars(select(SignatureRow.state)).all()
    assert set(states) == {SignatureState.PENDING}


def without_tokens(page: str) -> str:
    """Return a page without what is made anew for each request, and without her address."""
    page = re.sub(r"/(check|again)/[\w.-]{40,}", r"/\1/TOKEN", page)
    return re.sub(r"\w+@script\.example|testa\w*@example\.org", "HERS", page)
