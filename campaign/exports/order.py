"""Large exports are asked for: noted in the log, and left to the worker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.exports.queries import tables
from campaign.exports.rows import ExportJobRow
from campaign.exports.rules import JobState, What
from campaign.exports.tables import described, note_leaving
from campaign.language.text import masked
from campaign.letters.queries import paper
from campaign.organisers.queries.audit_log import MAX_REASON
from campaign.organisers.rules.audit_log import Action
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import Shelved
    from campaign.exports.queries.tables import SignatureFilter
    from campaign.letters.rules.letter import LetterState
    from campaign.organisers.rules.audit_log import Entry

MOST_LETTERS = 1_000
"""Letters in one file: what a worker can set in print without growing too large."""


def ask_for_signatures(
    session: Session,
    shelved: Shelved,
    form: str,
    wanted: SignatureFilter,
    entry: Entry,
    now: datetime,
) -> UUID:
    """Ask for a table of signatures in a format and return the job's id.

    `entry` says who asks and why; it goes into the log with what leaves and how many rows.
    Raise UnacceptableText without a reason.
    """
    noted = replace(
        entry,
        action=Action.SIGNATURES_EXPORTED,
        about=f"campaign {shelved.slug}",
        detail=", ".join(part for part in (form, described(wanted)) if part),
        number=tables.number_of_signatures(session, shelved.campaign_id, wanted),
    )
    note_leaving(session, noted, now)
    parameters = {"state": wanted.state.value, "held": wanted.held, "revision": wanted.revision}
    row = _new_job(shelved, What.SIGNATURES, noted, now)
    row.format, row.government, row.parameters = form, wanted.government, parameters
    session.add(row)
    return row.id


def ask_for_pack(
    session: Session, shelved: Shelved, government: str, entry: Entry, now: datetime
) -> UUID:
    """Ask for a government's hand-over pack, in the same way."""
    noted = replace(
        entry,
        action=Action.PACK_EXPORTED,
        about=f"campaign {shelved.slug}",
        detail=f"government {government}",
        number=tables.number_of_named(session, shelved.campaign_id, government),
    )
    note_leaving(session, noted, now)
    row = _new_job(shelved, What.PACK, noted, now)
    row.format, row.government, row.parameters = "zip", government, {}
    session.add(row)
    return row.id


def ask_for_letters(
    session: Session,
    shelved: Shelved,
    government: str,
    state: LetterState,
    entry: Entry,
    now: datetime,
) -> UUID:
    """Ask for the oldest letters to a government in a state, as one PDF file to be posted."""
    number = paper.number_to_print(session, shelved.campaign_id, government, [state])
    noted = replace(
        entry,
        action=Action.LETTERS_PRINTED,
        about=f"ministry {government}",
        detail=f"{state} letters of {shelved.slug}",
        number=min(number, MOST_LETTERS),
    )
    note_leaving(session, noted, now)
    row = _new_job(shelved, What.LETTERS, noted, now)
    row.format, row.government, row.parameters = "pdf", government, {"state": state.value}
    session.add(row)
    return row.id


def _new_job(shelved: Shelved, what: What, noted: Entry, now: datetime) -> ExportJobRow:
    return ExportJobRow(
        id=uuid7(now),
        campaign_id=shelved.campaign_id,
        what=what,
        reason=masked(noted.reason, most=MAX_REASON),
        asked_by=noted.who,
        asked_at=now,
        state=JobState.WAITING,
    )
