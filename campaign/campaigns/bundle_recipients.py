"""Read and check whom a bundle says that letters are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.recipients.rules.choice import RecipientChoice
from campaign.recipients.rules.recipient import OFFICE_PATTERN, is_recipient_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from campaign.campaigns.toml_reader import TomlTable

MAX_CANDIDATES = 5
"""Recipients that may stand in for one another: more, and nobody could say who gets a letter."""

_OFFICE = re.compile(OFFICE_PATTERN)


def read_recipients(table: TomlTable, governments: Collection[str]) -> RecipientChoice:
    """Return a campaign's choice of recipients; report its faults to the table.

    Whether there is such a recipient is not checked: organisers add theirs to the directory.
    """
    if "recipients" not in table.keys():  # noqa: SIM118 - a Table is no mapping
        return RecipientChoice()
    recipients = table.table("recipients")
    usual = RecipientChoice()
    given = "offices" in recipients.keys()  # noqa: SIM118
    offices = _distinct(recipients, "offices") if given else usual.offices
    for office in offices:
        if not _OFFICE.fullmatch(office):
            recipients.fault("offices", f"{office!r} should be like head-of-government")
    named = _named(recipients.table("governments", needed=False), governments)
    recipients.report_unknown_keys()
    return RecipientChoice(offices, named)


def _named(table: TomlTable, governments: Collection[str]) -> dict[str, tuple[str, ...]]:
    named = {}
    for code in table.keys():  # noqa: SIM118
        if code not in governments:
            table.fault(code, "is not a known government")
        named[code] = _distinct(table, code)
        for key in named[code]:
            if not is_recipient_key(key):
                table.fault(code, f"{key!r} should be like DE/justice")
    return named


def _distinct(table: TomlTable, key: str) -> tuple[str, ...]:
    """Return a list that names something, and nothing twice."""
    values = table.text_list(key)
    if not 1 <= len(values) <= MAX_CANDIDATES:
        table.fault(key, f"should name from 1 to {MAX_CANDIDATES}")
    elif len(set(values)) < len(values):
        table.fault(key, "names one twice")
    return values
