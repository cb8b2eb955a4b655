"""Settings of the web server (gunicorn), the same in development and production.

In production it needs a buffering proxy in front: more stalled clients than there are
threads bring a server like this to a halt (docs/adr/0011). There is no access log, because
the URLs of private pages contain tokens.
"""

from __future__ import annotations

from typing import Any

from campaign import logs
from campaign.memory import defer_gc, freeze_gc
from campaign.settings.load import load_settings
from campaign.store.database import Database
from campaign.store.revision import wait_for_migrations
from campaign.version import running_version

log = logs.get_logger(__name__)

worker_class = "gthread"
workers = 1
threads = 4
# Without a limit, one process takes all keep-alive connections.
worker_connections = 64
timeout = 30
graceful_timeout = 8
keepalive = 5
accesslog = None
loglevel = "warning"
logconfig_dict = logs.config()
# No header may change the path under which the application is mounted: it is the root.
forwarder_headers = ""
# Bound the size of request headers.
limit_request_line = 4094
limit_request_fields = 60


def on_starting(_server: Any) -> None:
    """Wait for a migration that runs: requests stay in the socket's queue meanwhile."""
    settings = load_settings()
    database = Database(settings.database_url, prepared_statements=settings.prepared_statements)
    if not wait_for_migrations(database):
        log.error("the tables are not those of this version: run campaign prepare")
    database.close()


def post_fork(_server: Any, _worker: Any) -> None:
    logs.configure()
    defer_gc()


def post_worker_init(_worker: Any) -> None:
    freeze_gc()
    version = running_version()
    log.info("web started", version=version.number, commit=version.commit)
