"""Render letters on A4 with Typst: what people wrote is passed as data, never as source.

The fonts come with the project and the system's are ignored, so that a letter looks the same
everywhere: Noto Serif, with DejaVu Sans as the fallback. A text with a character that neither has
is refused.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from campaign.errors import MissingGlyphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import typst

BATCH = 10
"""Letters rendered at once: Typst's memory grows faster than their number."""

_LETTER_TEMPLATE = "letter.typ"
_HANDOVER = "handover_pack.typ"
_IMPORT = re.compile(r'^#import "([a-z_]+\.typ)": \w+$', re.MULTILINE)
# Typst keeps what it has worked out for a document for so many more, a megabyte for each letter; so
# many empty ones, in half a millisecond, make it forget that.
_KEPT_FOR = 9
# The share image's page is 600 points wide: two pixels for each point.
_CARD_PPI = 144
_TAGGED = {"format": "pdf", "pdf_tags": True}
# Joiners and variation selectors, which shape their neighbours and have no glyph of their own.
_WITHOUT_GLYPH = frozenset({0x200C, 0x200D, *range(0xFE00, 0xFE10)})


@dataclass(frozen=True)
class PrintedLetter:
    """The content of one letter. `sender` and `address` are lines; the sender's starts with a name.

    `window_on_the_right`: where the envelope's window is; otherwise it is on the left. `number`:
    the letter's number among several, for its bookmark; 0 for none. `footer`: the footer of each
    page, with `{page}` and `{pages}` for the letter's own page numbers; if empty, it is the
    sender's name from the second page on.
    """

    language: str
    sender: tuple[str, ...]
    address: tuple[str, ...]
    date: str
    subject: str
    salutation: str
    body: str
    signature: tuple[str, ...]
    window_on_the_right: bool = False
    number: int = 0
    footer: str = ""

    @property
    def bookmark(self) -> str:
        """The letter's entry in the outline of the file."""
        said = f"{self.sender[0]}: {self.subject}"
        return f"{self.number}. {said}" if self.number else said

    def texts(self) -> Iterator[str]:
        yield from self.sender
        yield from self.address
        yield from self.signature
        yield from (self.date, self.subject, self.salutation, self.body, self.footer)


