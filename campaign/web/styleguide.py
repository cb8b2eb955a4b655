"""A page with every design token and component, in development only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.web.context import container
from campaign.web.forms import PageForm, TextField
from campaign.web.render import render_site_page

if TYPE_CHECKING:
    from flask import Response

pages = Blueprint("styleguide", __name__)

COLOURS = (
    *("paper", "sheet", "ink", "soft", "line", "accent", "accent-ink", "wash"),
    *("error", "error-wash", "focus"),
    *("shade-1", "shade-2", "shade-3", "shade-4", "shade-5"),
)

# A corner of the map: code, name, column, row, signatures, shade.
TILES = (
    *(("DK", "Denmark", 2, 1, 0, 0), ("EE", "Estonia", 4, 1, 12, 1)),
    *(("NL", "Netherlands", 1, 2, 140, 2), ("DE", "Germany", 2, 2, 1204, 5)),
    *(("PL", "Poland", 3, 2, 811, 4), ("LT", "Lithuania", 4, 2, 390, 3)),
)


class ExampleForm(PageForm):
    plain = TextField()
    faulty = TextField(default="typed before")
    area = TextField()


@pages.get("/styleguide")
def show() -> Response:
    language, form = container.languages[SOURCE_LANGUAGE], ExampleForm()
    form.add_error("faulty", "What is wrong, and what would be right.")
    response = render_site_page(
        language, "web/styleguide.html", colours=COLOURS, tiles=TILES, form=form
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
