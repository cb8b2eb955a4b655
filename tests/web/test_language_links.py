"""Links to a page in its other languages, which are put together from parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.web.language_links import LanguageLinks

if TYPE_CHECKING:
    from campaign.container import Container


def links(container: Container, **urls: str) -> LanguageLinks:
    templates, english = container.message_builder.templates, container.languages["en"]
    return LanguageLinks(templates, english, ("en", "de"), "en", **urls)


def test_a_host_may_contain_what_stands_for_a_language(container: Container) -> None:
    here = links(container, site="https://zxx.example.org", canonical_path="/zxx/letter")
    assert 'hreflang="de" href="https://zxx.example.org/de/letter"' in here.canonical
    assert 'rel="canonical" href="https://zxx.example.org/en/letter"' in here.canonical
    assert 'hreflang="x-default" href="https://zxx.example.org/en/letter"' in here.canonical


def test_one_pages_links_are_not_another_pages(container: Container) -> None:
    first = links(container, path="/zxx/first?source=a&government=DE").menu
    second = links(container, path="/zxx/second", action="/zxx/second/sign", step="change").menu
    assert 'href="/de/first?source=a&amp;government=DE"' in first
    assert "formaction" not in first
    assert 'href="/de/second"' in second
    assert 'formaction="/de/second/sign#sign" name="step" value="change"' in second
    assert "first" not in second
