"""Who may do what in the console: every route is closed until its view says what it needs.

A form that comes from a lost session, or that needs a fresh sign-in, is kept in the sign-in
page and offered again afterwards: nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for

from campaign import logs
from campaign.campaigns.console import keep_slug_in_addresses, must_be_known
from campaign.console.pages import (
    FORBIDDEN,
    again_page,
    message_page,
    refused_page,
    sign_in_page,
)
from campaign.console.session import browser, read_form_id, signed_in
from campaign.errors import AlreadyDone, Busy, NoLongerPossible, NotFound, SealError, TokenError
from campaign.web.context import current_site
from campaign.web.errors import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.session import SignedIn
    from campaign.organisers.rules.roles import Right

log = logs.get(__name__)

console = Blueprint("console", __name__, url_prefix="/console")
keep_slug_in_addresses(console)

NOT_FOUND = 404
CONFLICT = 409
TOO_MANY = 429
MAX_ORGANISER_BYTES = 1024 * 1024
"""What a form of an organiser may bring: news has thousands of characters in each language."""

_SAME_SITE = frozenset({"same-origin", "none"})

ViewT = TypeVar("ViewT", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Need:
    """What a view needs: a right, or none at all; `fresh`: a sign-in of the last minutes."""

    right: Right | None
    fresh: bool = False


def needs(right: Right | None, *, fresh: bool = False) -> Callable[[ViewT], ViewT]:
    """Open a view to those who have a right; None opens it to everybody."""

    def declared(view: ViewT) -> ViewT:
        view.needs = Need(right, fresh)  # type: ignore[attr-defined]
        return view

    return declared


@console.before_request
def admit() -> WerkzeugResponse | None:
    """Let a request through to its view, or answer it here."""
    assert request.endpoint is not None
    need: Need | None = getattr(current_app.view_functions[request.endpoint], "needs", None)
    if need is None or _comes_from_elsewhere():
        abort(FORBIDDEN)
    _let_organisers_write_more()
    # Sessions that were ended since the backup are not ended yet.
    current_site().database.must_be_settled()
    if need.right is None:
        return None
    found = signed_in()
    if found is None:
        return sign_in_page(status=FORBIDDEN if request.method == "POST" else 200)
    g.me = found
    must_be_known()
    if not found.may(need.right):
        return refused_page()
    return _admit_form(found, need) if request.method == "POST" else None


def _let_organisers_write_more() -> None:
    """Raise the limit before a form is read, also for one whose session was lost.

    Strangers keep the site's own limit: the sign-in page repeats what they send.
    """
    if browser().device is not None:
        request.max_content_length = MAX_ORGANISER_BYTES
        request.max_form_memory_size = MAX_ORGANISER_BYTES


def _admit_form(found: SignedIn, need: Need) -> WerkzeugResponse | None:
    try:
        g.form_id = read_form_id()
    except TokenError:
        if not SECRETS.isdisjoint(request.form):
            return redirect(url_for("console.account"), 303)
        fields = list(request.form.items(multi=True))
        return again_page(request.full_path.rstrip("?"), fields, found.organiser.id)
    if need.fresh and not found.is_fresh(current_site().clock()):
        return sign_in_page(status=FORBIDDEN, again=found)
    return None


def _comes_from_elsewhere() -> bool:
    """Say whether another site made this browser send a form (Fetch Metadata, RFC 6454)."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return False
    if fetch_site := request.headers.get("Sec-Fetch-Site"):
        return fetch_site not in _SAME_SITE
    origin = request.headers.get("Origin")
    return origin is not None and _host_of(origin) != request.host


def _host_of(origin: str) -> str:
    """Return the host and port that a header names; nothing for what is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


@console.errorhandler(AlreadyDone)
def already_done(error: AlreadyDone) -> WerkzeugResponse:
    """Lead a second click to where the first one led."""
    return redirect(str(error), 303)


@console.errorhandler(Busy)
def busy(_error: Busy) -> Response:
    """Let nobody wait for the passwords of many others."""
    error = "Many people are signing in at this moment. Wait a few seconds and try again."
    response = sign_in_page(status=TOO_MANY, error=error)
    response.headers["Retry-After"] = "5"
    return response


@console.errorhandler(NotFound)
def not_found(_error: NotFound) -> Response:
    text = "It does not exist, or it was deleted."
    return message_page("There is nothing here", text, NOT_FOUND)


@console.errorhandler(NoLongerPossible)
def no_longer_possible(_error: NoLongerPossible) -> Response:
    text = "Somebody else, or the worker, was faster. Go back and look at how it stands now."
    return message_page("This has changed since the page was shown", text, CONFLICT)


@console.errorhandler(SealError)
def cannot_be_opened(error: SealError) -> Response:
    log.warning("a sealed value cannot be opened", error=type(error).__name__)
    text = (
        "It is sealed with a key that is missing here, or it was damaged. Nothing was changed. "
        "Whoever runs the site sees which key with: campaign doctor."
    )
    return message_page("This cannot be opened", text, CONFLICT)


@console.after_request
def with_headers(response: Response) -> Response:
    # So that a browser says where a form comes from.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
