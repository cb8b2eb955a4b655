"""Check whether the queue is being emptied, and alert the organisers when it is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign import logs
from campaign.delivery.mailer import build_system_mail
from campaign.delivery.queries import mails
from campaign.errors import OutcomeUnknown, TransportError
from campaign.language.text import redact
from campaign.operations import queries
from campaign.operations.rules import TaskFailure
from campaign.organisers.queries import organisers
from campaign.organisers.sealing import unseal_organiser_email

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaign.delivery.rules.delivery import Transport
    from campaign.language.catalogue import Language
    from campaign.language.templates import Templates
    from campaign.operations.rows import WorkerRow
    from campaign.operator import Operator
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

WORKER_TIMEOUT = timedelta(minutes=2)
"""A worker's heartbeat comes every fifteen seconds; without one for this long it is not running."""

OVERDUE_AFTER = timedelta(minutes=10)
"""A mail that is overdue this long shows that no worker is running, or that none can send."""

ALERT_INTERVAL = timedelta(hours=6)
"""The organisers are alerted at most once in this time."""

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class WorkerHealth:
    """What a check found.

    `workers`: those of the last day, most recently seen first. `unsent_since`: since when the
    oldest confirmation waits that nobody has tried to send.
    """

    at: datetime
    workers: Sequence[WorkerRow]
    unsent_since: datetime | None

    @property
    def problems(self) -> list[str]:
        """Return a sentence, without a full stop, for each thing that is wrong."""
        found = []
        last = self.workers[0].seen_at if self.workers else None
        if last is None:
            found.append("no worker has been seen in the last day")
        elif self.at - last > WORKER_TIMEOUT:
            found.append(f"no worker has been seen since {_moment(last)}")
        if self.unsent_since is not None and self.at - self.unsent_since > OVERDUE_AFTER:
            found.append(f"a confirmation has been waiting since {_moment(self.unsent_since)}")
        return found

    @property
    def is_healthy(self) -> bool:
        return not self.problems

    @property
    def needs_attention(self) -> bool:
        return not self.is_healthy or bool(self.failures)

    @property
    def running_workers(self) -> list[WorkerRow]:
        return [row for row in self._not_stopped if self.at - row.seen_at <= WORKER_TIMEOUT]

    @property
    def silent_workers(self) -> list[WorkerRow]:
        """Return workers that were not stopped and have no recent heartbeat."""
        return [row for row in self._not_stopped if self.at - row.seen_at > WORKER_TIMEOUT]

    @property
    def failures(self) -> list[TaskFailure]:
        """Return the failing tasks of running workers, each once: where it has failed longest."""
        found = [TaskFailure.from_json(one) for row in self.running_workers for one in row.failures]
        longest: dict[str, TaskFailure] = {}
        for failure in sorted(found, key=lambda one: one.since):
            longest.setdefault(failure.task, failure)
        return list(longest.values())

    @property
    def summary(self) -> str:
        """Return everything in one line."""
        counted = f"{len(self.running_workers)} running, {len(self.silent_workers)} silent"
        failing = "".join(
            f"; failing since {_moment(one.since)}: {one.task} ({one.error})"
            for one in self.failures
        )
        if self.problems:
            return f"STANDING STILL: {'; '.join(self.problems)} (workers: {counted}){failing}"
        last = _moment(self.workers[0].seen_at)
        return f"fine: workers: {counted}, last seen {last}; no confirmation is late{failing}"

    @property
    def _not_stopped(self) -> list[WorkerRow]:
        return [row for row in self.workers if row.stopped_at is None]


def read_worker_health(session: Session, now: datetime) -> WorkerHealth:
    return WorkerHealth(
        now, queries.list_workers(session), mails.oldest_untried_confirmation_at(session)
    )


@dataclass(frozen=True)
class HealthAlert:
    """Checks health, and alerts the owners directly, because the queue is what is stuck.

    The operator's contact is alerted in any case: there may be no owner yet.
    """

    database: Database
    keyring: Keyring
    transport: Transport
    operator: Operator
    templates: Templates
    language: Language

    def check_and_alert(self, now: datetime) -> WorkerHealth:
        """Return the health; alert the organisers if an alert or an all-clear is due.

        Any number of checks may run, on any hosts: only one of them alerts.
        """
        with self.database.writing() as session:
            standing, addresses = read_worker_health(session, now), self._addresses(session)
            if standing.is_healthy:
                told_at = queries.claim_all_clear(session)
                is_due = told_at is not None
            else:
                told_at = now - ALERT_INTERVAL
                is_due = queries.claim_alert(session, now, told_at)
        if is_due and not self._send(standing, addresses):
            with self.database.writing() as session:
                queries.release_alert(session, told_at or now)
        return standing

    def _addresses(self, session: Session) -> list[str]:
        owners = [row for row in organisers.list_all(session) if row.can_sign_in and row.site_owner]
        opened = [unseal_organiser_email(self.keyring, row.id, row.sealed) for row in owners]
        return list(dict.fromkeys((self.operator.contact, *opened)))

    def _send(self, standing: WorkerHealth, addresses: Sequence[str]) -> bool:
        name = "works_again" if standing.is_healthy else "stands_still"
        text = self.templates.render(
            f"mail/{name}.txt", self.language, operator=self.operator, faults=standing.problems
        )
        return send_alert_mail(self.transport, self.operator, addresses, name, text, standing.at)


def send_alert_mail(
    transport: Transport,
    operator: Operator,
    addresses: Sequence[str],
    name: str,
    text: str,
    at: datetime,
) -> bool:
    """Mail a text about the site to each address, bypassing the queue; return False to retry.

    `text`: its subject, a blank line and the body.
    """
    try:
        with transport.connect() as connection:
            for address in addresses:
                connection.send(build_system_mail(operator, address, name, text, at))
    except OutcomeUnknown:
        # It may have arrived; do not repeat it with every check.
        return True
    except TransportError as error:
        log.warning("the organisers could not be told", reply=redact(error.reply))
        return False
    return True


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
