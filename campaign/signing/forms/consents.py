"""Consents as a form carries them: read in one way, wherever they are given or taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.rules.consents import OPTIONAL_CONSENTS

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

_YES = frozenset({"y", "yes", "true", "on", "1"})
"""What our own boxes send, and what browsers and programs send for a box that is ticked.

A list of what is a yes, not of what is a no: an unknown word is no consent (GDPR, Article
4(11), asks for one that is unambiguous).
"""


def read_consents(form: MultiDict[str, str] | None) -> dict[str, bool]:
    """Return for each tick whether she agreed: a box that was not sent, or says "false", is no.

    One that is sent twice and says both is no.
    """
    return {
        tick.value: form is not None and _agreed(form.getlist(tick)) for tick in OPTIONAL_CONSENTS
    }


def _agreed(said: list[str]) -> bool:
    return bool(said) and all(one.strip().lower() in _YES for one in said)
