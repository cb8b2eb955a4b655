"""From whom letters come: readable for officials, traceable for us."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from campaign.errors import TokenError
from campaign.sender import readable_address
from campaign.store.rows import LetterRow
from campaign.tokens import Tokens

if TYPE_CHECKING:
    from campaign.factory import House
    from tests.supporter import Supporter

OLD, NEW, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))
OTHERWISE = "letters@example.org"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Testa Example", "testa.example@example.org"),
        ("Τέστα Παράδειγμα", "testa.paradeigma@example.org"),
        ("Łucja O’Przykład-Żółć", "lucja.oprzyklad.zolc@example.org"),
        ("Тест Пример", "test.primer@example.org"),
        ("Ġanni Ħobż", "ganni.hobz@example.org"),
        ("Testa", OTHERWISE),
        ("A " + "x" * 80, f"a.{'x' * 38}@example.org"),
        ("Postmaster", OTHERWISE),
        ("Post Master", OTHERWISE),
        ("No-Reply", OTHERWISE),
        ("Let Ters", OTHERWISE),
        ("?!", OTHERWISE),
        ("", OTHERWISE),
    ],
)
def test_a_senders_address_can_be_read(name: str, address: str) -> None:
    assert readable_address(name, "example.org", OTHERWISE) == address


@given(st.text())
def test_any_name_gives_an_address_that_needs_no_quotes(name: str) -> None:
    local = readable_address(name, "example.org", OTHERWISE).partition("@")[0]
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", local)
    assert len(local) <= 40


@given(st.uuids())
def test_a_return_path_leads_back_in_any_case_and_with_older_keys(message_id: UUID) -> None:
    made = Tokens([OLD]).return_path(message_id)
    assert len(made) <= 64
    for local in (made, made.upper()):
        assert Tokens([NEW, OLD]).read_return_path(local) == message_id


def test_a_return_path_that_is_not_ours_is_refused() -> None:
    ours = Tokens([NEW])
    made = ours.return_path(uuid4())
    foreign = Tokens([FOREIGN]).return_path(uuid4())
    changed = (made[:-1], f"{made}a", made.replace("bounce", "x"), made[:10] + "a" + made[11:])
    for local in (foreign, *changed, "", "bounce-", "bounce-abc-def", "testa.example"):
        if local == made:
            continue
        with pytest.raises(TokenError):
            ours.read_return_path(local)


def test_reports_about_mails_and_letters_come_back_to_addresses_of_their_own(
    supporter: Supporter, house: House
) -> None:
    supporter.sign()
    supporter.deliver()
    mail, letter = supporter.transport.sent
    for envelope in (mail, letter):
        local, _, domain = envelope.sender.partition("@")
        assert domain == "example.org"
        assert str(house.tokens.read_return_path(local)) in envelope.name


def test_the_bytes_of_a_letter_are_kept_as_they_were_handed_over(
    supporter: Supporter, house: House
) -> None:
    private = supporter.sign()
    supporter.deliver()
    with house.database.reading() as session:
        row = session.scalars(select(LetterRow)).one()
        assert row.message is not None
        assert house.vault.open_message(row.id, row.message) == supporter.transport.sent[-1].message
        assert b"Testa" not in row.message
    assert (
        "Message-ID"
        in supporter.browser.post(f"{private}/download").get_json()["letter"]["message"]
    )
    supporter.browser.post(f"{private}/delete")
    with house.database.reading() as session:
        assert session.scalars(select(LetterRow.message)).one() is None


def test_the_preview_shows_the_address_that_the_letter_comes_from(supporter: Supporter) -> None:
    page = supporter.post(supporter.form(name="Τέστα Example", government="GR")).text
    assert "&lt;testa.example@example.org&gt;" in page
