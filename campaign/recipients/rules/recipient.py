"""Recipients of letters: offices of governments, and what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.recipients.rules.government import to_iso_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OFFICE_DOMAINS = {"foreign-affairs": "ministry"}

OFFICE_PATTERN = "[a-z0-9]+(?:-[a-z0-9]+)*"
KEY_PATTERN = f"[A-Z]{{2}}/{OFFICE_PATTERN}"
_KEY = re.compile(KEY_PATTERN)

MINISTRIES = frozenset(
    {
        *("foreign-affairs", "interior", "justice", "economy", "environment"),
        *("health", "defence"),
    }
)
"""The offices that a minister heads; the head of government's and others have other titles."""

MAX_KEY_LENGTH = 40

UNION = "EU"
"""The government in the keys of the Union's own bodies: EU/high-representative."""

FOREIGN_AFFAIRS = "foreign-affairs"
"""The office that letters are for unless a campaign says otherwise."""


@dataclass(frozen=True)
class LocalAddress:
    """A postal address as one of a country's languages writes it, and where that was read."""

    lines: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class ReferenceRecipient:
    """An office of a government, according to the reference data.

    `key`: such as DE/foreign-affairs. Nothing here is evidence that an address is right: an
    organiser's check is stored in the database. Empty means that nothing was found. `names` and
    `titles`, of whoever heads it (Minister for Justice), and `local_addresses`, for letters in one
    language: by language. `zone`: the time zone that it works in, by its name in the IANA time zone
    database.
    """

    key: str
    names: Mapping[str, str]
    titles: Mapping[str, str]
    letter_languages: tuple[str, ...]
    website: str
    postal_lines: tuple[str, ...]
    postal_source: str
    local_addresses: Mapping[str, LocalAddress]
    email: str
    email_source: str
    zone: str


def usual_language(names: Mapping[str, str], letter_languages: Sequence[str]) -> str:
    """Return the language in which a recipient is named if no other is asked for."""
    return next((one for one in letter_languages if one in names), next(iter(names), ""))


def recipient_key(government: str, office: str = FOREIGN_AFFAIRS) -> str:
    """Return the key of a recipient of letters, an office of a government: DE/foreign-affairs."""
    return f"{government}/{office}"


def parse_recipient_key(text: str) -> str:
    """Return the key that somebody typed, with ISO's code: EL/justice means GR/justice."""
    government, _, office = text.strip().partition("/")
    return recipient_key(to_iso_code(government), office.lower())


def file_stem(recipient: str) -> str:
    """Return a recipient's key as a part of a file's name: DE-justice."""
    return recipient.replace("/", "-")


def made_up_email(recipient: str) -> str:
    """Return a visibly made-up address (RFC 2606) for a recipient of which none is known."""
    office = office_of(recipient)
    return f"{government_of(recipient).lower()}@{OFFICE_DOMAINS.get(office, office)}.example"


def is_recipient_key(text: str) -> bool:
    """Return whether a text has the form of a recipient's key."""
    return len(text) <= MAX_KEY_LENGTH and _KEY.fullmatch(text) is not None


def audit_subject(recipient: str) -> str:
    """Return what an entry of the audit log about a recipient is about."""
    return f"recipient {recipient}"


def audit_subject_before(recipient: str) -> str:
    """Return what entries of earlier versions about a foreign ministry are about, else nothing."""
    is_ministry = office_of(recipient) == FOREIGN_AFFAIRS
    return f"ministry {government_of(recipient)}" if is_ministry else ""


def government_of(recipient: str) -> str:
    """Return the code of the government that a recipient is an office of."""
    return recipient.partition("/")[0]


def office_of(recipient: str) -> str:
    """Return the office that a recipient is: `foreign-affairs` of DE/foreign-affairs."""
    return recipient.partition("/")[2]
