"""The words of an HTML message, as a reader sees them.

Read in one go: the standard library's parser looks again from every sign that begins nothing,
which takes hours for a message that is made for it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape

# A name goes on to the next space, slash or end (HTML Standard, section 13.2.5.8).
_SIGN = re.compile(r"<(?:(?P<comment>!--)|(?P<closing>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)|[!?/])")
# A sign of greater-than ends no tag where it stands in a quoted value.
_REST = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>""")
_SPACE = " \t\n\f\r"
"""What HTML calls space: one that does not break is a word, and makes an empty line."""

_KEEPS_LINES = frozenset({"pre", "listing"})
_BLOCKS = _KEEPS_LINES | frozenset(
    (  # noqa: SIM905
        "address article aside blockquote body caption center dd details dialog dir div dl dt "
        "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li "
        "main menu nav ol optgroup option p search section summary table tbody tfoot thead tr ul"
    ).split()
)
"""Elements that stand in lines of their own (HTML Standard, section 15.3)."""

_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"iframe", "noembed", "noframes", "script", "style", "title"})
"""Elements whose words are not shown; in them no other element begins."""

_IN_HEAD = frozenset({"base", "link", "meta", "noscript"}) | _UNSEEN


def html_to_text(html: str) -> str:
    """Return the text, a line for each block; what begins and never ends is left out."""
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
    """A text's lines as they are made, with one space where there are several."""

    def __init__(self) -> None:
        self._made: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        self._kept = 0

    def say(self, text: str) -> None:
        """Add to the line; a new one in the text is a space, but where lines are kept."""
        first, *others = text.split("\n") if self._kept else [text]
        self._line.append(first)
        for one in others:
            self._end_line()
            self._line.append(one)

    def lay_out(self, name: str, *, opens: bool) -> None:
        """Do what an element's beginning or end does to the lines."""
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
        """Return the text, with one empty line where there are several."""
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
        return unescape(text)
    return text
