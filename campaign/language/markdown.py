"""Formatted texts of campaigns: emphasis, links, lists, quotes and headings in Markdown.

Markdown as in https://spec.commonmark.org/0.31.2/, without HTML, pictures and code; what comes of
it is sanitised all the same. The parser is loaded with the first text that needs it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = {"a", "blockquote", "br", "em", "h3", "li", "ol", "p", "strong", "ul"}
_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_NOT_FOR_LETTERS = [
    "reference",
    "image",
    "code",
    "fence",
    "backticks",
    "lheading",
    "hr",
    "html_block",
    "html_inline",
]


_MAY_BE_MARKDOWN = re.compile(r"[*_\[\]#>\\`&<]|^\s*(?:[-+]|\d{1,9}[.)])(?:[ \t]|$)", re.MULTILINE)
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s)")
"""What a text without formatting has none of: most need no parser, which takes 4 MB."""


@lru_cache(maxsize=512)
def _rendered(text: str, inline: bool) -> Markup:
    import nh3  # noqa: PLC0415 - see the module's docstring

    parser = _parser()
    html = parser.renderInline(text) if inline else parser.render(text)
    tags = _TAGS & {"em", "strong", "a"} if inline else _TAGS
    clean = nh3.clean(
        html, tags=tags, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener"
    )
    return Markup(clean.replace("&nbsp;", "\N{NO-BREAK SPACE}"))  # noqa: S704 - sanitised


def render_paragraphs(paragraphs: Sequence[str]) -> Markup:
    """Return paragraphs as HTML."""
    paragraphs = _with_ordinals(paragraphs)
    if not any(_MAY_BE_MARKDOWN.search(one) for one in paragraphs):
        return Markup("\n").join(Markup("<p>{}</p>").format(one) for one in paragraphs)
    return _rendered("\n\n".join(paragraphs), inline=False)


def _with_ordinals(paragraphs: Sequence[str]) -> list[str]:
    """Return paragraphs in which a number is that of an item only in a list that begins with 1.

    Many languages begin a sentence with a date: “28. September”, “2000. gada”.
    """
    found = [_NUMBERED.match(one) for one in paragraphs]
    numbers = [int(one[1]) if one else 0 for one in found]
    kept: list[str] = []
    in_list = 0
    for place, (text, number) in enumerate(zip(paragraphs, numbers, strict=True)):
        begins = number == 1 and numbers[place + 1 : place + 2] == [2]
        in_list = number if number and (begins or number == in_list + 1 > 1) else 0
        match = found[place]
        if match and not in_list:
            # A no-break space is part of a date, and no parser takes it for an item.
            kept.append(f"{match[1]}{match[2]}\N{NO-BREAK SPACE}{text[match.end() + 1 :]}")
        else:
            kept.append(text)
    return kept


def render_line(text: str) -> Markup:
    """Return one line as HTML, as it may stand in a heading."""
    if not _MAY_BE_MARKDOWN.search(text):
        return escape(text)
    return _rendered(text, inline=True)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see the module's docstring

    parser = MarkdownIt("commonmark", {"html": False}).disable(_NOT_FOR_LETTERS)
    parser.core.ruler.push("headings", lambda state: _level_headings(state.tokens))
    return parser


def _level_headings(tokens: Sequence[Token]) -> None:
    """Make all headings those below the page's own."""
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h3"
