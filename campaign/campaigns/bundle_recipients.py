"""Read and check whom a bundle says that letters are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.recipients.rules.choice import MAX_LETTERS, Addressing, RecipientChoice
from campaign.recipients.rules.recipient import OFFICE_PATTERN, is_recipient_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from campaign.campaigns.toml_reader import TomlTable

MAX_CANDIDATES = 5
"""Recipients of a government: more, and nobody could say who gets a letter."""

_OFFICE = re.compile(OFFICE_PATTERN)


def read_recipients(table: TomlTable, governments: Collection[str]) -> RecipientChoice:
    """Return a campaign's choice of recipients; report its faults to the table.

    Whether there is such a recipient is not checked: organisers add theirs to the directory.
    """
    if "recipients" not in table.keys():  # noqa: SIM118 - a Table is no mapping
        return RecipientChoice()
    recipients = table.table("recipients")
    usual = RecipientChoice()
    to = recipients.choice("to", Addressing, usual.to)
    most = MAX_LETTERS if to is Addressing.EACH else MAX_CANDIDATES
    given = "offices" in recipients.keys()  # noqa: SIM118
    offices = _distinct(recipients, "offices", most) if given else usual.offices
    for office in offices:
        if not _OFFICE.fullmatch(office):
            recipients.fault("offices", f"{office!r} should be like head-of-government")
    named = _named(recipients.table("governments", needed=False), governments, most)
    recipients.report_unknown_keys()
    return RecipientChoice(offices, named, to)


def _named(table: TomlTable, governments: Collection[str], most: int) -> dict[str, tuple[str, ...]]:
    named = {}
    for code in table.keys():  # noqa: SIM118
        if code not in governments:
            table.fault(code, "is not a known government")
        named[code] = _distinct(table, code, most)
        for key in named[code]:
            if not is_recipient_key(key):
                table.fault(code, f"{key!r} should be like DE/justice")
    return named


def _distinct(table: TomlTable, key: str, most: int) -> tuple[str, ...]:
    """Return a list that names something, and nothing twice."""
    values = table.text_list(key)
    if not 1 <= len(values) <= most:
        table.fault(key, f"should name from 1 to {most}")
    elif len(set(values)) < len(values):
        table.fault(key, "names one twice")
    return values
