"""What a publication of a draft would stumble over, for those who publish and who rehearse it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.bundle import Bundle, read_bundle
from campaign.campaigns.bundle_files import bundle_files
from campaign.campaigns.bundle_warnings import bundle_warnings
from campaign.campaigns.console.preflight import is_blocked, preflight
from campaign.campaigns.drafts import load_version
from campaign.campaigns.recipient_warnings import recipient_warnings
from campaign.console.selected_campaign import selected_campaign
from campaign.errors import ContentError
from campaign.recipients.queries import recipients
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from campaign.campaigns.draft import Draft


@dataclass(frozen=True)
class Check:
    """What is wrong with a draft, and what deserves a second look; without faults, its bundle."""

    bundle: Bundle | None
    faults: Sequence[str]
    warnings: Sequence[str]


def check_draft(session: Session, draft: Draft) -> Check:
    """Return what a publication of a draft would stumble over."""
    try:
        bundle = read_bundle(bundle_files(draft.texts), container.bundle_context)
    except ContentError as error:
        return Check(None, error.faults, ())
    campaign, today = bundle.campaign, container.clock().date()
    known = set(container.reference.recipients) | recipients.all_keys(session)
    warnings = [
        *bundle_warnings(campaign, today),
        *recipient_warnings(campaign, container.reference, known, today),
    ]
    return Check(bundle, (), warnings)


def complete_bundle(number: int) -> Bundle | None:
    """Return the bundle of a version, None if it is not complete.

    A version never changes, so that it is read before the transaction in which it is published:
    to read 24 languages takes a fifth of a second, in which nobody else could write.
    """
    with container.database.reading() as session:
        draft = load_version(session, selected_campaign().campaign_id, number)
        return check_draft(session, draft).bundle


def publishable_bundle(number: int) -> Bundle | None:
    """Return the bundle of a version, None if the preflight says that it cannot be published."""
    with container.database.reading() as session:
        draft = load_version(session, selected_campaign().campaign_id, number)
        bundle = check_draft(session, draft).bundle
        is_ready = bundle and not is_blocked(preflight(session, draft, bundle.campaign))
        return bundle if is_ready else None
