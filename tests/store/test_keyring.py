"""Sealed values open with their keys, in their row, or not at all."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from campaign.campaigns.rules.letter import LetterText
from campaign.delivery.sealing import seal_inbound, unseal_inbound
from campaign.errors import SealError
from campaign.letters.sealing import seal_letter, unseal_letter
from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import hash_person, seal_person, unseal_person
from campaign.store.keyring import KEY_BYTES, Keyring

OLD, NEW, FOREIGN = (bytes([number]) * KEY_BYTES for number in (1, 2, 3))
ROW = UUID(int=1)
COLUMN = "signatures.sealed"
VALUE = {"name": "Τέστα Example", "email": "testa@example.org", "town": "Exampletown"}
PERSON = Person("Τέστα Example", "testa@example.org", "Exampletown")


def test_a_sealed_value_opens_as_it_was() -> None:
    keyring = Keyring([NEW], NEW)
    assert keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, VALUE)) == VALUE


@settings(deadline=None, database=None)
@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
)
def test_any_text_opens_as_it_was(value: dict[str, str]) -> None:
    keyring = Keyring([NEW], NEW)
    assert keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, value)) == value


@pytest.mark.parametrize("message", [b"", b"\xff\0 any bytes", b'{"base64":"eA=="}'])
def test_a_message_opens_as_it_was_also_under_a_newer_key(message: bytes) -> None:
    before, both, after = (Keyring(keys, OLD) for keys in ([OLD], [NEW, OLD], [NEW]))
    sealed = seal_inbound(before, ROW, message)
    assert unseal_inbound(before, ROW, sealed) == message
    resealed = both.reseal(ROW, "inbound.sealed", sealed)
    assert unseal_inbound(after, ROW, resealed) == message


def test_a_message_that_was_sealed_as_a_value_is_opened_too() -> None:
    earlier = Keyring([NEW], NEW).seal(ROW, "inbound.sealed", {"base64": "R3LDvMOfZQ=="})
    assert unseal_inbound(Keyring([NEW], NEW), ROW, earlier) == "Grüße".encode()


def test_a_value_that_is_said_to_be_bytes_does_not_open_nor_the_other_way_round() -> None:
    keyring = Keyring([NEW], NEW)
    value = keyring.seal(ROW, "inbound.sealed", {"base64": "eA=="})
    message = keyring.seal_bytes(ROW, "inbound.sealed", b'{"base64":"eA=="}')
    for changed in (b"\x02" + value[1:], b"\x01" + message[1:], b"\x03" + message[1:]):
        with pytest.raises(SealError):
            unseal_inbound(keyring, ROW, changed)


def test_a_sealed_value_opens_in_its_own_row_only() -> None:
    keyring = Keyring([NEW], NEW)
    with pytest.raises(SealError):
        keyring.open(UUID(int=2), COLUMN, keyring.seal(ROW, COLUMN, VALUE))


def test_a_sealed_value_opens_in_its_own_column_only() -> None:
    keyring = Keyring([NEW], NEW)
    with pytest.raises(SealError):
        keyring.open(ROW, "letters.sealed", keyring.seal(ROW, COLUMN, VALUE))


@pytest.mark.asvs("11.3.3")
def test_a_value_with_any_byte_changed_does_not_open() -> None:
    keyring = Keyring([NEW, OLD], NEW)
    sealed = keyring.seal(ROW, COLUMN, VALUE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            keyring.open(ROW, COLUMN, bytes(changed))


def test_a_value_cut_short_anywhere_does_not_open() -> None:
    keyring = Keyring([NEW], NEW)
    sealed = keyring.seal(ROW, COLUMN, VALUE)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            keyring.open(ROW, COLUMN, sealed[:length])


def test_a_value_with_bytes_added_does_not_open() -> None:
    keyring = Keyring([NEW], NEW)
    with pytest.raises(SealError):
        keyring.open(ROW, COLUMN, keyring.seal(ROW, COLUMN, VALUE) + b"\0")


def test_a_value_of_an_unknown_key_does_not_open_and_the_setting_is_named() -> None:
    with pytest.raises(SealError, match="CAMPAIGN_SEALING_KEYS"):
        Keyring([NEW, OLD], NEW).open(ROW, COLUMN, Keyring([FOREIGN], NEW).seal(ROW, COLUMN, VALUE))


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    both = Keyring([NEW, OLD], NEW)
    assert both.open(ROW, COLUMN, Keyring([OLD], NEW).seal(ROW, COLUMN, VALUE)) == VALUE
    sealed = both.seal(ROW, COLUMN, VALUE)
    assert Keyring([NEW], NEW).open(ROW, COLUMN, sealed) == VALUE
    with pytest.raises(SealError):
        Keyring([OLD], NEW).open(ROW, COLUMN, sealed)


def test_sealed_bytes_show_nothing_and_are_never_the_same_twice() -> None:
    keyring = Keyring([NEW], NEW)
    sealed = [keyring.seal(ROW, COLUMN, VALUE) for _ in range(20)]
    assert len(set(sealed)) == len(sealed)
    for word in (*VALUE, *VALUE.values()):
        assert not any(word.encode() in one for one in sealed)


def test_a_person_and_a_letter_open_as_they_were() -> None:
    keyring = Keyring([NEW], OLD)
    text = LetterText("Betreff", "Sehr geehrte Damen und Herren", "Ein Satz.\n\nΤέστα")
    assert unseal_person(keyring, ROW, seal_person(keyring, ROW, PERSON)) == PERSON
    sealed = seal_letter(keyring, ROW, text, "Ein Satz.")
    assert unseal_letter(keyring, ROW, sealed) == (text, "Ein Satz.")


def test_a_letter_is_not_opened_as_a_person() -> None:
    keyring = Keyring([NEW], OLD)
    with pytest.raises(SealError):
        unseal_person(keyring, ROW, seal_letter(keyring, ROW, LetterText("", "", ""), ""))


def test_hashes_differ_by_kind_even_of_the_same_text() -> None:
    hashes = hash_person(Keyring([NEW], OLD), Person("a@a", "a@a"))
    assert len({hashes.identity, hashes.email, hashes.name, hashes.domain}) == 4


def test_hashes_differ_by_key_and_show_nothing() -> None:
    first, second = (hash_person(Keyring([NEW], key), PERSON) for key in (OLD, FOREIGN))
    for kind in ("identity", "email", "domain", "name"):
        assert getattr(first, kind) != getattr(second, kind)
        assert len(getattr(first, kind)) == 32


def test_hashes_do_not_depend_on_the_sealing_keys() -> None:
    assert hash_person(Keyring([NEW], OLD), PERSON) == hash_person(Keyring([OLD], OLD), PERSON)


def test_spellings_of_one_mailbox_share_the_identity_and_not_the_address() -> None:
    keyring = Keyring([NEW], OLD)
    first = hash_person(keyring, Person("Testa  EXAMPLE", "Te.Sta+x@googlemail.com"))
    second = hash_person(keyring, Person("testa example", "testa@gmail.com"))
    assert first.identity == second.identity
    assert first.name == second.name
    assert first.email != second.email
    assert first.email == hash_person(keyring, Person("", "te.sta+X@GOOGLEMAIL.com")).email
