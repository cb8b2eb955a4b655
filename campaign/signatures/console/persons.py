"""Whose signatures they are, for those who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.campaigns.rules.consents import TICKS
from campaign.console.session import me
from campaign.errors import SealError
from campaign.language.formats import territory
from campaign.organisers.rules.roles import Right
from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import open_person
from campaign.web.context import current_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from campaign.signatures.rows.signatures import SignatureRow

_BROKEN = Person("(cannot be opened)", "")
"""A broken seal must not hide the rest of a page."""


def persons_of(rows: Iterable[SignatureRow]) -> dict[UUID, Person]:
    """Return who signed, by the signature's id; nobody for those who may not see names."""
    if not me().may(Right.NAMES):
        return {}
    return {row.id: _opened(row.id, row.sealed) for row in rows if row.sealed is not None}


def row_values(rows: Sequence[SignatureRow]) -> dict[str, Any]:
    """Return what a table of signatures is rendered with."""
    return {
        "rows": rows,
        "persons": persons_of(rows),
        "ticks": TICKS,
        "name": lambda government: territory(government, "en"),
    }


def _opened(signature_id: UUID, sealed: bytes) -> Person:
    try:
        return open_person(current_site().keyring, signature_id, sealed)
    except SealError:
        return _BROKEN
