"""Call the operator when the database is down, which knows the owners and who was told when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign import logs
from campaign.operations.watch import AGAIN_AFTER, mailed

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from campaign.delivery.rules.delivery import Transport
    from campaign.operator import Operator

log = logs.get(__name__)


@dataclass(frozen=True)
class Outage:
    """Mails the operator's contact, once in six hours at most and once when it is over.

    `mark`: an empty file whose time says when that was; each host has its own. Setting the time of
    a file needs no room, and a full disk is what often ends a database.
    """

    mark: Path
    transport: Transport
    operator: Operator
    templates: Environment

    def begins_or_goes_on(self, now: datetime) -> None:
        """Call, unless that was done lately; not where it cannot be noted: it would be each time.

        A call that did not leave is made with the next look.
        """
        try:
            told_at = self._told_at()
            # A clock that was ahead must not silence it for good.
            if told_at is not None and abs(now - told_at) < AGAIN_AFTER:
                return
            self._note(now)
        except OSError as error:
            log.warning("an outage cannot be noted, nobody called", error=type(error).__name__)
            return
        if not self._mailed("database_down", now):
            self._note(now - AGAIN_AFTER)

    def is_over(self, now: datetime) -> None:
        """Say so, if the operator was called about it."""
        if self._told_at() is not None and self._mailed("database_back", now):
            self.mark.unlink(missing_ok=True)

    def _told_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.mark.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def _note(self, at: datetime) -> None:
        self.mark.touch(mode=0o600)
        os.utime(self.mark, (at.timestamp(), at.timestamp()))

    def _mailed(self, name: str, now: datetime) -> bool:
        text = self.templates.get_template(f"mail/{name}.txt").render(operator=self.operator)
        return mailed(self.transport, self.operator, [self.operator.contact], name, text, now)
