"""Errors become pages here, in the page's language, and nowhere else."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from flask import Response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError

from campaign import errors
from campaign.web.context import current_site
from campaign.web.render import plain_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from campaign.language.catalogue import Language

RETRY_SECONDS = 30

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(errors.NotFound, lambda _: _not_found())
    app.register_error_handler(errors.TokenExpired, lambda _: _expired())
    app.register_error_handler(errors.TokenError, lambda _: _bad_link())
    app.register_error_handler(errors.CampaignClosed, lambda _: _closed())
    app.register_error_handler(errors.AlreadySigned, lambda _: _already_signed())
    app.register_error_handler(errors.NoLongerPossible, lambda _: _no_longer())
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def page_language() -> Language:
    """Return the language in the address, or the best of those the browser asks for."""
    site = current_site()
    tag = (request.view_args or {}).get("lang") or request.path.split("/")[1]
    if tag not in site.languages:
        tag = request.accept_languages.best_match(list(site.languages), default="en")
    return site.languages[tag]


def message(status: int, say: Callable[[Language], tuple[str, str]]) -> Response:
    """Render a page with a heading and a sentence."""
    language = page_language()
    heading, text = say(language)
    return plain_page(language, "public/message.html", status=status, heading=heading, text=text)


def _not_found() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("There is nothing here"), _(
            "This page does not exist, or what it showed has been deleted."
        )

    return message(404, say)


def _expired() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("This link is no longer valid"), _(
            "Its time is over, and what was not confirmed has been deleted. You can sign again."
        )

    return message(410, say)


def _bad_link() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("This link does not work"), _(
            "It may have been cut in two by a mail program. Copy the whole link from the mail, "
            "or sign again."
        )

    return message(404, say)


def _closed() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("This letter is closed"), _("Signatures are not taken any more.")

    return message(410, say)


def _already_signed() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("You have already signed"), _(
            "A signature with your address is confirmed and counted. It is counted once, "
            "however often you sign."
        )

    return message(409, say)


def _no_longer() -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("This can no longer be changed"), _(
            "Something has changed since this page was shown. Open your private page again "
            "to see how things stand."
        )

    return message(409, say)


def _database_away(_error: DBAPIError) -> Response:
    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("Nothing was saved"), _(
            "The site cannot reach its database at the moment. Please try again in a minute: "
            "go back in your browser, and what you typed will still be there."
        )

    response = message(503, say)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        # An unknown host name: no address of ours can be written into a page for it.
        return Response("Bad request\n", status=400, mimetype="text/plain")
    code = error.code or 500
    if code == 404:  # noqa: PLR2004
        return _not_found()
    if error.response is not None or code < 400:  # noqa: PLR2004
        return Response(response=error.get_response().get_data(), status=code)

    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        if code == 413:  # noqa: PLR2004
            return _("This is too much text"), _(
                "Go back in your browser, shorten what you wrote, and send it again."
            )
        return _("This does not work"), _("The site cannot do what was asked of it.")

    response = message(code, say)
    if code == 405 and (allowed := getattr(error, "valid_methods", None)):  # noqa: PLR2004
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _fault(error: Exception) -> Response:
    # The type and place only: an error's text may quote what somebody typed.
    log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))

    def say(language: Language) -> tuple[str, str]:
        _ = language.gettext
        return _("Something went wrong here"), _(
            "It is our fault, not yours. What was saved before is safe. Please try again later."
        )

    return message(500, say)
