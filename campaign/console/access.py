"""Access control in the console: every route is closed until its view states its permission.

A form that comes from a lost session, or that needs a recent sign-in, is carried in the sign-in
page and offered again afterwards: nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for

from campaign import logs
from campaign.console.pages import (
    is_from_script,
    message_page,
    not_saved,
    refused_page,
    resubmit_page,
    sign_in_page,
)
from campaign.console.selected_campaign import carry_slug_in_urls, require_known_campaign
from campaign.console.session import current_browser, load_current_user, read_form_id
from campaign.errors import (
    Busy,
    DuplicateSubmission,
    NoLongerPossible,
    NotFound,
    SealError,
    SignInThrottled,
    TokenError,
)
from campaign.web.context import container
from campaign.web.error_handlers import SECRET_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.console.session import CurrentUser
    from campaign.organisers.rules.roles import Permission

log = logs.get_logger(__name__)

console = Blueprint("console", __name__, url_prefix="/console")
carry_slug_in_urls(console)

MAX_ORGANISER_BODY_BYTES = 1024 * 1024
"""The maximum size of an organiser's form: news has thousands of characters in each language."""

MAX_ORGANISER_FIELDS = 1_000
"""All texts of a campaign in one language, with names of its own for every government."""

_SIGNED_OUT = (
    "you are signed out. Keep this page open and sign in in another tab, or press the save button: "
    "what you wrote comes along."
)

_SAME_SITE = frozenset({"same-origin", "none"})

ViewT = TypeVar("ViewT", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Requirement:
    """What a view requires: a permission, or none at all; `fresh`: a recent sign-in."""

    right: Permission | None
    fresh: bool = False


def requires(right: Permission | None, *, fresh: bool = False) -> Callable[[ViewT], ViewT]:
    """Open a view to organisers who have a permission; None opens it to everybody."""

    def declared(view: ViewT) -> ViewT:
        view.needs = Requirement(right, fresh)  # type: ignore[attr-defined]
        return view

    return declared


@console.before_request
def check_access() -> WerkzeugResponse | None:
    """Let a request through to its view by returning None, or return the response to it."""
    assert request.endpoint is not None
    need: Requirement | None = getattr(current_app.view_functions[request.endpoint], "needs", None)
    if need is None or _is_cross_site():
        abort(HTTPStatus.FORBIDDEN)
    _raise_body_limit()
    # After a restore, sessions that were ended since the backup are active again until it is
    # settled.
    container.database.must_have_no_pending_restore()
    if need.right is None:
        return None
    found = load_current_user()
    if found is None and is_from_script():
        return not_saved(_SIGNED_OUT, can_be_sent=True)
    if found is None:
        return sign_in_page(status=HTTPStatus.FORBIDDEN if request.method == "POST" else 200)
    g.current_user = found
    require_known_campaign()
    if not found.has_permission(need.right):
        return refused_page()
    return _check_form(found, need) if request.method == "POST" else None


def _raise_body_limit() -> None:
    """Raise the body limit before a form is read, even if its session was lost.

    Unknown browsers keep the site's usual limit: the sign-in page repeats what they send.
    """
    if current_browser().device is not None:
        request.max_content_length = MAX_ORGANISER_BODY_BYTES
        request.max_form_memory_size = MAX_ORGANISER_BODY_BYTES
        request.max_form_parts = MAX_ORGANISER_FIELDS


def _check_form(found: CurrentUser, need: Requirement) -> WerkzeugResponse | None:
    try:
        g.form_id = read_form_id()
    except TokenError:
        if not SECRET_FIELDS.isdisjoint(request.form):
            return redirect(url_for("console.account"), 303)
        if is_from_script():
            return not_saved("this page is too old. Press the save button.", can_be_sent=True)
        fields = list(request.form.items(multi=True))
        return resubmit_page(request.full_path.rstrip("?"), fields, found.organiser.id)
    if need.fresh and not found.is_fresh(container.clock()):
        return sign_in_page(status=HTTPStatus.FORBIDDEN, reauthenticating=found)
    return None


def _is_cross_site() -> bool:
    """Return whether another site made this browser send a form (Fetch Metadata, RFC 6454)."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return False
    if fetch_site := request.headers.get("Sec-Fetch-Site"):
        return fetch_site not in _SAME_SITE
    origin = request.headers.get("Origin")
    return origin is not None and _host_of(origin) != request.host


def _host_of(origin: str) -> str:
    """Return the host and port in an Origin header, or an empty string if it is invalid."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


@console.errorhandler(DuplicateSubmission)
def already_done(error: DuplicateSubmission) -> WerkzeugResponse:
    """Redirect a second click to where the first one led."""
    return redirect(str(error), 303)


@console.errorhandler(Busy)
def busy(_error: Busy) -> Response:
    """Answer at once that the site is busy: nobody waits for others' password checks."""
    error = "Many people are signing in right now. Wait a few seconds and try again."
    return _try_later(error, seconds=5)


@console.errorhandler(SignInThrottled)
def sign_in_throttled(error: SignInThrottled) -> Response:
    text = f"Too many attempts. Wait {error.seconds} seconds, then enter all three again."
    return _try_later(text, error.seconds)


def _try_later(error: str, seconds: int) -> Response:
    response = sign_in_page(status=HTTPStatus.TOO_MANY_REQUESTS, error=error)
    response.headers["Retry-After"] = str(seconds)
    return response


@console.errorhandler(NotFound)
def not_found(_error: NotFound) -> Response:
    text = "It does not exist, or it was deleted."
    return message_page("Page not found", text, HTTPStatus.NOT_FOUND)


@console.errorhandler(NoLongerPossible)
def no_longer_possible(_error: NoLongerPossible) -> Response:
    text = "Somebody else or the worker changed it first. Go back to see the current state."
    return message_page("This has changed since you opened the page", text, HTTPStatus.CONFLICT)


@console.errorhandler(SealError)
def seal_error(error: SealError) -> Response:
    log.warning("a sealed value cannot be opened", error=type(error).__name__)
    text = (
        "It is encrypted with a key that is missing here, or it is damaged. "
        "Nothing was changed. Whoever runs the site can find out which key by running "
        "campaign doctor."
    )
    return message_page("This cannot be opened", text, HTTPStatus.CONFLICT)


@console.after_request
def with_headers(response: Response) -> Response:
    # So that browsers say which site a form comes from.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
