"""Health checks for whoever monitors the site: is the process up, and can it work."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from campaign.errors import RestorePending, SealError
from campaign.privacy import keys
from campaign.web.context import container

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    """Report that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
def readyz() -> Response:
    """Report whether the database is reachable and settled, has its tables, and the keys fit."""
    try:
        container.database.must_have_no_pending_restore()
        with container.database.reading() as session:
            keys.require_matching_keys(session, container.keyring)
            container.campaign_cache.all(session)
    except RestorePending:
        return Response("not ready: a restore is not settled\n", 503, mimetype="text/plain")
    except (SQLAlchemyError, SealError):
        return Response("not ready\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")
