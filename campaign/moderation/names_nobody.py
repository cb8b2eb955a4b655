"""Checks on the reason that an organiser gives for changing a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.errors import InvalidText, SealError
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from campaign.organisers.rules.audit_log import Justification
    from campaign.signatures.rows import SignatureRow
    from campaign.store.keyring import Keyring


def must_name_nobody(keyring: Keyring, row: SignatureRow | None, cause: Justification) -> None:
    """Raise InvalidText if a reason contains a supporter's name or address.

    The log stores a reason for good, even when everything else about her is deleted.
    """
    if row is None or row.sealed is None:
        return
    try:
        person = unseal_person(keyring, row.id, row.sealed)
    except SealError:
        return
    reason = " ".join(cause.reason.split()).casefold()
    if any(one.casefold() in reason for one in (person.name, person.email) if one):
        raise InvalidText("names-a-person")
