"""The site of the demonstration in one process: web, worker, a clock, and mail in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.container import build_container, outbox_folder
from campaign.delivery.transports.memory import MemoryTransport
from campaign.delivery.transports.outbox import OutboxTransport
from campaign.errors import OutcomeUnknown, TransportError
from campaign.operations.commands.prepare import prepare_site
from campaign.organisers.accounts import get_or_create_dev_owner
from campaign.organisers.rules.roles import Role
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.web_app import create_app
from tests.browser_client import BrowserClient
from tests.clock import Clock
from tests.demo.people import Asked
from tests.organiser import sign_in_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from campaign.delivery.rules.delivery import Envelope
    from tests.organiser import Organiser

NO_LIMITS = {
    "CAMPAIGN_ENVIRONMENT": "development",
    "CAMPAIGN_NETWORK_PER_FORM": "1000000",
    "CAMPAIGN_NETWORK_OVERALL": "1000000",
    "CAMPAIGN_NETWORK_MAILS_PER_HOUR": "1000000",
}
"""All of a month's supporters sit at this machine, and within a minute."""

HALF_DAY = 12 * 3600.0
IN_MAILBOX = 40
"""How many of the newest messages lie in the mailbox, so that their links can be followed."""


class DemoTransport(MemoryTransport):
    """Hands nothing to anybody: refuses every sixtieth letter, and loses half as many midway."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = 0

    def send(self, envelope: Envelope) -> str:
        if envelope.name.startswith("letter-"):
            self.letters += 1
            if self.letters % 60 == 25:
                raise TransportError("550 5.1.1 no such mailbox", permanent=True, code="550")
            if self.letters % 120 == 10:
                raise OutcomeUnknown("the connection was lost")
        return super().send(envelope)


class DemoSite:
    """What is done there happens when `clock` says."""

    def __init__(self, folder: Path, base_url: str, begin: datetime) -> None:
        where = {"CAMPAIGN_INSTANCE": str(folder), "CAMPAIGN_BASE_URL": base_url}
        self.clock = Clock()
        self.clock.now = begin
        self.container = build_container(load_settings(NO_LIMITS | where), self.clock)
        prepare_site(self.container)
        self.app = create_app(self.container)
        self.app.test_client_class = BrowserClient
        self.transport = DemoTransport()
        self.worker = create_worker(self.container, self.transport, self._half_days)

    def _half_days(self) -> float:
        """Return seconds by the site's clock that let housekeeping be done twice a day."""
        moment = self.clock.now.timestamp()
        return moment - moment % HALF_DAY

    def supporter(self, slug: str, language: str) -> Supporter:
        browser = self.app.test_client()
        return Supporter(browser, self.worker, self.transport, slug, language)

    def owner(self) -> Organiser:
        """Return the made-up owner, whom `campaign run` signs in, with a new session."""
        with self.container.database.writing() as session:
            get_or_create_dev_owner(session, self.container.keyring, self.clock())
        return sign_in_organiser(self.container, self.app)

    def editor(self) -> Organiser:
        return sign_in_organiser(self.container, self.app, Role.EDITOR)

    def asked_by(self, slug: str) -> Asked:
        with self.container.database.reading() as session:
            campaign = self.container.campaign_cache.by_slug(session, slug).campaign
        every = self.container.reference.governments.values()
        chosen = campaign.facts.governments.choose(every, self.clock().date())
        demands = [one.key for one in campaign.revision.demands]
        default = campaign.facts.default_language
        languages = sorted(campaign.revision.languages, key=lambda one: one != default)
        return Asked(slug, demands, [one.code for one in chosen], languages)

    def close(self) -> None:
        """End as a site that was stopped does, with its newest mail in the mailbox."""
        self.worker.stop()
        self.worker.run()
        mailbox = OutboxTransport(outbox_folder(self.container.settings))
        with mailbox.connect():
            for envelope in self.transport.sent[-IN_MAILBOX:]:
                mailbox.send(envelope)
        self.container.database.close()
