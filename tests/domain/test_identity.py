"""Which spellings of an address stand for one mailbox."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.domain.identity import RULES, canonical_address, domain_of

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


def test_other_rules_give_other_forms() -> None:
    rules = replace(RULES, version=2, tag_separator="-", domains_without_dots=frozenset())
    assert canonical_address("te.sta-x@gmail.com", rules) == "te.sta@gmail.com"


def test_the_domain_is_what_follows_the_last_at_sign() -> None:
    assert domain_of('"odd@local"@Example.ORG') == "example.org"
