"""E-mail addresses in a form that every server accepts."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from campaign.errors import InvalidText

MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its brackets."""


def clean_email(address: str) -> str:
    """Return an e-mail address in a form that every server accepts, or raise InvalidText."""
    try:
        return normalise_email(address)
    except EmailNotValidError as error:
        raise InvalidText("not-an-address") from error


def normalise_email(address: str) -> str:
    """Return an e-mail address in a form that every server accepts.

    Raise EmailNotValidError if there is none, or if the address looks like an encoded word
    (RFC 2047), which no header could carry.
    """
    if len(address) > MAX_EMAIL_LENGTH:
        raise EmailNotValidError(f"It is longer than {MAX_EMAIL_LENGTH} characters.")
    if "=?" in address:
        raise EmailNotValidError("It has “=?” in it.")
    checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    return checked.ascii_email or checked.normalized
