"""Sealed values open with their keys, in their row, or not at all."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from campaign.errors import SealError
from campaign.letters.rules.letter import LetterText
from campaign.signatures.rules.signature import Person
from campaign.store.sealing import KEY_BYTES, Keyring
from campaign.store.vault import Vault

OLD, NEW, FOREIGN = (bytes([number]) * KEY_BYTES for number in (1, 2, 3))
ROW = UUID(int=1)
COLUMN = "signatures.sealed"
VALUE = {"name": "Τέστα Example", "email": "testa@example.org", "town": "Exampletown"}
PERSON = Person("Τέστα Example", "testa@example.org", "Exampletown")


def test_a_sealed_value_opens_as_it_was() -> None:
    keyring = Keyring([NEW])
    assert keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, VALUE)) == VALUE


@settings(deadline=None, database=None)
@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
)
def test_any_text_opens_as_it_was(value: dict[str, str]) -> None:
    keyring = Keyring([NEW])
    assert keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, value)) == value


@pytest.mark.parametrize("message", [b"", b"\xff\0 any bytes", b'{"base64":"eA=="}'])
def test_a_message_opens_as_it_was_also_under_a_newer_key(message: bytes) -> None:
    before, both, after = (Vault(Keyring(keys), OLD) for keys in ([OLD], [NEW, OLD], [NEW]))
    sealed = before.seal_inbound(ROW, message)
    assert before.open_inbound(ROW, sealed) == message
    anew = both.seal_anew("inbound.sealed", ROW, sealed)
    assert after.open_inbound(ROW, anew) == message


def test_a_message_that_was_sealed_as_a_value_is_opened_too() -> None:
    earlier = Keyring([NEW]).seal(ROW, "inbound.sealed", {"base64": "R3LDvMOfZQ=="})
    assert Vault(Keyring([NEW]), NEW).open_inbound(ROW, earlier) == "Grüße".encode()


def test_a_value_that_is_said_to_be_bytes_does_not_open_nor_the_other_way_round() -> None:
    vault, keyring = Vault(Keyring([NEW]), NEW), Keyring([NEW])
    value = keyring.seal(ROW, "inbound.sealed", {"base64": "eA=="})
    message = keyring.seal_bytes(ROW, "inbound.sealed", b'{"base64":"eA=="}')
    for changed in (b"\x02" + value[1:], b"\x01" + message[1:], b"\x03" + message[1:]):
        with pytest.raises(SealError):
            vault.open_inbound(ROW, changed)


def test_a_sealed_value_opens_in_its_own_row_only() -> None:
    keyring = Keyring([NEW])
    with pytest.raises(SealError):
        keyring.open(UUID(int=2), COLUMN, keyring.seal(ROW, COLUMN, VALUE))


def test_a_sealed_value_opens_in_its_own_column_only() -> None:
    keyring = Keyring([NEW])
    with pytest.raises(SealError):
        keyring.open(ROW, "letters.sealed", keyring.seal(ROW, COLUMN, VALUE))


@pytest.mark.asvs("11.3.3")
def test_a_value_with_any_byte_changed_does_not_open() -> None:
    keyring = Keyring([NEW, OLD])
    sealed = keyring.seal(ROW, COLUMN, VALUE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            keyring.open(ROW, COLUMN, bytes(changed))


def test_a_value_cut_short_anywhere_does_not_open() -> None:
    keyring = Keyring([NEW])
    sealed = keyring.seal(ROW, COLUMN, VALUE)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            keyring.open(ROW, COLUMN, sealed[:length])


def test_a_value_with_bytes_added_does_not_open() -> None:
    keyring = Keyring([NEW])
    with pytest.raises(SealError):
        keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, VALUE) + b"\0")


def test_a_value_of_an_unknown_key_does_not_open_and_the_setting_is_named() -> None:
    with pytest.raises(SealError, match="CAMPAIGN_SEALING_KEYS"):
        Keyring([NEW, OLD]).open(ROW, COLUMN, Keyring([FOREIGN]).seal(ROW, COLUMN, VALUE))


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    both = Keyring([NEW, OLD])
    assert both.open(ROW, COLUMN, Keyring([OLD]).seal(ROW, COLUMN, VALUE)) == VALUE
    sealed = both.seal(ROW, COLUMN, VALUE)
    assert Keyring([NEW]).open(ROW, COLUMN, sealed) == VALUE
    with pytest.raises(SealError):
        Keyring([OLD]).open(ROW, COLUMN, sealed)


def test_sealed_bytes_show_nothing_and_are_never_the_same_twice() -> None:
    keyring = Keyring([NEW])
    sealed = [keyring.seal(ROW, COLUMN, VALUE) for _ in range(20)]
    assert len(set(sealed)) == len(sealed)
    for word in (*VALUE, *VALUE.values()):
        assert not any(word.encode() in one for one in sealed)


def test_the_vault_opens_a_person_and_a_letter_as_they_were() -> None:
    vault = Vault(Keyring([NEW]), OLD)
    text = LetterText("Betreff", "Sehr geehrte Damen und Herren", "Ein Satz.\n\nΤέστα")
    assert vault.open_person(ROW, vault.seal_person(ROW, PERSON)) == PERSON
    sealed = vault.seal_letter(ROW, text, "Ein Satz.")
    assert vault.open_letter(ROW, sealed) == (text, "Ein Satz.")


def test_a_letter_is_not_opened_as_a_person() -> None:
    vault = Vault(Keyring([NEW]), OLD)
    with pytest.raises(SealError):
        vault.open_person(ROW, vault.seal_letter(ROW, LetterText("", "", ""), ""))


def test_hashes_differ_by_kind_even_of_the_same_text() -> None:
    hashes = Vault(Keyring([NEW]), OLD).hashes(Person("a@a", "a@a"))
    assert len({hashes.identity, hashes.email, hashes.name, hashes.domain}) == 4


def test_hashes_differ_by_key_and_show_nothing() -> None:
    first, second = (Vault(Keyring([NEW]), key).hashes(PERSON) for key in (OLD, FOREIGN))
    for kind in ("identity", "email", "domain", "name"):
        assert getattr(first, kind) != getattr(second, kind)
        assert len(getattr(first, kind)) == 32


def test_hashes_do_not_depend_on_the_sealing_keys() -> None:
    assert Vault(Keyring([NEW]), OLD).hashes(PERSON) == Vault(Keyring([OLD]), OLD).hashes(PERSON)


def test_spellings_of_one_mailbox_share_the_identity_and_not_the_address() -> None:
    vault = Vault(Keyring([NEW]), OLD)
    first = vault.hashes(Person("Testa  EXAMPLE", "Te.Sta+x@googlemail.com"))
    second = vault.hashes(Person("testa example", "testa@gmail.com"))
    assert first.identity == second.identity
    assert first.name == second.name
    assert first.email != second.email
    assert first.email == vault.hashes(Person("", "te.sta+X@GOOGLEMAIL.com")).email
