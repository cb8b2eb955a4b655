"""The consents that a campaign asks supporters for; its words contain a text for each."""

from __future__ import annotations

from enum import StrEnum


class Consent(StrEnum):
    """Purposes that each need a consent of their own.

    `BE_COUNTED` is given with the button that confirms, the others with checkboxes.
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
