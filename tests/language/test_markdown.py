"""Campaigns' texts may be formatted, and bring nothing else into a page."""

from __future__ import annotations

import subprocess
import sys
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


@pytest.mark.parametrize(
    "text",
    [
        "28. ja 29. septembril 2000 toimus",
        "2000. gada 28. un 29. septembrī",
        "1. Mai 2026 ist der Tag",
        "1998. aastal andis EL",
    ],
)
def test_a_sentence_that_begins_with_a_date_is_no_list(text: str) -> None:
    for others in ([], ["Another one."], ["29. is a number, too."]):
        html = render_paragraphs([text, *others]).replace("\N{NO-BREAK SPACE}", " ")
        assert "<li>" not in html
        assert f"<p>{text}</p>" in html


def test_numbers_that_begin_with_one_are_a_list() -> None:
    html = render_paragraphs(["We ask:", "1. one", "2. two", "3. three", "28. September is late."])
    assert html.count("<li>") == 3
    assert "<p>28.\N{NO-BREAK SPACE}September is late.</p>" in html


def test_a_text_without_formatting_is_shown_without_loading_a_parser() -> None:
    code = (
        "import sys; from campaign.language.markdown import render_line, render_paragraphs;"
        "print(render_paragraphs(['One “quoted” sentence.', 'It costs 5 – or 6.']),"
        " render_line('Thank you'), 'markdown_it' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "<p>One “quoted” sentence.</p>",
        "<p>It costs 5 – or 6.</p> Thank you False",
    ]
