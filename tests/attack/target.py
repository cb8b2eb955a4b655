"""A seeded site as it is deployed, and an owner who is signed in, for whoever attacks it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from campaign.organisers import accounts, sign_in
from campaign.organisers.accounts import Invitation
from campaign.organisers.queries import organisers as store
from campaign.organisers.sealing import hash_organiser_email
from campaign.organisers.sign_in import Browser
from tests.browser.conftest import free_port
from tests.helpers.databases import server_in
from tests.helpers.running_site import NO_RATE_LIMITS, RunningSite, stopping
from tests.helpers.worker_processes import submit_signatures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.container import Container

SIGNATURES = 50
OWNER = "ona.example@example.org"
# One machine asks more often than the documented limit lets it; that limit is nginx's to test.
FASTER = {"rate=50r/s": "rate=100000r/s", "burst=200": "burst=100000"}


@dataclass(frozen=True)
class Target:
    site: RunningSite
    cookie: str

    @property
    def address(self) -> str:
        return f"https://localhost:{self.site.proxy}"


@contextmanager
def target() -> Iterator[Target]:
    """Start PostgreSQL, the web server and nginx, with signatures, letters and an owner."""
    folder = Path(mkdtemp(prefix="campaign-attack-"))
    server = server_in(folder / "postgresql")
    instance = folder / "instance"
    instance.mkdir(mode=0o700)
    site = RunningSite(
        instance, free_port(), free_port(), server.get_uri(), more=dict(NO_RATE_LIMITS)
    )
    try:
        site.prepare()
        container = site.container()
        submit_signatures(container, SIGNATURES, confirm=True)
        cookie = f"__Host-console={_signed_in(container)}"
        container.database.close()
        with stopping(site.web(), site.nginx(**FASTER)):
            site.wait()
            yield Target(site, cookie)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _signed_in(container: Container) -> str:
    with container.database.writing() as session:
        invitation = Invitation("Ona Example", OWNER, site_owner=True)
        accounts.invite(session, container.keyring, invitation, "Test", container.clock())
        row = store.by_email(session, hash_organiser_email(container.keyring, OWNER))
        assert row is not None
        return sign_in.start_session(session, row, Browser(None, "Test"), container.clock())
