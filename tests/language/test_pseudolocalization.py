"""A made-up language finds what was never given to translators."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from campaign.services import create_worker
from campaign.web_app import create_app
from tests.conftest import SLUG
from tests.language.pseudo_language import PSEUDO_LANGUAGE, pseudolocalize, write_site
from tests.supporter import Supporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.container import Container
    from campaign.delivery.transports.memory import MemoryTransport

# What no translator touches: names, addresses, codes, and what she typed herself.
DATA = re.compile(
    r"Example (Operator|Street 1|town)|0{5} Exampletown|\S+@\S+|https?://\S+|Testa( Example)?"
    r"|WhatsApp|Telegram|Signal|Mastodon|Bluesky|Facebook|counts\.json|\b(?:[A-Z]{2}|X|UTC)\b"
    r"|en-XA|\d{1,2} \w+ \d{4}(, \d\d:\d\d:\d\d UTC)?|\w+day"
)


class Texts(HTMLParser):
    """Collects the texts of a page, but not those in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._foreign: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.texts += [str(values[name]) for name in ("aria-label", "alt") if name in values]
        if tag not in {"br", "img", "input", "link", "meta", "hr"}:
            foreign = values.get("lang", PSEUDO_LANGUAGE) != PSEUDO_LANGUAGE
            self._foreign.append(foreign or (bool(self._foreign) and self._foreign[-1]))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - HTMLParser names it
        self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if self._foreign and not self._foreign[-1]:
            self.texts.append(data)


def untranslated(page: str) -> list[str]:
    parser = Texts()
    parser.feed(page)
    # A text may be cut by a tag inside it, so brackets are matched over the whole page.
    whole = "\n".join(parser.texts)
    outside = re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\]", "", whole))
    return [
        line.strip() for line in DATA.sub("", outside).splitlines() if re.search(r"[^\W\d_]", line)
    ]


@pytest.fixture
def supporter(
    make_container: Callable[[dict[str, str]], Container],
    environ: dict[str, str],
    transport: MemoryTransport,
    tmp_path: Path,
) -> Supporter:
    write_site(tmp_path)
    container = make_container(
        environ
        | {
            "CAMPAIGN_TRANSLATIONS": str(tmp_path / "translations"),
            "CAMPAIGN_CAMPAIGNS": str(tmp_path / "campaigns"),
        }
    )
    worker = create_worker(container, transport)
    made = Supporter(create_app(container).test_client(), worker, transport, SLUG)
    made.lang = PSEUDO_LANGUAGE
    return made


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_every_text_of_every_page_was_given_to_translators(supporter: Supporter) -> None:
    browser = supporter.browser
    pages = {
        path: browser.get(f"/{PSEUDO_LANGUAGE}{path}").text
        for path in ("/", "/accessibility", "/translation", f"/{supporter.slug}/nothing/here")
    }
    for path in ("", "/signatories"):
        pages[path] = browser.get(supporter.path(path)).text
    pages["embed"] = browser.get(f"/embed{supporter.path()}").text
    form = supporter.form(government="MT", name="Testa Example")
    pages["errors"] = supporter.post({**form, "name": "", "email": ""}).text
    # The names of two languages, each in itself, are what shows the letter in them.
    pages["preview"] = supporter.post(form).text.replace(">English</label>", "></label>")
    pages["check"] = browser.get(supporter.submit(name="Testa Example")).text
    mail = supporter.newest_mail("testa@example.org")
    pages["confirm"] = browser.get(mail.link("confirm")).text
    pages["stop"] = browser.get(mail.link("stop")).text
    private = supporter.sign(email="second@example.org", name="Testa Example", government="FR")
    pages["private"] = browser.get(private).text
    pages["done"] = browser.get(private.replace("/private/", "/done/")).text
    assert {path: found for path, page in pages.items() if (found := untranslated(page))} == {}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("%(number)s letters", "%(number)s"),
        ("Write to $government_of.", "$government_of"),
        ("Like name@example.org.", "name@example.org."),
        ("100 %% of <b>it</b>", "%%"),
    ],
)
def test_placeholders_stay_and_texts_grow(text: str, kept: str) -> None:
    made = pseudolocalize(text)
    assert kept in made
    assert made.startswith("[")
    assert len(made) >= 1.3 * len(text)
