"""Which spellings of an address stand for one mailbox."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from campaign.mail.providers import PROVIDERS
from campaign.signatures.rules.identity import (
    IDENTITY_VERSIONS,
    canonical_address,
    domain_of,
    is_same_mailbox,
)

LOCALS = st.text(string.ascii_letters + string.digits + "+.-_", min_size=1, max_size=20)
DOMAINS = st.sampled_from(
    ["example.org", "EXAMPLE.org", "gmail.com", "GoogleMail.com", "xn--exmple-cua.example"]
)
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)

unhurried = settings(deadline=None, database=None)


@unhurried
@given(address=ADDRESSES)
def test_the_canonical_form_is_its_own_canonical_form(address: str) -> None:
    once = canonical_address(address)
    assert canonical_address(once) == once


@unhurried
@given(address=ADDRESSES)
def test_no_address_loses_its_local_part_or_its_domain(address: str) -> None:
    local, _, domain = canonical_address(address).partition("@")
    assert local
    assert domain in {"example.org", "gmail.com", "xn--exmple-cua.example"}


@unhurried
@given(address=ADDRESSES)
def test_capitals_make_no_other_person(address: str) -> None:
    assert canonical_address(address.upper()) == canonical_address(address.lower())


@unhurried
@given(local=st.text(string.ascii_letters, min_size=1), tag=LOCALS, domain=DOMAINS)
def test_a_tag_makes_no_other_person(local: str, tag: str, domain: str) -> None:
    assert canonical_address(f"{local}+{tag}@{domain}") == canonical_address(f"{local}@{domain}")


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Testa@Example.ORG", "testa@example.org"),
        ("testa+letters+2@example.org", "testa@example.org"),
        ("te.s.ta@gmail.com", "testa@gmail.com"),
        ("te.sta+x@googlemail.com", "testa@gmail.com"),
        ("te.sta@example.org", "te.sta@example.org"),
        ("te.sta@mail.gmail.com", "te.sta@mail.gmail.com"),
        ("+testa@example.org", "+testa@example.org"),
        ("...@gmail.com", "...@gmail.com"),
        ('"odd@local"@example.org', '"odd@local"@example.org'),
    ],
)
def test_each_rule_changes_what_it_is_for_and_nothing_else(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("te.st-a_x+tag@proton.me", "testax@proton.me"),
        ("testax@pm.me", "testax@proton.me"),
        ("Test.AX@ProtonMail.com", "testax@proton.me"),
        ("testax@protonmail.ch", "testax@proton.me"),
        ("testa@me.com", "testa@icloud.com"),
        ("te.sta+x@mac.com", "te.sta@icloud.com"),
        ("testa@ya.ru", "testa@yandex.ru"),
        ("te.sta@yandex.com", "te.sta@yandex.ru"),
        ("shop@testa.fastmail.com", "testa@fastmail.com"),
        ("shop+x@testa.fastmail.fm", "testa@fastmail.fm"),
        ("testa+shop@fastmail.com", "testa@fastmail.com"),
        ("testa@a.b.fastmail.com", "testa@a.b.fastmail.com"),
        ("testa@posteo.net", "testa@posteo.de"),
        ("testa@rbx.email", "testa@runbox.com"),
        ("te-sta@outlook.com", "te-sta@outlook.com"),
        ("testa@hotmail.com", "testa@hotmail.com"),
        ("testa-shop@yahoo.com", "testa-shop@yahoo.com"),
    ],
)
def test_a_providers_own_rules_hold_for_its_mailboxes(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical
    assert canonical_address(canonical) == canonical


def test_the_first_rules_stay_as_they_were() -> None:
    for address, first in {
        "te.sta+x@googlemail.com": "testa@gmail.com",
        "te.st-a+x@pm.me": "te.st-a@pm.me",
        "shop@testa.fastmail.com": "shop@testa.fastmail.com",
        "testa@me.com": "testa@me.com",
    }.items():
        assert canonical_address(address, 1) == first
    assert IDENTITY_VERSIONS == (2, 1)


def test_every_rule_says_where_its_provider_says_so_and_when_that_was_read() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    for provider in PROVIDERS:
        assert provider.sources
        assert all(re.match(r"https?://[a-z.]+/", source) for source in provider.sources)
        assert provider.checked_on >= date(2026, 11, 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("testa@example.org", "TESTA@example.org", True),
        ("testa@example.org", "testa+x@example.org", False),
        ("testa@gmail.com", "te.sta+x@googlemail.com", True),
        ("te-sta@proton.me", "testa+x@pm.me", True),
        ("testa@icloud.com", "testa@me.com", True),
        ("testa@icloud.com", "testa+x@icloud.com", False),
        ("x@testa.fastmail.com", "testa+y@fastmail.com", True),
        ("testa@fastmail.com", "testa@fastmail.fm", False),
        ("testa@posteo.de", "testa@posteo.eu", True),
    ],
)
def test_one_mailbox_is_what_the_provider_says_and_nothing_else(
    one: str, other: str, *, same: bool
) -> None:
    assert is_same_mailbox(one, other) is is_same_mailbox(other, one) is same


def test_the_domain_is_what_follows_the_last_at_sign() -> None:
    assert domain_of('"odd@local"@Example.ORG') == "example.org"
