"""Turn errors into pages in the language of the request; the console has `console/access.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError

from campaign import errors, logs
from campaign.language import N_
from campaign.language.formats import long_date
from campaign.store.database import database_error_code
from campaign.web.context import container
from campaign.web.render import render_site_page

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response as WerkzeugResponse

    from campaign.language.catalogue import Language

RETRY_SECONDS = 30
SECRET_FIELDS = frozenset({"password", "current", "code"})
"""Fields of the console that no page ever sends back."""

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class ErrorPage:
    """The page for an error, in the source language; `text` may contain a `%(date)s`."""

    status: int
    heading: str
    text: str


_NOT_FOUND = ErrorPage(
    404,
    N_("Page not found"),
    N_("This page does not exist, or its content has been deleted."),
)
_TOO_LARGE = ErrorPage(
    413,
    N_("This is too long"),
    N_(
        "You have sent more than the site can accept at once, and nothing was "
        "saved. Go back in your browser and shorten your text. You may have to "
        "enter the last part again."
    ),
)
_DATABASE_DOWN_POST = ErrorPage(
    503,
    N_("Nothing was saved"),
    N_(
        "The site cannot reach its database right now. Wait a minute and send the "
        "form again. Everything you entered is still on this page."
    ),
)
_DATABASE_DOWN_GET = ErrorPage(
    503,
    N_("This page is not available right now"),
    N_("The site cannot reach its database. Please try again in a minute."),
)
_FAULT = ErrorPage(
    500,
    N_("Something went wrong here"),
    N_("This is our fault, not yours. Everything saved before is safe. Please try again later."),
)
_REFUSED = ErrorPage(
    400, N_("This did not work"), N_("The site could not understand your request.")
)

_DOMAIN: dict[type[errors.CampaignError], ErrorPage] = {
    errors.NotFound: _NOT_FOUND,
    errors.TokenExpired: ErrorPage(
        410,
        N_("This link is no longer valid"),
        N_(
            "It has expired, and anything that was not confirmed has been deleted. "
            "You can sign again."
        ),
    ),
    errors.TokenError: ErrorPage(
        404,
        N_("This link does not work"),
        N_(
            "Your mail program may have broken it. Copy the whole link from the "
            "e-mail, or sign again."
        ),
    ),
    errors.CampaignNotOpenYet: ErrorPage(
        403,
        N_("This letter is not open yet"),
        N_("You can sign it from %(date)s."),
    ),
    errors.CampaignClosed: ErrorPage(
        410,
        N_("This letter is closed"),
        N_("The last day to sign was %(date)s."),
    ),
    errors.SubmissionDiscarded: ErrorPage(
        409,
        N_("This link is no longer needed"),
        N_(
            "You signed again, or asked for no more e-mail. If you signed again, use the newest "
            "e-mail. Each person is counted once."
        ),
    ),
    errors.AddressSettled: ErrorPage(
        409,
        N_("The address can no longer be changed here"),
        N_("If no e-mail has arrived, sign again with the right address."),
    ),
    errors.AlreadySigned: ErrorPage(
        409,
        N_("You have already signed"),
        N_("Your signature is confirmed and counted. Each person is counted once."),
    ),
    errors.NoLongerPossible: ErrorPage(
        409,
        N_("This can no longer be changed"),
        N_(
            "Something has changed since you opened this page. Open your private page "
            "again to see the current state."
        ),
    ),
}


def register_error_handlers(app: Flask) -> None:
    for kind, said in _DOMAIN.items():
        app.register_error_handler(kind, partial(_page, said))
    app.register_error_handler(errors.LanguageUnavailable, _in_another_language)
    app.register_error_handler(errors.CampaignMoved, _at_another_address)
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(errors.RestorePending, _unsettled)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def request_language() -> Language:
    """Return the language in the URL or, without one, the best of those the browser asks for."""
    if request.path.startswith("/console"):
        return container.languages["en"]
    tag = (request.view_args or {}).get("lang") or request.path.split("/")[1]
    if tag not in container.languages:
        tag = request.accept_languages.best_match(list(container.languages), default="en")
    return container.languages[tag]


def _page(said: ErrorPage, error: Exception, *, again: bool = False) -> Response:
    """Return the page for an error; `again` adds a button that resubmits the same form."""
    language = request_language()
    return render_site_page(
        language,
        "web/message.html",
        status=said.status,
        heading=language.gettext(said.heading),
        text=_text(said, error, language),
        fields=_repeatable() if again else None,
        letter=_campaign_url(error, language),
    )


def _text(said: ErrorPage, error: Exception, language: Language) -> str:
    text = language.gettext(said.text)
    if isinstance(error, errors.CampaignNotOpenYet | errors.CampaignClosed):
        return text % {"date": long_date(error.day, language.tag)}
    return text


def _campaign_url(error: Exception, language: Language) -> str:
    """Return the URL of the letter, if the error is that it takes no signatures now."""
    if not isinstance(error, errors.CampaignNotOpenYet | errors.CampaignClosed):
        return ""
    slug = (request.view_args or {})["slug"]
    return url_for("public.letter", lang=language.tag, slug=slug)


def _in_another_language(error: errors.LanguageUnavailable) -> WerkzeugResponse:
    """Redirect to the same page in a language that the campaign has.

    The redirect is temporary, because the campaign may have the requested language again later.
    """
    return redirect(_same_page(lang=error.instead), 302)


def _at_another_address(error: errors.CampaignMoved) -> WerkzeugResponse:
    """Redirect for good to the same page of a campaign whose address has changed."""
    return redirect(_same_page(slug=error.slug), 301)


def _same_page(**changed: str) -> str:
    path = url_for(request.endpoint or "", **{**(request.view_args or {}), **changed})
    # Not as arguments of url_for, to which some of the names would have a meaning.
    return f"{path}?{urlencode(list(request.args.items(multi=True)))}".rstrip("?")


def _repeatable() -> list[tuple[str, str]]:
    """Return the fields of the form that a page may contain: without an organiser's secrets."""
    secret = SECRET_FIELDS if request.path.startswith("/console") else ()
    return [pair for pair in request.form.items(multi=True) if pair[0] not in secret]


