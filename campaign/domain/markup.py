"""The words of an HTML message, as a reader sees them.

Read in one go: the standard library's parser looks again from every sign that begins nothing,
which takes hours for a message that is made for it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape

_SIGN = re.compile(r"<(?:(?P<comment>!--)|(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)|[!?/])")
# A sign of greater-than ends no tag where it stands in a quoted value.
_REST = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>""")
_SPACES = re.compile(r"\s+")

_BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "li", "p", "tr"})
_UNSEEN = frozenset({"script", "style", "title"})
"""Elements whose words are not shown; in them no other element begins."""

_IN_HEAD = frozenset({"base", "link", "meta", "noscript"}) | _UNSEEN


def words_of(html: str) -> str:
    """Return the text, a line for each block; what begins and never ends is left out."""
    words: list[str] = []
    at, in_head = 0, False
    while sign := _SIGN.search(html, at):
        if not in_head:
            words.append(_read(html[at : sign.start()]))
        name, opens = (sign["name"] or "").lower(), not sign["closing"]
        if name == "head":
            in_head = opens
        elif name and name not in _IN_HEAD:
            in_head = False
        if name in _BLOCKS and opens:
            words.append("\n")
        at = _end(html, sign, unseen=name in _UNSEEN and opens)
    if not in_head:
        words.append(_read(html[at:]))
    lines = [" ".join(line.split()) for line in "".join(words).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _end(html: str, sign: re.Match[str], *, unseen: bool) -> int:
    """Return where it goes on after a comment, a tag, or an element that is not shown."""
    if sign["comment"]:
        # The shortest one is <!-->.
        closed = html.find("-->", sign.start() + len("<!"))
        return closed + len("-->") if closed >= 0 else len(html)
    rest = _REST.match(html, sign.end())
    if rest is None:
        return len(html)
    if not unseen:
        return rest.end()
    closing = re.compile(f"</{sign['name']}", re.IGNORECASE).search(html, rest.end())
    return closing.start() if closing else len(html)


def _read(text: str) -> str:
    # A character with a number of thousands of digits stays as it stands.
    with suppress(ValueError):
        text = unescape(text)
    return _SPACES.sub(" ", text)
