"""What organisers call recipients, in English."""

from __future__ import annotations

from campaign.language.formats import territory_name
from campaign.recipients.rules.recipient import government_of, office_of


def recipient_label(recipient: str) -> str:
    """Return what the console calls a recipient: Germany, head of government."""
    office = office_of(recipient).replace("-", " ")
    return f"{territory_name(government_of(recipient), 'en')}, {office}"
