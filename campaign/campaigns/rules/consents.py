"""What a campaign asks supporters to agree to: its words name each by its purpose."""

from __future__ import annotations

from enum import StrEnum


class Consent(StrEnum):
    """Purposes that each need a yes of their own.

    `BE_COUNTED` is given by the button that confirms, the others by ticks.
    """

    SEND_LETTER = "send_letter"
    SHOW_NAME = "show_name"
    SEND_NEWS = "send_news"
    REPLY_DIRECTLY = "reply_directly"
    SEND_COPY = "send_copy"
    BE_COUNTED = "be_counted"


OPTIONAL_CONSENTS = (
    Consent.SEND_LETTER,
    Consent.SHOW_NAME,
    Consent.SEND_NEWS,
    Consent.REPLY_DIRECTLY,
    Consent.SEND_COPY,
)
