"""Who signed, for organisers who may see names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.console.session import current_user
from campaign.errors import SealError
from campaign.language.formats import territory_name
from campaign.organisers.rules.roles import Permission
from campaign.signatures.rules.signature import Person
from campaign.signatures.sealing import unseal_person
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from campaign.signatures.rows import SignatureRow

_UNREADABLE = Person("(cannot be opened)", "")
"""Shown instead, because a broken seal must not hide the rest of a page."""


def open_persons(rows: Iterable[SignatureRow]) -> dict[UUID, Person]:
    """Return who signed, by signature id; empty for organisers who may not see names."""
    if not current_user().has_permission(Permission.VIEW_NAMES):
        return {}
    return {row.id: _opened(row.id, row.sealed) for row in rows if row.sealed is not None}


def table_context(rows: Sequence[SignatureRow]) -> dict[str, Any]:
    """Return the context for rendering a table of signatures."""
    return {
        "rows": rows,
        "persons": open_persons(rows),
        "optional_consents": OPTIONAL_CONSENTS,
        "government_name": lambda government: territory_name(government, "en"),
    }


def _opened(signature_id: UUID, sealed: bytes) -> Person:
    try:
        return unseal_person(container.keyring, signature_id, sealed)
    except SealError:
        return _UNREADABLE