def _database_away(error: DBAPIError) -> Response:
    """Return 503 if the database is unavailable; any other database error is an internal error."""
    if not error.connection_invalidated and not _is_busy(error):
        return _fault(error)
    log.error("database unavailable", error=database_error_code(error))
    return _database_down_response(error)


def _unsettled(error: errors.RestorePending) -> Response:
    """Respond as if the database were unavailable: it may be replaced at any moment."""
    log.error("restore pending", backup=str(error.made_at))
    return _database_down_response(error)


def _database_down_response(error: Exception) -> Response:
    response = (
        _resubmittable_page(_DATABASE_DOWN_POST, error)
        if request.method == "POST"
        else _page(_DATABASE_DOWN_GET, error)
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _resubmittable_page(said: ErrorPage, error: Exception) -> Response:
    """Return an error page that can resubmit the form, unless the form is too large."""
    try:
        return _page(said, error, again=True)
    except RequestEntityTooLarge as too_large:
        return _http_error(too_large)


def _is_busy(error: DBAPIError) -> bool:
    """Return whether the database was locked, full, closed or unreachable."""
    return isinstance(error, OperationalError | InterfaceError)


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        # An unknown host name, for which no URL of this site can be built into a page.
        return Response("Bad request\n", status=400, mimetype="text/plain")
    code = error.code or 500
    said = {404: _NOT_FOUND, 413: _TOO_LARGE}.get(code, _REFUSED)
    response = _page(said, error)
    response.status_code = code
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _fault(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _resubmittable_page(_FAULT, error) if request.method == "POST" else _page(_FAULT, error)
