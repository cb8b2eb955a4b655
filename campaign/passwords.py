"""Organisers' passwords: hashed slowly, compared slowly, and refused if they are guessed easily.

Argon2id with OWASP's parameters (Password Storage Cheat Sheet: m=19456 KiB, t=2, p=1).
One at a time in a process, so that many tries at once take 19 MiB and not 19 MiB each.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from campaign.domain.organiser import MAX_PASSWORD, MIN_PASSWORD
from campaign.errors import Busy, UnacceptableText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_JUDGED = 40
"""Characters that are judged: judging more takes long and changes nothing."""

_PLACES = 3
"""One password that is being hashed or compared, and so many that wait, less one."""

_GOOD_ENOUGH = 3
"""zxcvbn's score of what takes more than 10^8 guesses (Wheeler, USENIX Security 2016)."""


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._one_at_a_time = Lock()
        self._places = BoundedSemaphore(_PLACES)
        # What an unknown account's password is compared with, so that it takes as long.
        self._nobodys = self.hashed(secrets.token_urlsafe())

    def hashed(self, password: str) -> str:
        with self._waiting(), self._one_at_a_time:
            return self._hasher.hash(password)

    def match(self, kept: str | None, typed: str) -> bool:
        """Say whether a password is that of a hash; it takes as long where there is none."""
        try:
            with self._waiting(), self._one_at_a_time:
                return self._hasher.verify(kept or self._nobodys, typed[:MAX_PASSWORD])
        except (VerifyMismatchError, InvalidHashError):
            return False

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Let few wait: the others would keep every thread from the site's other pages."""
        if not self._places.acquire(blocking=False):
            raise Busy("passwords")
        try:
            yield
        finally:
            self._places.release()


def must_be_strong(password: str, about_its_owner: Sequence[str]) -> None:
    """Raise UnacceptableText for one that is too short, too long, or easily guessed."""
    # 20 MB of words and names that only a process needs which sets a password.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    if len(password) < MIN_PASSWORD:
        raise UnacceptableText("short-password")
    if len(password) > MAX_PASSWORD:
        raise UnacceptableText("long-password")
    known = [part for text in about_its_owner for part in (text, *text.replace("@", " ").split())]
    if zxcvbn(password[:_JUDGED], user_inputs=known)["score"] < _GOOD_ENOUGH:
        raise UnacceptableText("guessable-password")