class PdfRenderer:
    """A renderer for letters and other documents, whose compiler is created once, on first use.

    The templates are read at once, so that installing a new version in the folder does not affect
    running processes; the fonts are read when the first document is rendered.
    """

    def __init__(self, templates: Path, fonts: Path) -> None:
        self._sources = _inline_imports(templates)
        self._fonts = fonts
        self._lock = threading.Lock()

    def render_letter(self, letter: PrintedLetter) -> bytes:
        """Return one letter as a PDF tagged for screen readers.

        Raise MissingGlyphs if a character cannot be printed.
        """
        self.require_printable(letter)
        return self._render_batch([letter])

    def render_letters(
        self, letters: Iterable[PrintedLetter], out: BinaryIO, title: str, language: str
    ) -> None:
        """Write many letters into one PDF file, each with its own page numbers and a bookmark."""
        for _ in self.render_letters_in_batches(letters, out, title, language):
            pass

    def render_letters_in_batches(
        self, letters: Iterable[PrintedLetter], out: BinaryIO, title: str, language: str
    ) -> Iterator[None]:
        """Write letters as `render_letters` does, and yield after each batch for other work."""
        # Imported here, because only this command needs it.
        from campaign.printing.tagged_pdf import TaggedPdfWriter  # noqa: PLC0415

        whole = TaggedPdfWriter()
        waiting = iter(letters)
        while some := list(islice(waiting, BATCH)):
            for letter in some:
                self.require_printable(letter)
            whole.add(self._render_batch(some))
            yield
        whole.write(out, title, language)

    def require_printable(self, letter: PrintedLetter) -> None:
        """Raise MissingGlyphs, with the characters, if the fonts lack some of the letter's."""
        if missing := self.missing_characters("".join(letter.texts())):
            raise MissingGlyphs(missing)

    def missing_characters(self, text: str) -> str:
        """Return the characters of a text that none of the fonts has, each once."""
        # Each distinct character once: a letter has thousands, of sixty kinds.
        different = dict.fromkeys(normalize(text))
        return "".join(
            one
            for one in different
            if one != "\n" and ord(one) not in _supported_characters(self._fonts)
        )

    def render_handover(
        self, title: str, parts: Iterable[dict[str, Any]], out: BinaryIO
    ) -> Iterator[None]:
        """Write the parts of an open letter into one PDF file, and yield after each part.

        Each part begins on a new page, whose number is added to its values.
        """
        # Imported here, because only this command needs it.
        from pypdf import PdfReader, PdfWriter  # noqa: PLC0415

        whole = PdfWriter()
        for part in parts:
            values = part | {"page": len(whole.pages) + 1}
            inputs = {"part": json.dumps(values), "title": title}
            reader = PdfReader(
                BytesIO(self._compile(_HANDOVER, inputs, format="pdf", pdf_tags=False))
            )
            whole.append(reader)
            whole.reset_translation(reader)
            yield
        whole.add_metadata({"/Title": title})
        whole.write(out)

    def render_poster(self, values: dict[str, Any]) -> bytes:
        """Return a poster as a PDF tagged for screen readers."""
        return self._compile("poster.typ", {"poster": json.dumps(values)}, **_TAGGED)

    def share_image(self, values: dict[str, Any]) -> bytes:
        """Return a share image of 1200 by 630 pixels as a PNG."""
        inputs = {"image": json.dumps(values)}
        return self._compile("share_image.typ", inputs, format="png", ppi=_CARD_PPI)

    def _render_batch(self, letters: Sequence[PrintedLetter]) -> bytes:
        values = json.dumps([_values(letter) for letter in letters])
        inputs = {"letters": values, "title": letters[0].subject}
        return self._compile(_LETTER_TEMPLATE, inputs, **_TAGGED)

    def _compile(self, template: str, inputs: dict[str, str], **options: Any) -> bytes:
        with self._lock:
            made = self._compiler.compile(self._sources[template], sys_inputs=inputs, **options)
            for _ in range(_KEPT_FOR):
                self._compiler.compile(b"")
        assert isinstance(made, bytes)
        return made

    @cached_property
    def _compiler(self) -> typst.Compiler:
        # Imported here, because processes that never print need not spend the memory.
        import typst  # noqa: PLC0415

        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(self._fonts)],
        )
        return typst.Compiler(font_paths=fonts)


@cache
def _supported_characters(fonts: Path) -> frozenset[int]:
    """Return the characters that can be printed: those in all faces of at least one font family."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    families: dict[str, frozenset[int]] = {}
    for path in sorted(fonts.glob("*.ttf")):
        family = path.stem.partition("-")[0]
        with TTFont(path, lazy=True) as font:
            face = frozenset(font.getBestCmap() or ())
        families[family] = families.get(family, face) & face
    return _WITHOUT_GLYPH.union(*families.values())


def _inline_imports(folder: Path) -> dict[str, bytes]:
    """Return each template by its name, with imports replaced by the imported source."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.typ")}
    return {
        name: _IMPORT.sub(lambda found: texts[found[1]], text).encode()
        for name, text in texts.items()
    }


def _values(letter: PrintedLetter) -> dict[str, Any]:
    """Return the letter's values as the template expects them."""
    return {
        "language": letter.language,
        "window_on_the_right": letter.window_on_the_right,
        "bookmark": normalize(letter.bookmark),
        "footer": normalize(letter.footer),
        "sender": [normalize(line) for line in letter.sender],
        "address": [normalize(line) for line in letter.address],
        "date": normalize(letter.date),
        "subject": normalize(letter.subject),
        "salutation": normalize(letter.salutation),
        "paragraphs": [
            normalize(block).split("\n") for block in letter.body.split("\n\n") if block
        ],
        "signature": [normalize(line) for line in letter.signature],
    }


def normalize(text: str) -> str:
    """Return a text in the form in which it is printed (NFC)."""
    return unicodedata.normalize("NFC", text)
