"""Organisers' passwords: hashed slowly, compared slowly, and refused if easy to guess.

Argon2id with OWASP's parameters (Password Storage Cheat Sheet: m=19456 KiB, t=2, p=1). A process
hashes one at a time, so that many concurrent tries take 19 MiB and not 19 MiB each. However many
strangers try, a browser that an organiser has signed in with before waits for two of them at most.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from campaign.errors import Busy, InvalidText
from campaign.organisers.rules.roles import MAX_PASSWORD, MIN_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_SCORED = 40
"""Characters that are scored: scoring more takes long and changes nothing."""

_MAX_CONCURRENT = 2
"""Passwords of strangers that are compared or queued at once; the same number of organisers'."""

_ZXCVBN_SCRIPT = """
import json, sys
from zxcvbn import zxcvbn
password, known = json.load(sys.stdin)
print(zxcvbn(password, user_inputs=known)["score"])
"""
_OBVIOUS_WORDS = (
    "open letter petition campaign console password passwort",
    "correcthorsebatterystaple",
)
"""What anybody who looks at this page thinks of first."""

_SCORE_TIMEOUT = 10.0
"""Seconds; a password that takes longer to score was made to do so."""

_MIN_SCORE = 3
"""zxcvbn's score for more than 10^8 guesses (Wheeler, USENIX Security 2016)."""


class PasswordService:
    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._one_at_a_time = Lock()
        self._strangers = BoundedSemaphore(_MAX_CONCURRENT)
        self._known = BoundedSemaphore(_MAX_CONCURRENT)

    @cached_property
    def _dummy_hash(self) -> str:
        """Return a hash to compare with for unknown accounts, so that they take as long."""
        return self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Return the hash of a password of somebody who was invited or is signed in."""
        with self._limited(self._known):
            return self._hasher.hash(_encoded(password))

    def verify(self, kept: str | None, typed: str, *, known: bool) -> bool:
        """Return whether a password matches a hash; without a hash it takes as long.

        `known`: an organiser's own browser is asking. Raise Busy if too many are waiting.
        """
        try:
            with self._limited(self._known if known else self._strangers):
                return self._hasher.verify(kept or self._dummy_hash, _encoded(typed))
        except (VerificationError, InvalidHashError):
            return False

    @contextmanager
    def _limited(self, places: BoundedSemaphore) -> Iterator[None]:
        """Raise Busy if too many wait: they would block the threads of all other pages."""
        if not places.acquire(blocking=False):
            raise Busy("passwords")
        try:
            with self._one_at_a_time:
                yield
        finally:
            places.release()


def _encoded(text: str) -> bytes:
    """Return any text as bytes, even with lone surrogates in it."""
    return text.encode("utf-8", "surrogatepass")


def validate_password(password: str, about_its_owner: Sequence[str]) -> None:
    """Raise InvalidText for a password that is too short, too long, or easy to guess."""
    if len(password) < MIN_PASSWORD:
        raise InvalidText("short-password")
    if len(password) > MAX_PASSWORD:
        raise InvalidText("long-password")
    texts = (*about_its_owner, *_OBVIOUS_WORDS)
    known = [part for text in texts for part in (text.casefold(), *_words(text))]
    # Repeating a word does not make it harder to guess.
    once = " ".join(dict.fromkeys(_words(password)))
    if set(_words(password)) <= set(known):
        raise InvalidText("guessable-password")
    if min(_score(one[:_MAX_SCORED], known) for one in {password, once}) < _MIN_SCORE:
        raise InvalidText("guessable-password")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _score(password: str, known: Sequence[str]) -> int:
    """Return zxcvbn's score from 0 to 4; 0 if scoring takes too long.

    It runs in its own process: its word lists take 30 MB, which the web server would never free.
    """
    asked = json.dumps([password, known])
    try:
        judged = subprocess.run(  # noqa: S603 - a constant, and nothing of it is an argument
            [sys.executable, "-c", _ZXCVBN_SCRIPT],
            input=asked,
            capture_output=True,
            text=True,
            timeout=_SCORE_TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return 0
    return int(judged.stdout)
