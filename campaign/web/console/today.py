"""Today: how it stands, and what needs a hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.organiser import Right
from campaign.web.console.guard import console, needs
from campaign.web.console.pages import console_page

if TYPE_CHECKING:
    from flask import Response


@console.get("/", strict_slashes=False)
@needs(Right.COUNTS)
def today() -> Response:
    return console_page("today.html")
