"""The text of an HTML message, as a reader sees it.

It is parsed in a single pass: the standard library's parser scans again from every `<` that begins
nothing, which takes hours for a message crafted for it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape

# A tag name extends to the next space, slash or `>` (HTML Standard, section 13.2.5.8).
_SIGN = re.compile(r"<(?:(?P<comment>!--)|(?P<closing>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)|[!?/])")
# A `>` in a quoted attribute value does not end the tag.
_REST = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>""")
_SPACE = " \t\n\f\r"
"""White space in HTML. A non-breaking space counts as a word: alone, it makes an empty line."""

_KEEPS_LINES = frozenset({"pre", "listing"})
_BLOCKS = _KEEPS_LINES | frozenset(
    (  # noqa: SIM905
        "address article aside blockquote body caption center dd details dialog dir div dl dt "
        "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li "
        "main menu nav ol optgroup option p search section summary table tbody tfoot thead tr ul"
    ).split()
)
"""Elements that start and end a line (HTML Standard, section 15.3)."""

_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"iframe", "noembed", "noframes", "script", "style", "title"})
"""Elements whose text is not shown, and which contain no other elements."""

_IN_HEAD = frozenset({"base", "link", "meta", "noscript"}) | _UNSEEN


def html_to_text(html: str) -> str:
    """Return the text, with a line for each block; what begins and is never closed is left out."""
    lines = _Lines()
    at, in_head = 0, False
    while sign := _SIGN.search(html, at):
        if not in_head:
            lines.say(_read(html[at : sign.start()]))
        name, opens = (sign["name"] or "").lower(), not sign["closing"]
        if name == "head":
            in_head = opens
        elif name and name not in _IN_HEAD:
            in_head = False
        lines.lay_out(name, opens=opens)
        at = _end(html, sign, unseen=name in _UNSEEN and opens)
    if not in_head:
        lines.say(_read(html[at:]))
    return lines.whole()


class _Lines:
    """The lines of the text being built, with runs of spaces collapsed."""

    def __init__(self) -> None:
        self._made: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        self._kept = 0

    def say(self, text: str) -> None:
        """Add text to the current line; a line break counts only in preformatted text."""
        first, *others = text.split("\n") if self._kept else [text]
        self._line.append(first)
        for one in others:
            self._end_line()
            self._line.append(one)

    def lay_out(self, name: str, *, opens: bool) -> None:
        """Break the lines as the start or end tag of an element requires."""
        if name == "br":
            self._end_line()
        elif name in _CELLS:
            self._line.append(" ")
        elif name in _BLOCKS:
            self._end_block()
        if name == "li":
            self._mark = "- " if opens else ""
        elif name in _KEEPS_LINES:
            self._kept = max(self._kept + (1 if opens else -1), 0)

    def whole(self) -> str:
        """Return the text, with runs of empty lines collapsed into one."""
        self._end_block()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._made)).strip()

    def _end_block(self) -> None:
        if "".join(self._line).strip(_SPACE):
            self._end_line()
        else:
            self._line.clear()

    def _end_line(self) -> None:
        words = " ".join("".join(self._line).split())
        self._line.clear()
        self._made.append(f"{self._mark}{words}" if words else "")
        if words:
            self._mark = ""


def _end(html: str, sign: re.Match[str], *, unseen: bool) -> int:
    """Return the position after a comment, a tag, or the text of an element that is not shown."""
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
    # A character reference with thousands of digits is left as it is.
    with suppress(ValueError):
        return unescape(text)
    return text
