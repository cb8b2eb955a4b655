"""What a person needs who sends her letter herself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.letter_message import ministry_address
from campaign.errors import NotFound
from campaign.letters.printing import postal_lines
from campaign.letters.rules.letter import Way
from campaign.letters.rules.own_mail import OwnMailLink, own_mail_links
from campaign.recipients.queries import ministries
from campaign.web.context import current_site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.privacy.subject_access import OwnLetter
    from campaign.recipients.rules.government import Ministry


@dataclass(frozen=True)
class OwnWay:
    """What she needs to send her letter herself; `missing` says that nobody checked where to."""

    way: Way
    ministry: Ministry
    address: str
    links: tuple[OwnMailLink, ...]
    missing: bool


def own_way(session: Session, letter: OwnLetter) -> OwnWay | None:
    """Return how she sends her letter herself, or None for one that the site sends."""
    site = current_site()
    row = ministries.get(session, letter.row.government)
    ministry = site.reference.ministries[letter.row.government]
    way, language = letter.row.way, letter.row.language
    try:
        if way is Way.OWN_MAIL:
            address = ministry_address(row, language, live=site.live)
            links = own_mail_links(address, letter.text.subject, letter.text.whole)
            return OwnWay(way, ministry, address, tuple(links), missing=False)
        if way is Way.PRINT:
            address = "\n".join(postal_lines(row, language, live=site.live))
            return OwnWay(way, ministry, address, (), missing=False)
    except NotFound:
        return OwnWay(way, ministry, "", (), missing=True)
    return None
