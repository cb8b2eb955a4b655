"""Read and check which governments a bundle asks, and whom it says that letters are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.recipients.rules.choice import MAX_LETTERS, Addressing, RecipientChoice
from campaign.recipients.rules.government import (
    EUROPEAN_UNION,
    GovernmentChoice,
    to_iso_code,
)
from campaign.recipients.rules.recipient import OFFICE_PATTERN, is_recipient_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign.campaigns.toml_reader import TomlTable
    from campaign.recipients.rules.government import Government

MAX_CANDIDATES = 5
"""Recipients of a government: more, and nobody could say who gets a letter."""

_OFFICE = re.compile(OFFICE_PATTERN)


def read_governments(table: TomlTable, known: Mapping[str, Government]) -> GovernmentChoice:
    """Return which governments a campaign asks; report faults to the table."""
    on = table.day("governments_on")
    if "governments" not in table.keys():  # noqa: SIM118 - a Table is no mapping
        return GovernmentChoice(on=on)
    governments = table.table("governments")
    unions = {membership.union for one in known.values() for membership in one.memberships}
    union = governments.optional_text("union") or EUROPEAN_UNION
    if union not in unions:
        governments.fault("union", f"should be one of {', '.join(sorted(unions))}")
    also, without = (_codes(governments, key, known) for key in ("also", "without"))
    for code in known.keys() & set(governments.keys()):
        governments.fault(code, "what a government is called belongs into a language’s file")
        governments.value(code, object)
    governments.report_unknown_keys()
    return GovernmentChoice(union, on, also, without)


def _codes(table: TomlTable, key: str, known: Mapping[str, Government]) -> tuple[str, ...]:
    typed = table.text_list(key) if key in table.keys() else ()  # noqa: SIM118
    codes = tuple(map(to_iso_code, typed))
    for code, text in zip(codes, typed, strict=True):
        if code not in known:
            table.fault(key, f"{text!r} is not a known government, such as GR")
    return codes


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
        if not (_OFFICE.fullmatch(office) or is_recipient_key(office)):
            reason = "should be like head-of-government or EU/high-representative"
            recipients.fault("offices", f"{office!r} {reason}")
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
