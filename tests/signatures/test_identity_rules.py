"""One mailbox in many spellings is one person, also where older rules hashed it otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.errors import AlreadySigned
from campaign.letters.rows import LetterCapRow
from campaign.letters.sealing import hash_caps
from campaign.moderation.invalidate import invalidate_one, restore_one
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures import search
from campaign.signatures.rehash import BATCH, rehash
from campaign.signatures.rows import MailCapRow, SignatureRow
from campaign.signatures.rules.identity import CURRENT_IDENTITY_VERSION
from campaign.signatures.rules.signature import SignatureState
from campaign.signatures.sealing import hash_identity, seal_person, unseal_person
from tests.helpers.news import make_draft, received, start
from tests.helpers.signatures import add_confirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

ONE, OTHER = "te-sta@proton.me", "testa@pm.me"
CAUSE = Justification("Organa Example", "a test")
ALREADY = "You have already signed"

SAME_MAILBOX = [
    (ONE, OTHER),
    ("testa@gmail.com", "te.sta+news@googlemail.com"),
    ("testa@icloud.com", "testa@me.com"),
    ("testa@yandex.ru", "testa@ya.ru"),
    ("testa@fastmail.com", "news@testa.fastmail.com"),
    ("testa@posteo.de", "testa@posteo.net"),
    ("testa@runbox.com", "testa@rbx.run"),
]


def all_rows(container: Container) -> Sequence[SignatureRow]:
    with container.database.reading() as session:
        rows = session.scalars(select(SignatureRow).order_by(SignatureRow.id)).all()
        session.expunge_all()
    return rows


def made_by_older_rules(container: Container) -> None:
    """Hash everything as the version before did: signatures, and what was counted today."""
    with container.database.writing() as session:
        for row in session.scalars(select(SignatureRow)):
            assert row.sealed is not None
            person = unseal_person(container.keyring, row.id, row.sealed)
            older = hash_identity(container.keyring, person.email, 1)
            for cap in session.scalars(select(MailCapRow)):
                if cap.identity_hash == row.identity_hash:
                    cap.identity_hash = older
            row.identity_hash, row.identity_rules = older, 1


def subjects(supporter: Supporter, to: str) -> list[str]:
    supporter.deliver()
    return [mail.message["Subject"].split(":")[0] for mail in supporter.mails(to)]


@pytest.mark.parametrize(("one", "other"), SAME_MAILBOX)
def test_a_mailbox_signs_once_in_whichever_spelling_and_is_told_so_in_the_one_that_it_used(
    supporter: Supporter, one: str, other: str
) -> None:
    supporter.sign(email=one, name="Testa First")
    supporter.submit(email=other, name="Testa Again")
    assert subjects(supporter, other) == [ALREADY]
    private = supporter.browser.get(supporter.newest_mail(other).link("private"))
    assert "Testa First" in private.text
    assert "Testa Again" not in private.text
    assert supporter.count() == 1


def test_a_tag_of_which_the_provider_says_nothing_leads_to_the_address_that_was_confirmed(
    supporter: Supporter,
) -> None:
    supporter.sign()
    supporter.submit(email="testa+more@example.org")
    assert subjects(supporter, "testa+more@example.org") == []
    assert subjects(supporter, "testa@example.org")[-1] == ALREADY


def test_spellings_that_a_provider_tells_apart_are_two_people(supporter: Supporter) -> None:
    for email in ("te.sta@outlook.com", "testa@outlook.com", "testa@hotmail.com"):
        supporter.sign(email=email)
    assert supporter.count() == 3


def test_whoever_deletes_meanwhile_is_told_nothing(supporter: Supporter) -> None:
    private = supporter.sign(email=ONE)
    supporter.submit(email=OTHER)
    supporter.browser.post(f"{private}/delete")
    assert ALREADY not in subjects(supporter, OTHER)


def test_who_confirmed_under_older_rules_is_recognised(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(email=OTHER)
    made_by_older_rules(container)
    check = supporter.submit(email=OTHER)
    supporter.browser.post(f"{check}/again")
    assert subjects(supporter, OTHER)[1:] == [ALREADY, ALREADY]


def test_who_confirmed_under_older_rules_is_not_reminded(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    supporter.sign(email=OTHER)
    supporter.submit(email=OTHER)
    made_by_older_rules(container)
    with container.database.writing() as session:
        row = session.scalars(select(SignatureRow).where(SignatureRow.state == "pending")).one()
        row.identity_hash, row.identity_rules = (
            hash_identity(container.keyring, OTHER),
            CURRENT_IDENTITY_VERSION,
        )
    clock.advance(hours=25)
    supporter.worker.run_housekeeping()
    assert {row.state for row in all_rows(container)} == {
        SignatureState.CONFIRMED,
        SignatureState.DROPPED,
    }


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_submissions_by_different_rules_one_is_confirmed(
    supporter: Supporter, container: Container, first: int
) -> None:
    supporter.submit(email=OTHER)
    made_by_older_rules(container)
    supporter.submit(email=OTHER)
    supporter.deliver()
    links = [mail.link("confirm") for mail in supporter.mails(OTHER)]
    assert supporter.browser.post(links[first]).status_code == 303
    assert supporter.browser.post(links[1 - first]).status_code != 303
    assert supporter.count() == 1
    (row,) = [row for row in all_rows(container) if row.state is SignatureState.CONFIRMED]
    assert (row.identity_hash, row.identity_rules) == (
        hash_identity(container.keyring, OTHER),
        CURRENT_IDENTITY_VERSION,
    )


@pytest.mark.parametrize("both", [False, True])
def test_nobody_is_brought_back_beside_a_signature_by_other_rules(
    supporter: Supporter, container: Container, clock: Clock, *, both: bool
) -> None:
    supporter.sign(email=OTHER)
    (old,) = [row.id for row in all_rows(container)]
    with container.database.writing() as session:
        invalidate_one(session, old, CAUSE, clock())
    if not both:
        made_by_older_rules(container)
    supporter.sign(email=OTHER)
    if both:
        made_by_older_rules(container)
    with pytest.raises(AlreadySigned), container.database.writing() as session:
        restore_one(session, container.keyring, old, CAUSE, live=False, now=clock())
    assert supporter.count() == 1


def test_who_stopped_under_older_rules_gets_no_mail_of_any_kind(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    private = supporter.sign(email=OTHER, send_news="y")
    made_by_older_rules(container)
    stop = supporter.newest_mail(OTHER).link("stop")
    supporter.submit(email=OTHER, government="FR")
    old = supporter.newest_mail(OTHER).link("stop")
    assert old != stop
    assert supporter.browser.post(old).status_code == 200
    run(container)
    before = subjects(supporter, OTHER)
    clock.advance(days=1)
    supporter.browser.post(f"{supporter.submit(email=OTHER)}/again")
    clock.advance(hours=25)
    supporter.worker.run_housekeeping()
    start(container, make_draft(container))
    assert subjects(supporter, OTHER) == before
    assert received(supporter) == []
    assert supporter.browser.get(private).status_code == 200


@pytest.mark.parametrize("left", ["delete", "withdraw"])
def test_a_letter_that_older_rules_noted_holds_the_next_one_back(
    supporter: Supporter, container: Container, clock: Clock, left: str
) -> None:
    private = supporter.sign(email=OTHER)
    supporter.deliver()
    noted_by_older_rules(container, OTHER)
    supporter.browser.post(f"{private}/{left}")
    clock.advance(days=1)
    supporter.sign(email=OTHER)
    supporter.deliver()
    assert len(supporter.letters()) == 1
    assert supporter.count() == 1


def noted_by_older_rules(container: Container, email: str) -> None:
    """Note who wrote to whom as the version before did."""
    older = hash_identity(container.keyring, email, 1)
    (cap,) = hash_caps(container.keyring, (older,), 1, "DE/foreign-affairs", live=False)
    with container.database.writing() as session:
        session.scalars(select(LetterCapRow)).one().hash = cap


def test_mails_that_older_rules_counted_today_count(
    supporter: Supporter, container: Container
) -> None:
    for government in ("DE", "FR"):
        supporter.submit(email=OTHER, government=government)
    made_by_older_rules(container)
    for government in ("MT", "AT"):
        supporter.submit(email=OTHER, government=government)
    assert len(subjects(supporter, OTHER)) == 3


def test_a_person_is_found_by_the_address_under_every_version(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(email=OTHER)
    made_by_older_rules(container)
    supporter.submit(email=ONE)
    with container.database.reading() as session:
        found = search.by_email(session, container.keyring, "testa+x@pm.me", [1])
        assert len(found) == 2


def run(container: Container) -> list[tuple[UUID, UUID]]:
    """Re-hash everything; return the pairs that are one person, earlier first."""
    *_, progress = rehash(container.database, container.keyring)
    assert progress.unreadable == 0
    return [(pair.earlier, pair.later) for pair in progress.duplicates]


def versions(container: Container) -> list[tuple[bytes | None, int | None]]:
    return [(row.identity_hash, row.identity_rules) for row in all_rows(container)]


def test_re_hashing_recognises_other_spellings_of_who_signed_before(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign(email=ONE)
    made_by_older_rules(container)
    assert run(container) == []
    assert versions(container) == [
        (hash_identity(container.keyring, OTHER), CURRENT_IDENTITY_VERSION)
    ]
    supporter.submit(email=OTHER)
    assert subjects(supporter, OTHER) == [ALREADY]


@pytest.mark.parametrize("newer", [(), (0,), (1,)])
def test_of_two_who_turn_out_to_be_one_both_stay_and_the_later_keeps_its_old_hash(
    supporter: Supporter, container: Container, clock: Clock, newer: tuple[int, ...]
) -> None:
    emails = (ONE, OTHER)
    for email in emails:
        supporter.sign(email=email if email == ONE else "other@example.org")
        clock.advance(hours=1)
    older = [hash_identity(container.keyring, email, 1) for email in emails]
    newest = hash_identity(container.keyring, ONE)
    with container.database.writing() as session:
        for number, row in enumerate(session.scalars(select(SignatureRow).order_by("id")).all()):
            assert row.sealed is not None
            person = replace(
                unseal_person(container.keyring, row.id, row.sealed), email=emails[number]
            )
            row.sealed = seal_person(container.keyring, row.id, person)
            is_newer = number in newer
            row.identity_hash = newest if is_newer else older[number]
            row.identity_rules = CURRENT_IDENTITY_VERSION if is_newer else 1
    earlier, later = (row.id for row in all_rows(container))
    for _ in range(2):
        assert run(container) == [(earlier, later)]
        assert versions(container) == [(newest, CURRENT_IDENTITY_VERSION), (older[1], 1)]
    assert supporter.count() == 2


def test_the_later_takes_the_newest_hash_once_the_earlier_is_gone(
    supporter: Supporter, container: Container, clock: Clock
) -> None:
    test_of_two_who_turn_out_to_be_one_both_stay_and_the_later_keeps_its_old_hash(
        supporter, container, clock, ()
    )
    with container.database.writing() as session:
        invalidate_one(session, all_rows(container)[0].id, CAUSE, clock())
    assert run(container) == []
    assert versions(container)[1] == (
        hash_identity(container.keyring, ONE),
        CURRENT_IDENTITY_VERSION,
    )


def test_re_hashing_goes_on_where_it_was_ended_and_leaves_pending_ones_alone(
    container: Container, supporter: Supporter
) -> None:
    supporter.submit(email=OTHER)
    add_confirmed(container, BATCH + 3, "pm.me")
    made_by_older_rules(container)
    assert next(rehash(container.database, container.keyring)).done == BATCH
    *_, progress = rehash(container.database, container.keyring)
    assert progress.done == 3
    assert [row.state for row in all_rows(container) if row.identity_rules == 1] == [
        SignatureState.PENDING
    ]


def test_the_command_says_how_many_and_who_is_one_person_and_what_is_broken(
    supporter: Supporter, container: Container, clock: Clock, command: Callable[..., Result]
) -> None:
    test_of_two_who_turn_out_to_be_one_both_stay_and_the_later_keeps_its_old_hash(
        supporter, container, clock, (1,)
    )
    earlier, later = (row.id for row in all_rows(container))
    (broken,) = add_confirmed(
        container, 1, identity_rules=1, sealed=b"no sealed value at all, but long"
    )
    result = command("identity", "rehash")
    assert "0 signatures were re-hashed by version 2" in result.output
    assert f"  {later} has signed before, as {earlier}\n" in result.output
    assert result.exit_code == 1
    assert "1 could not be opened" in result.output
    assert str(broken) not in result.output
