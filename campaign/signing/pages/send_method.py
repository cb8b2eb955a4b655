"""What a person needs who sends her letter herself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.delivery.message_builder import ministry_address
from campaign.errors import NotFound
from campaign.letters.printed_letters import postal_address_lines
from campaign.letters.rules.letter import SendMethod
from campaign.letters.rules.mail_client_links import OwnMailLink, own_mail_links
from campaign.recipients.queries import ministries
from campaign.web.context import current_container

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from campaign.privacy.subject_access import PersonalLetter
    from campaign.recipients.rules.government import Ministry


@dataclass(frozen=True)
class SelfSendInfo:
    """What she needs to send her letter herself; `missing` says that nobody checked where to."""

    send_method: SendMethod
    ministry: Ministry
    address: str
    links: tuple[OwnMailLink, ...]
    missing: bool


def self_send_info(session: Session, letter: PersonalLetter) -> SelfSendInfo | None:
    """Return how she sends her letter herself, or None for one that the site sends."""
    site = current_container()
    row = ministries.get(session, letter.row.government)
    ministry = site.reference.ministries[letter.row.government]
    way, language = letter.row.way, letter.row.language
    try:
        if way is SendMethod.OWN_MAIL:
            address = ministry_address(row, language, live=site.live)
            links = own_mail_links(address, letter.text.subject, letter.text.full_text)
            return SelfSendInfo(way, ministry, address, tuple(links), missing=False)
        if way is SendMethod.PRINT:
            address = "\n".join(postal_address_lines(row, language, live=site.live))
            return SelfSendInfo(way, ministry, address, (), missing=False)
    except NotFound:
        return SelfSendInfo(way, ministry, "", (), missing=True)
    return None
