"""What a setting's text may be, and what it becomes.

Each parser raises ValueError with a reason.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from campaign.delivery import transports
from campaign.validators import is_ascii_email, is_header_safe, is_origin, is_url

if TYPE_CHECKING:
    from collections.abc import Callable

BASE_DIR = Path(__file__).resolve().parent.parent.parent
KEY_BYTES = 32

_POSTGRESQL = ("postgresql://", "postgres://", "postgresql+psycopg://")
_DATABASES = ("sqlite:///", *_POSTGRESQL)
_IN_MEMORY = ("sqlite:///", "sqlite:///:memory:")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LIMITS_STORES = ("memory://", "redis://", "rediss://")


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"should be one of {', '.join(allowed)}")
        return text

    return parse


def yes_or_no(text: str) -> bool:
    return choice("yes", "no")(text) == "yes"


def number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(high))
        if not (digits and low <= int(text) <= high):
            raise ValueError(f"should be a whole number from {low} to {high}")
        return int(text)

    return parse


def path(text: str) -> Path:
    """Return an absolute path; relative ones begin at the checkout."""
    return BASE_DIR / text


def optional_path(text: str) -> Path | None:
    return path(text) if text else None


def folder(text: str) -> Path:
    found = path(text)
    if not path_check(found.is_dir):
        raise ValueError(f"names no folder: {found}")
    return found


def optional_file(text: str) -> Path | None:
    found = optional_path(text)
    if found is not None and not path_check(found.is_file):
        raise ValueError("names no file")
    return found


def texts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def hosts(text: str) -> tuple[str, ...]:
    named = texts(text)
    if wrong := [host for host in named if not _HOST.fullmatch(host)]:
        raise ValueError(f"names no host: {', '.join(wrong)}")
    return named


def processors(text: str) -> tuple[str, ...]:
    named = "" if text.lower() == "none" else text
    return tuple(" ".join(part.split()) for part in named.split(";") if part.strip())


def email(text: str) -> str:
    if not is_ascii_email(text):
        raise ValueError("should be an e-mail address")
    return text


def optional_email(text: str) -> str:
    return email(text) if text else ""


def header_text(text: str) -> str:
    if not is_header_safe(text):
        raise ValueError("should be plain text in one line, without =?")
    return text


def origin(text: str) -> str:
    if not is_origin(text):
        raise ValueError("should be like https://letters.example.org, without a path")
    return text


def optional_https(text: str) -> str:
    parts = urlsplit(text) if is_url(text) else None
    if text and (parts is None or parts.scheme != "https" or not parts.hostname):
        raise ValueError("should begin with https://")
    return text


def database_url(text: str) -> str:
    if not text.startswith(_DATABASES):
        raise ValueError("should begin with sqlite:/// or postgresql://")
    if text.partition("?")[0] in _IN_MEMORY:
        raise ValueError("should name a file: each process would have its own")
    return text


def optional_postgresql_url(text: str) -> str:
    if text and not text.startswith(_POSTGRESQL):
        raise ValueError("should begin with postgresql://")
    return text


def limits_store(text: str) -> str:
    if not (text.startswith(_LIMITS_STORES) and is_url(text)):
        raise ValueError("should be memory:// or begin with redis://")
    return text


def transport(text: str) -> str:
    if text not in transports.names() or not transports.load(text).selectable:
        raise ValueError(f"should be one of {', '.join(transports.selectable_names())}")
    return text


def keys(text: str) -> tuple[bytes, ...]:
    # Of no keys at all the empty text is the one that is wrong.
    found = tuple(key(part) for part in texts(text) or [""])
    if len(set(found)) != len(found):
        raise ValueError("names the same key twice")
    return found


def single_key(text: str) -> bytes:
    if len(texts(text)) > 1:
        raise ValueError("should be one key: hashes made with it cannot be made again")
    return key(text.strip(" ,"))


def key(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES or len(set(found)) < KEY_BYTES // 4:
        raise ValueError(f"should be {KEY_BYTES} random bytes in base64")
    return found


def path_check(look: Callable[[], bool]) -> bool:
    """Return what a check of a path says; False for a path that no file system accepts."""
    try:
        return look()
    except OSError:
        return False
