"""Everything that is held about one signature, as files for its writer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import Outcome
from campaign.privacy.subject_access import export_subject_data
from campaign.signatures.queries import consents, events
from campaign.web.context import current_container

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.privacy.subject_access import SubjectData
    from campaign.web.context import PageContext


def as_json(session: Session, held: SubjectData) -> str:
    document = export_subject_data(session, held)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_text(session: Session, seen: PageContext, held: SubjectData) -> str:
    """Return the same to read, in the page's language."""
    tried = held.letter.attempts if held.letter else ()
    return (
        current_container()
        .composer.templates.get_template("privacy/subject_access.txt")
        .render(
            language=seen.language,
            words=seen.words,
            held=held,
            government=seen.government_name(held.row.government),
            agreed=consents.of_signature(session, held.row.id),
            events=events.of_signature(session, held.row.id),
            mails=[one for one in mails.of_signature(session, held.row.id) if one.accepted_at],
            attempts=[one for one in tried if one.outcome is not Outcome.STARTED],
        )
    )
