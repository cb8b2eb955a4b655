"""An e-mail address that every server takes."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from campaign.errors import InvalidText

MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its brackets."""


def clean_email(address: str) -> str:
    """Return an e-mail address that every server takes, or raise InvalidText."""
    try:
        return normalise_email(address)
    except EmailNotValidError as error:
        raise InvalidText("not-an-address") from error


def normalise_email(address: str) -> str:
    """Return an e-mail address that every server takes, or raise EmailNotValidError.

    What looks like an encoded word (RFC 2047) is refused: no header could carry it.
    """
    if len(address) > MAX_EMAIL_LENGTH:
        raise EmailNotValidError(f"It is longer than {MAX_EMAIL_LENGTH} characters.")
    if "=?" in address:
        raise EmailNotValidError("It has “=?” in it.")
    checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    return checked.ascii_email or checked.normalized
