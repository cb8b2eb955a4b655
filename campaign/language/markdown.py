"""Formatted texts of campaigns: emphasis, links, lists, quotes and headings in Markdown.

Markdown as in https://spec.commonmark.org/0.31.2/, without HTML, pictures and code; what comes of
it is sanitised all the same. The parser is loaded with the first text that needs it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = {"a", "blockquote", "br", "em", "h3", "li", "ol", "p", "strong", "ul"}
_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_NOT_FOR_LETTERS = [
    "image",
    "code",
    "fence",
    "backticks",
    "lheading",
    "hr",
    "html_block",
    "html_inline",
]


@lru_cache(maxsize=512)
def _rendered(text: str, inline: bool) -> Markup:
    import nh3  # noqa: PLC0415 - see the module's docstring

    parser = _parser()
    html = parser.renderInline(text) if inline else parser.render(text)
    tags = _TAGS & {"em", "strong", "a"} if inline else _TAGS
    return Markup(  # noqa: S704 - sanitised in this line
        nh3.clean(
            html, tags=tags, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener"
        )
    )


def render_paragraphs(paragraphs: Sequence[str]) -> Markup:
    """Return paragraphs as HTML."""
    return _rendered("\n\n".join(paragraphs), inline=False)


def render_line(text: str) -> Markup:
    """Return one line as HTML, as it may stand in a heading."""
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
