"""A page with every design token and component, in development only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from campaign.campaigns.draft_changes import mark_words
from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.signatures.console.charts import growth_chart, stacked_bar
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


LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsbeispiel"

DAYS = [(f"2026-11-{day:02}", max(0, 90 - 7 * abs(day - 9)) + day % 4) for day in range(1, 31)]

LETTERS = (
    *(("accepted", "accepted", 1204, "#stacked-bar"), ("queued", "queued", 311, "#stacked-bar")),
    *(("waiting", "on hold", 40, "#stacked-bar"), ("bounced", "bounced", 12, "#stacked-bar")),
    ("uncertain", "uncertain", 1, "#stacked-bar"),
)


class ExampleFilter:
    """A list's filter with two chips."""

    endpoint = "styleguide.show"
    chips = (("Status: confirmed", "#chips"), (f"Source: {LONG_WORD}", "#chips"))


class ExampleForm(PageForm):
    plain = TextField()
    faulty = TextField(default="typed before")
    area = TextField()


@pages.get("/styleguide")
def show() -> Response:
    language, form = container.languages[SOURCE_LANGUAGE], ExampleForm()
    form.add_error("faulty", "What is wrong, and what would be right.")
    response = render_site_page(
        language,
        "console/styleguide.html",
        colours=COLOURS,
        tiles=TILES,
        form=form,
        long_word=LONG_WORD,
        growth=growth_chart(DAYS, 1_200),
        no_growth=growth_chart([], 0),
        letters=stacked_bar(LETTERS),
        filters=ExampleFilter(),
        before=mark_words("Let our rivers run clean.", "Let every river run clean.")[0],
        after=mark_words("Let our rivers run clean.", "Let every river run clean.")[1],
        now=container.clock(),
        this_year=container.clock().year,
        time_zone="UTC",
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
