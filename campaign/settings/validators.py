"""Whether a setting's text is what it says it is: an address, a host, one line of plain text."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from campaign.errors import InvalidText
from campaign.language.text import clean_line, has_hidden_characters

_NAME = re.compile(r"\w([\w.-]*\w)?")


def is_ascii_email(text: str) -> bool:
    """Say whether mail can be sent from and to this address by any server: plain ASCII."""
    try:
        checked = validate_email(text, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        return False
    return text.isascii() and "=?" not in text and checked.ascii_email == text


def is_header_safe(text: str) -> bool:
    try:
        one_line = len(text.splitlines()) == 1 and bool(clean_line(text))
    except InvalidText:
        return False
    return one_line and not has_hidden_characters(text)


def is_valid_utf8(value: str) -> bool:
    """Say whether a value can be written down: bytes that are no UTF-8 come as halves."""
    return "\0" not in value and value.encode("utf-8", "ignore").decode() == value


def is_url(text: str) -> bool:
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    # What is not printed, `urlsplit` takes out without a word.
    return text.isprintable() and " " not in text


def is_origin(address: str) -> bool:
    """Say whether an address is a scheme, a host and perhaps a port, and nothing else."""
    if not is_url(address):
        return False
    parts = urlsplit(address)
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    nothing_else = address.rstrip("/").lower() == f"{parts.scheme}://{place}{port}"
    return parts.scheme in {"http", "https"} and nothing_else and is_host(host)


def is_host(name: str) -> bool:
    """Say whether this is a name, in any alphabet, or an IP address."""
    try:
        return bool(_NAME.fullmatch(name) or ip_address(name))
    except ValueError:
        return False


def host_of(address: str) -> str:
    return urlsplit(address).hostname or "" if is_origin(address) else ""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
