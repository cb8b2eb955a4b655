"""Everything that is held about one signature, as files for the supporter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import Outcome
from campaign.privacy.subject_access import export_subject_data
from campaign.signatures.queries import consents, events
from campaign.web.context import container

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.privacy.subject_access import SubjectData
    from campaign.web.context import PageContext


def as_json(session: Session, subject_data: SubjectData) -> str:
    document = export_subject_data(session, subject_data)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_text(session: Session, page: PageContext, subject_data: SubjectData) -> str:
    """Return everything that is held as text to read, in the page's language."""
    tried = subject_data.letter.attempts if subject_data.letter else ()
    return container.message_builder.templates.get_template("privacy/subject_access.txt").render(
        language=page.language,
        words=page.words,
        subject_data=subject_data,
        government=page.government_name(subject_data.row.government),
        agreed=consents.of_signature(session, subject_data.row.id),
        events=events.of_signature(session, subject_data.row.id),
        mails=[one for one in mails.of_signature(session, subject_data.row.id) if one.accepted_at],
        attempts=[one for one in tried if one.outcome is not Outcome.STARTED],
    )
