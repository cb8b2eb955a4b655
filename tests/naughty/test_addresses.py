"""Naughty strings in addresses: filters, and what else a link may carry."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from tests.naughty.pages import Page, clean_page
from tests.naughty.strings import LONG, PARSEABLE, encoded, pack_into_few_texts
from tests.naughty.test_console_rest import addresses as console_addresses
from tests.organiser import sign_in_organiser
from tests.web.test_routes import addresses, contents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    from campaign.container import Container
    from tests.supporter import Supporter

ALONE = "campaign"
"""What no other filter is looked at without: a campaign that is none is not found."""

LONGEST = 60
"""Of an address without a token."""

AT_ONCE = 16
"""Parts in which the strings come: a server takes no longer addresses."""


def filters(path: str, page: Page) -> set[str]:
    """Return what a page's own forms, and its links to itself, put into its address."""
    found, asks = set(), False
    for tag, given in page.elements:
        link = urlsplit(given.get("href", ""))
        if tag == "form":
            asks = given.get("method") == "get"
        if tag in {"input", "select"} and asks:
            found.add(given.get("name", ""))
        if link.path in {path, ""}:
            found |= {name for name, _ in parse_qsl(link.query)}
    return found - {ALONE, ""}


def queries(names: set[str], strings: tuple[str, ...]) -> Iterator[str]:
    """Give addresses with all strings, and with each number, in every filter of a page."""
    carried = names | {"from", "source", "government", "said"}
    yield from (encoded(dict.fromkeys(carried, text)) for text in PARSEABLE if text in strings)
    for heap in pack_into_few_texts(strings, AT_ONCE) if names else ():
        yield encoded(dict.fromkeys(names, heap))
    for heap in pack_into_few_texts(strings, 1):
        yield encoded({ALONE: heap, "source": heap})


def must_bear(browser: FlaskClient, paths: list[str], strings: tuple[str, ...]) -> None:
    for path in paths:
        shown = browser.get(path)
        if shown.mimetype != "text/html" or shown.status_code != 200:
            continue
        for query in queries(filters(path, Page(shown.text)), strings):
            answer = browser.get(f"{path}?{query}")
            assert answer.status_code in {200, 303, 404, 422}, f"{path}?{query[:300]}"
            if len(query) > LONG:
                clean_page(answer.text, strings)


def test_filters_of_the_public_site(
    app: Flask, supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    # Behind a token nothing else is read.
    paths = [path for path in addresses(app, supporter, container, "GET") if len(path) < LONGEST]
    before = contents(container)
    must_bear(supporter.browser, paths, strings)
    assert contents(container) == before


def test_filters_of_the_console(
    app: Flask, supporter: Supporter, container: Container, strings: tuple[str, ...]
) -> None:
    supporter.sign(show_name="y", source="embed")
    owner = sign_in_organiser(container, app)
    there = console_addresses(app, container)
    paths = [path for rule, path in there.items() if rule.startswith("GET ")]
    before = contents(container)
    must_bear(owner.browser, paths, strings)
    assert contents(container) == before
