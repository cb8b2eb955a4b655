"""What needs a person: a recipient that refuses for good, a letter of which nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.delivery.queries import attempts
from campaign.delivery.rules.delivery import Outcome
from campaign.errors import OutcomeUnknown, TransportError
from campaign.letters.rows import LetterRow
from campaign.letters.rules.letter import LetterState
from campaign.recipients.rows import RecipientRow
from campaign.services import create_worker
from tests.helpers.transports import RefusingTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from tests.supporter import Supporter

GONE = TransportError("550 5.1.1 no such user <x@ministry.example>", permanent=True, code="550")
LATER = TransportError("450 later", permanent=False, code="450")


def answering(
    supporter: Supporter, container: Container, *answers: TransportError | None
) -> RefusingTransport:
    """Let letters meet these answers in turn, the last one for good; mails always arrive."""
    waiting = list(answers)

    def refusal(name: str) -> TransportError | None:
        if "letter-" not in name:
            return None
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    transport = RefusingTransport(lambda envelope: refusal(envelope.name))
    supporter.worker, supporter.transport = create_worker(container, transport), transport
    return transport


def recipient(container: Container) -> RecipientRow:
    with container.database.reading() as session:
        row = session.get_one(RecipientRow, "DE/foreign-affairs")
        session.expunge(row)
    return row


def letter(container: Container) -> LetterRow:
    with container.database.reading() as session:
        row = session.scalars(select(LetterRow)).one()
        session.expunge(row)
    return row


def sign(supporter: Supporter, count: int) -> list[str]:
    done = []
    for number in range(count):
        done.append(supporter.sign(email=f"testa{number}@example.org"))
        supporter.deliver()
    return done


def test_two_letters_refused_for_good_pause_the_ministry_and_call_the_organisers(
    supporter: Supporter, container: Container
) -> None:
    answering(supporter, container, GONE)
    links = sign(supporter, 3)
    supporter.worker.run_housekeeping()
    assert recipient(container).pause_reason == "2 letters in a row were permanently refused"
    (call,) = supporter.mails("contact@example.org")
    assert call.message["Subject"] == "Letters to Auswärtiges Amt (DE/foreign-affairs) are paused"
    assert "campaign recipients resume DE/foreign-affairs" in call.text
    assert "testa" not in call.text
    assert "refused your letter" in supporter.browser.get(links[0]).text
    assert "have paused letters to this office" in supporter.browser.get(links[2]).text


def test_one_call_for_one_pause(supporter: Supporter, container: Container) -> None:
    answering(supporter, container, GONE)
    sign(supporter, 5)
    assert len(supporter.mails("contact@example.org")) == 1


@pytest.mark.parametrize("between", [None, LATER])
def test_refusals_that_are_not_in_a_row_pause_nothing(
    supporter: Supporter, container: Container, between: TransportError | None
) -> None:
    answering(supporter, container, GONE, between, GONE, None)
    sign(supporter, 4)
    assert recipient(container).paused_on is None
    assert supporter.mails("contact@example.org") == []


def test_after_resuming_it_takes_two_refusals_again(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    answering(supporter, container, GONE)
    sign(supporter, 2)
    assert command("recipients", "resume", "DE/foreign-affairs").exit_code == 0
    assert recipient(container).refused_for_good == 0
    supporter.sign(email="third@example.org")
    supporter.deliver()
    assert recipient(container).paused_on is None


def test_an_uncertain_letter_is_listed_and_sent_again_when_a_person_says_so(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    transport = answering(supporter, container, OutcomeUnknown("cut"), None)
    (private,) = sign(supporter, 1)
    row = letter(container)
    assert f"{row.id}  DE/foreign-affairs  since " in command("letters", "uncertain").output
    said = command("letters", "release", str(row.id), "--reason", "not in their inbox", "--by", "T")
    assert "is queued again" in said.output
    supporter.browser.get(private)
    with container.database.writing() as session:
        session.get_one(LetterRow, row.id).due_at = row.queued_at
    supporter.deliver()
    assert letter(container).state is LetterState.ACCEPTED
    first, second = [one for one in transport.tried if "letter-" in one.name]
    assert first.message == second.message
    with container.database.reading() as session:
        history = attempts.attempts_of(session, row.id)
        released = [one for one in history if one.outcome is Outcome.RELEASED]
        assert [(one.worker, one.reply) for one in released] == [("T", "not in their inbox")]
    assert "had it sent again" in supporter.browser.get(private).text


def test_an_uncertain_letter_is_not_sent_again_when_a_person_says_so(
    supporter: Supporter, container: Container, command: Callable[..., Result]
) -> None:
    answering(supporter, container, OutcomeUnknown("cut"), None)
    (private,) = sign(supporter, 1)
    said = command("letters", "drop", str(letter(container).id), "--reason", "they have it")
    assert "is not sent again" in said.output
    supporter.deliver()
    assert supporter.letters() == []
    page = supporter.browser.get(private).text
    assert "We do not know whether your letter arrived" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("release", "{id}", "--reason", "x"), "this letter is queued, not uncertain"),
        (("drop", "{id}", "--reason", " "), "say in --reason why"),
        (("drop", "00000000-0000-7000-8000-000000000000", "--reason", "x"), "there is no letter"),
        (("drop", "nonsense", "--reason", "x"), "not a valid UUID"),
    ],
)
def test_what_cannot_be_decided_is_said(
    supporter: Supporter,
    container: Container,
    command: Callable[..., Result],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    supporter.sign()
    given = [part.format(id=letter(container).id) for part in arguments]
    answer = command("letters", *given)
    assert answer.exit_code == 2
    assert said in answer.output
