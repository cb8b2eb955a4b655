"""Everything that is held about one signature, as files for its writer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign.delivery.queries import mails
from campaign.delivery.rules.delivery import Outcome
from campaign.privacy.subject_access import as_document
from campaign.signatures.queries import consents, events
from campaign.web.context import current_site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.privacy.subject_access import Holdings
    from campaign.web.context import Visit


def as_json(session: Session, held: Holdings) -> str:
    document = as_document(session, held)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_text(session: Session, seen: Visit, held: Holdings) -> str:
    """Return the same to read, in the page's language."""
    tried = held.letter.attempts if held.letter else ()
    return (
        current_site()
        .composer.templates.get_template("public/holdings.txt")
        .render(
            language=seen.language,
            words=seen.words,
            held=held,
            government=seen.government_name(held.row.government),
            agreed=consents.of_signature(session, held.row.id),
            events=events.of_signature(session, held.row.id),
            mails=[one for one in mails.all_of(session, held.row.id) if one.accepted_at],
            attempts=[one for one in tried if one.outcome is not Outcome.STARTED],
        )
    )
