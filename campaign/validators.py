"""Validators for settings: e-mail addresses, URLs, hosts, single lines of plain text."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from campaign.errors import InvalidText
from campaign.language.text import clean_line, has_hidden_characters

_NAME = re.compile(r"\w([\w.-]*\w)?")


def is_ascii_email(text: str) -> bool:
    """Return whether this is an ASCII e-mail address, which every mail server can handle."""
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
    """Return whether a value can be stored: bytes that are not UTF-8 arrive as lone surrogates."""
    return "\0" not in value and value.encode("utf-8", "ignore").decode() == value


def is_url(text: str) -> bool:
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    # `urlsplit` silently removes characters that are not printable.
    return text.isprintable() and " " not in text


def is_origin(address: str) -> bool:
    """Return whether a URL is an HTTP origin: scheme, host and possibly port, nothing else."""
    if not is_url(address):
        return False
    parts = urlsplit(address)
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    nothing_else = address.rstrip("/").lower() == f"{parts.scheme}://{place}{port}"
    return parts.scheme in {"http", "https"} and nothing_else and is_host(host)


def is_host(name: str) -> bool:
    """Return whether this is a host name, in any alphabet, or an IP address."""
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
