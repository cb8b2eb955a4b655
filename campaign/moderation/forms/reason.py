"""Error messages for a reason that cannot be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.errors import InvalidText

_FAULTS = {
    "no-reason": "Say why, in one line: it is kept in the log.",
    "too-long": "This is longer than 500 characters.",
    "names-a-person": "Say it without the name and the address: the log keeps it for good.",
}


def reason_error(error: InvalidText) -> str:
    return _FAULTS.get(error.reason, "This has characters that cannot be kept.")
