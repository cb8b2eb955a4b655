"""In live mode no recipient is written to before a person has verified its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.errors import InvalidText, NotFound
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.verify import AddressCheck
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.helpers.settings import live_environ
from tests.helpers.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

EU_27 = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)


def verified(container: Container, recipient: str, email: str, clock: Clock) -> None:
    with container.database.writing() as session:
        verify(session, recipient, email, AddressCheck("Tester", "made up"), live=True, now=clock())


def test_a_letter_waits_for_a_verified_address_and_everyone_can_see_why(
    live: tuple[Supporter, Container],
) -> None:
    supporter, _ = live
    preview = supporter.post(supporter.form(step="preview"))
    assert "nobody has checked this office" in preview.text
    private = supporter.sign()
    supporter.deliver()
    assert supporter.letters() == []
    said = "Your letter is on hold until somebody has checked this office’s address."
    assert said in supporter.browser.get(private).text


def test_an_address_in_the_reference_data_is_no_evidence(live: tuple[Supporter, Container]) -> None:
    supporter, _ = live
    supporter.sign(government="DK")
    supporter.deliver()
    assert supporter.letters() == []


def test_verifying_lets_waiting_letters_go_to_the_verified_address(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    supporter.sign()
    verified(container, "DE/foreign-affairs", "made-up@ministry.example", clock)
    supporter.deliver()
    assert [letter.to for letter in supporter.letters()] == ["made-up@ministry.example"]


def test_a_letter_that_was_queued_before_the_site_went_live_waits_too(
    supporter: Supporter, container: Container, live: tuple[Supporter, Container]
) -> None:
    supporter.sign()
    living, _ = live
    living.deliver()
    assert living.letters() == []
    with container.database.reading() as session:
        assert session.query(LetterRow).one().state is LetterState.WAITING
    supporter.worker.run_housekeeping()
    supporter.deliver()
    assert len(supporter.letters()) == 1


def test_a_live_worker_keeps_the_hourly_pace_for_each_ministry(
    live: tuple[Supporter, Container], clock: Clock
) -> None:
    supporter, container = live
    for government in ("DE", "FR"):
        verified(
            container, recipient_key(government), f"{government.lower()}@ministry.example", clock
        )
    for number in range(4):
        supporter.sign(email=f"de{number}@example.org", government="DE")
    supporter.sign(email="fr@example.org", government="FR")
    sent = []
    for _ in range(5):
        supporter.deliver()
        sent.append(len(supporter.letters()))
        clock.advance(minutes=1)
    assert (sent[:2], sent[3]) == ([2, 2], 3)
    assert 3 <= sent[-1] <= 4, "one each two minutes, and a little later by chance"


@pytest.mark.parametrize(
    ("transport", "said"),
    [
        ("outbox", "Trial: e-mails and letters are saved as files"),
        ("rehearsal", "Rehearsal: every letter goes to a single test address"),
        ("smtp", "Live: letters are sent to the offices"),
    ],
)
def test_a_banner_says_in_which_mode_the_site_is(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    transport: str,
    said: str,
) -> None:
    environ = live_environ(environ) | {
        "CAMPAIGN_TRANSPORT": transport,
        "CAMPAIGN_REHEARSAL_ADDRESS": "safe@example.org",
    }
    browser = create_app(make_container(environ)).test_client()
    for path in (f"/en/{SLUG}", "/console/sign-in"):
        page = browser.get(path).text
        assert said in page
        assert page.count('class="banner') == 1


def test_when_not_live_all_27_governments_letters_are_delivered(supporter: Supporter) -> None:
    for government in EU_27:
        supporter.sign(email=f"{government.lower()}@example.org", government=government)
    supporter.deliver()
    assert len(supporter.letters()) == 27
    assert "de@ministry.example" in {letter.to for letter in supporter.letters()}


def test_verifying_needs_an_address_a_reason_and_a_known_government(
    container: Container, clock: Clock
) -> None:
    wrong = [
        ("DE/foreign-affairs", "", "Tester", "made up", InvalidText),
        ("DE/foreign-affairs", "no address", "Tester", "made up", InvalidText),
        ("DE/foreign-affairs", "a@ministry.example", "Tester", " ", InvalidText),
        ("XX", "a@ministry.example", "Tester", "made up", NotFound),
    ]
    for recipient, email, by, reason, error in wrong:
        with pytest.raises(error), container.database.writing() as session:
            verify(session, recipient, email, AddressCheck(by, reason), live=True, now=clock())


def test_a_restart_does_not_overwrite_a_verified_address(
    container: Container,
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    clock: Clock,
) -> None:
    verified(container, "DK/foreign-affairs", "made-up@ministry.example", clock)
    again = make_container(environ)
    with again.database.reading() as session:
        row = recipients.get(session, "DK/foreign-affairs").address_for(
            Channel.EMAIL, "da", live=True
        )
        assert row is not None
        assert (row.value, row.checked_by) == ("made-up@ministry.example", "Tester")
