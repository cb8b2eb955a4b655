"""The second step of signing in: codes that an app makes from a shared secret (RFC 6238)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import pyotp
from markupsafe import Markup

if TYPE_CHECKING:
    from datetime import datetime

STEP_SECONDS = 30
_VALID_WINDOW = 1
"""Steps that a clock may be off (RFC 6238, section 5.2)."""


def new_secret() -> str:
    return pyotp.random_base32()


def match_time_step(secret: str, typed: str, now: datetime) -> int | None:
    """Return the time step of a code, or None if the code is not valid now.

    The caller must store the step and reject codes of it and of earlier steps from then on.
    """
    code = "".join(typed.split()).encode(errors="replace")
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    fitting = None
    for step in range(current - _VALID_WINDOW, current + _VALID_WINDOW + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), code):
            fitting = step
    return fitting


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """Return the otpauth URL for an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def qr_code_svg(address: str) -> Markup:
    """Return an otpauth URL as a QR code, in SVG to embed in a page."""
    # Imported here because only enrolling needs it.
    import segno  # noqa: PLC0415

    code = segno.make(address, error="m")
    svg = code.svg_inline(scale=5, border=4, dark="#000", light="#fff", title="QR code")
    return Markup(svg)  # noqa: S704 - made of squares only
