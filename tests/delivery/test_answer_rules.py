"""From where an answer came: the domain of an address of the recipient, or a part of it."""

from __future__ import annotations

import pytest

from campaign.delivery.rules.answer import MessageContent, is_sender_of

THEIRS = ["desk@ministry.example", "minister@gov.example", "ministry.embassy@gmail.com"]


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("desk@ministry.example", True),
        ("Anybody.Else@MINISTRY.example", True),
        ("a@press.ministry.example", True),
        ("a@gov.example", True),
        ("a@other.gov.example", True),
        ("ministry.embassy@gmail.com", True),
        ("ministryembassy@googlemail.com", True),
        ("somebody@gmail.com", False),
        ("a@example", False),
        ("a@notministry.example", False),
        ("a@ministry.example.net", False),
        ("a@ministry.example.", False),
        ("desk@ministry.example@example.net", False),
        ("ministry.example", False),
        ("", False),
    ],
)
def test_a_sender_is_at_the_domain_or_a_part_of_it(sender: str, expected: bool) -> None:
    assert is_sender_of(sender, THEIRS) is expected


def test_where_no_address_is_known_nobody_is_at_one() -> None:
    assert not is_sender_of("desk@ministry.example", [])
    assert not is_sender_of("", [""])


@pytest.mark.parametrize(
    ("sender", "domain"),
    [("a@Example.NET", "example.net"), ("nobody", "nobody"), ("", "?")],
)
def test_a_domain_can_always_be_said(sender: str, domain: str) -> None:
    assert MessageContent(sender, "", "", (), truncated=False).sender_domain == domain
