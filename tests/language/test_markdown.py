"""Campaigns' texts may be formatted, and bring nothing else into a page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from campaign.language.markdown import render_line, render_paragraphs


class Tags(HTMLParser):
    """The tags that a browser would see, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Bold** and *italic*", "<p><strong>Bold</strong> and <em>italic</em></p>"),
        ("## What we ask", "<h3>What we ask</h3>"),
        (
            "[the text](https://www.example.org/)",
            '<p><a href="https://www.example.org/" rel="noopener">the text</a></p>',
        ),
        ("5 < 6 & 7 > 6", "<p>5 &lt; 6 &amp; 7 &gt; 6</p>"),
    ],
)
def test_a_paragraph_is_formatted(text: str, html: str) -> None:
    assert render_paragraphs([text]).strip() == html


def test_items_that_follow_each_other_are_one_list() -> None:
    assert render_paragraphs(["- one", "- two", "After it"]).count("<ul>") == 1


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[press](javascript:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "[press](vbscript:x)",
        "![seen](https://tracker.example.org/pixel.png)",
        '<img src=x onerror="alert(1)">',
        '<https://www.example.org/?a="onmouseover=alert(1)">',
        "[a](https://www.example.org/ 'title\" onclick=\"alert(1)')",
        "```\n<script>\n```",
        "&lt;script&gt;",
        "<svg/onload=alert(1)>",
    ],
)
def test_nothing_that_runs_or_loads_gets_into_a_page(text: str) -> None:
    for html in (render_paragraphs([text]), render_line(text)):
        seen = Tags()
        seen.feed(html)
        assert {tag for tag, _ in seen.tags} <= {"p", "a"}
        for _, attributes in seen.tags:
            assert set(attributes) <= {"href", "rel"}
            assert (attributes.get("href") or "https:").startswith("https:")


def test_a_line_for_a_heading_stays_one_line() -> None:
    assert render_line("# Thank *you*") == "# Thank <em>you</em>"
