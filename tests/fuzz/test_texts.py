"""Any text is kept in one form that can be stored, or refused with a reason."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import sentinel

import pytest
from hypothesis import given, strategies as st

from campaign.campaigns.similarity import normalized_sentences
from campaign.errors import InvalidText
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs, normalise_name, redact
from campaign.mail.addresses import clean_email, sender_address
from campaign.mail.outgoing import Mailbox, build_message
from campaign.mail.providers import PROVIDERS
from campaign.signatures.rules.identity import canonical_address
from campaign.signatures.search import by_name
from tests.fuzz import bounded
from tests.fuzz.strategies import (
    ANY_TEXT,
    ASCII_UNITS,
    STRANGE_TEXTS,
    WHOLE_TEXT,
    superlinear_units,
    with_examples,
)
from tests.mail.test_outgoing import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    Clean = Callable[[str], str]

CLEANERS = (clean_line, clean_paragraphs, clean_name, clean_town)
REASONS = {
    *("too-many-marks", "encoded-word"),
    *("no-letter", "no-letter-in-town", "link-in-name"),
}
ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
MARKS = "\u0301\u0316\u0f71\u302e\U0001d165"
LOCAL = st.text("abcxyzABC019._-", min_size=1, max_size=20)


def storable(text: str) -> bool:
    """Say whether every database and every page takes a text, and in one form only."""
    return (
        text.encode("utf-8").decode() == text
        and "\0" not in text
        and unicodedata.is_normalized("NFC", text)
    )


@pytest.mark.parametrize("clean", CLEANERS)
@bounded
@given(text=ANY_TEXT)
@with_examples("text", STRANGE_TEXTS)
def test_what_is_kept_of_any_text_can_be_stored_and_is_kept_the_same_again(
    clean: Clean, text: str
) -> None:
    try:
        kept = clean(text)
    except InvalidText as refused:
        assert refused.reason in REASONS  # noqa: PT017 - either is fine
    else:
        assert storable(kept)
        assert clean(kept) == kept
        assert clean is clean_paragraphs or "=?" not in kept


@pytest.mark.parametrize("clean", CLEANERS)
@pytest.mark.parametrize("mark", MARKS)
def test_a_row_of_marks_that_no_language_has_is_refused(clean: Clean, mark: str) -> None:
    with pytest.raises(InvalidText) as refused:
        clean("Z" + mark * 31)
    assert refused.value.reason == "too-many-marks"


@bounded
@given(text=ANY_TEXT)
@with_examples("text", STRANGE_TEXTS)
def test_what_is_noted_of_any_text_is_one_short_line_without_an_address(text: str) -> None:
    noted = redact(text)
    assert redact(text, most=7) == noted[:7]
    assert len(noted) <= 500
    assert not ADDRESS.search(noted)
    assert all(one.isprintable() for one in noted)
    assert noted.encode().decode() == noted


@bounded
@given(name=WHOLE_TEXT)
def test_any_name_is_found_again_under_the_form_that_it_is_sought_by(name: str) -> None:
    sought = normalise_name(name)
    assert normalise_name(sought) == sought
    assert normalise_name(f" {name}\n") == sought


@bounded
@given(address=ANY_TEXT)
def test_the_canonical_form_of_any_text_is_its_own(address: str) -> None:
    once = canonical_address(address)
    assert canonical_address(once) == once
    domain = once.rpartition("@")[2]
    assert not any(domain in provider.domains[1:] for provider in PROVIDERS)


@bounded
@given(local=LOCAL, tag=LOCAL, data=st.data())
def test_dots_capitals_and_tags_make_no_other_person_where_they_are_ignored(
    local: str, tag: str, data: st.DataObject
) -> None:
    letters = [one for one in local if one != "."] or ["a"]
    dots = data.draw(st.lists(st.sampled_from(["", "."]), min_size=len(letters)))
    dotted = "".join(f"{one}{dot}" for one, dot in zip(letters, dots, strict=False))
    plain = f"{''.join(letters)}@gmail.com"
    for other in (f"{dotted}@GoogleMail.com", f"{dotted.upper()}+{tag}@gmail.com"):
        assert canonical_address(other) == canonical_address(plain)


@bounded
@given(text=ANY_TEXT)
@with_examples("text", (*STRANGE_TEXTS, *(f"{one}@example.org" for one in STRANGE_TEXTS)))
def test_any_text_is_an_address_that_every_server_takes_or_refused(text: str) -> None:
    try:
        kept = clean_email(text)
    except InvalidText as refused:
        assert refused.reason == "not-an-address"  # noqa: PT017 - either is fine
    else:
        assert kept.isascii()
        assert clean_email(kept) == kept
        assert build_message(replace(PLAIN, recipient=Mailbox("", kept)))


@bounded
@given(name=ANY_TEXT)
@with_examples("name", STRANGE_TEXTS)
def test_any_name_writes_from_an_address_in_latin_letters(name: str) -> None:
    address = sender_address(name, "en", "example.org", "letters@example.org")
    assert re.fullmatch(r"[a-z0-9.]{1,40}@example\.org", address)
    assert clean_email(address) == address


@pytest.mark.parametrize(
    "parse",
    [*CLEANERS, redact, canonical_address, clean_email],
    ids=lambda one: one.__name__,
)
def test_no_text_is_looked_at_again_and_again(parse: Clean) -> None:
    assert superlinear_units(parse) == []


@pytest.mark.parametrize(
    "parse", [normalise_name, normalized_sentences], ids=lambda one: one.__name__
)
def test_no_text_that_was_accepted_is_looked_at_again_and_again(
    parse: Callable[[str], object],
) -> None:
    assert superlinear_units(parse, ASCII_UNITS) == []


def test_a_name_longer_than_anybodys_is_not_even_looked_for() -> None:
    assert by_name(sentinel.session, sentinel.keyring, "\u0301\u0316" * 32_000, [1]) == ()
