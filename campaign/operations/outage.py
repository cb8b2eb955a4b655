"""Alert the operator when the database is down, which knows the owners and the last alert."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign import logs
from campaign.operations.watch import ALERT_INTERVAL, send_alert_mail

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.delivery.rules.delivery import Transport
    from campaign.language.catalogue import Language
    from campaign.language.templates import Templates
    from campaign.operator import Operator

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class DatabaseDownAlert:
    """Alert to the operator's contact, at most every six hours, and once when it is over.

    `marker_file`: an empty file whose modification time is that of the last alert; each host has
    its own. Setting a file's time needs no disk space, and a full disk is what often ends a
    database.
    """

    marker_file: Path
    transport: Transport
    operator: Operator
    templates: Templates
    language: Language

    def trigger(self, now: datetime) -> None:
        """Alert the operator, unless done recently, or it cannot be recorded and would repeat.

        An alert that could not be sent is retried at the next check.
        """
        try:
            told_at = self._told_at()
            # A clock that was ahead must not silence it for good.
            if told_at is not None and abs(now - told_at) < ALERT_INTERVAL:
                return
            self._record_alert(now)
        except OSError as error:
            log.warning("an outage cannot be noted, nobody called", error=type(error).__name__)
            return
        if not self._send("database_down", now):
            self._record_alert(now - ALERT_INTERVAL)

    def resolve(self, now: datetime) -> None:
        """Send the all-clear, if the operator was alerted."""
        if self._told_at() is not None and self._send("database_back", now):
            self.marker_file.unlink(missing_ok=True)

    def _told_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.marker_file.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def _record_alert(self, at: datetime) -> None:
        self.marker_file.touch(mode=0o600)
        os.utime(self.marker_file, (at.timestamp(), at.timestamp()))

    def _send(self, name: str, now: datetime) -> bool:
        text = self.templates.render(f"mail/{name}.txt", self.language, operator=self.operator)
        return send_alert_mail(
            self.transport, self.operator, [self.operator.contact], name, text, now
        )
