"""Parts that Typst set put together into one PDF file, with what pypdf leaves behind: the tags.

`pypdf` appends pages. The tree of what is a heading and what a paragraph (ISO 32000-1, section
14.7) it does not take along, so the trees are put together here, each part with its language.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    Destination,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf.generic import IndirectObject


class TaggedPdfWriter:
    """One file that grows by parts. A part is tagged, and its bookmarks point at its pages."""

    def __init__(self) -> None:
        self._whole = PdfWriter()
        self._tree = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
        self._document = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/StructElem"),
                NameObject("/S"): NameObject("/Document"),
            }
        )
        self._root = self._whole._add_object(self._tree)  # noqa: SLF001 - the only way to add one
        self._top = self._whole._add_object(self._document)  # noqa: SLF001
        self._document[NameObject("/P")] = self._root
        self._parts = ArrayObject()
        self._parent_tree = ArrayObject()

    def add(self, part: bytes) -> None:
        """Put a part at the end."""
        reader = PdfReader(BytesIO(part))
        before = len(self._whole.pages)
        self._whole.append(reader, import_outline=False)
        for title, page in _bookmarks(reader):
            self._whole.add_outline_item(title=title, page_number=before + page)
        self._add_tags(reader, before)
        # What it remembers of a part would keep that part in memory.
        self._whole.reset_translation(reader)

    def write(self, out: BinaryIO, title: str, language: str) -> None:
        """Write the file under a title that its reader sees in place of the file's name."""
        whole = self._whole
        self._document[NameObject("/K")] = self._parts
        self._tree[NameObject("/K")] = ArrayObject([self._top])
        self._tree[NameObject("/ParentTree")] = DictionaryObject(
            {NameObject("/Nums"): self._parent_tree}
        )
        self._tree[NameObject("/ParentTreeNextKey")] = NumberObject(len(whole.pages))
        catalogue = whole.root_object
        catalogue[NameObject("/StructTreeRoot")] = self._root
        catalogue[NameObject("/MarkInfo")] = DictionaryObject(
            {NameObject("/Marked"): BooleanObject(True)}
        )
        catalogue[NameObject("/Lang")] = TextStringObject(language)
        catalogue[NameObject("/ViewerPreferences")] = DictionaryObject(
            {NameObject("/DisplayDocTitle"): BooleanObject(True)}
        )
        whole.add_metadata({"/Title": title})
        whole.write(out)

    def _add_tags(self, reader: PdfReader, before: int) -> None:
        """Hang a part's tree under the document, and number its pages anew in it."""
        catalogue = reader.root_object
        tree: Any = catalogue["/StructTreeRoot"]
        self._tree.setdefault(NameObject("/RoleMap"), tree["/RoleMap"].clone(self._whole))
        for kind in tree["/K"]:
            self._parts.append(self._clone_as_part(kind, catalogue.get("/Lang", "")))
        numbers = tree["/ParentTree"]["/Nums"]
        for number, elements in zip(numbers[::2], numbers[1::2], strict=True):
            self._parent_tree.append(NumberObject(before + number))
            self._parent_tree.append(elements.clone(self._whole))
        for number, page in enumerate(reader.pages, before):
            if "/StructParents" in page:
                own: Any = page["/StructParents"]
                self._whole.pages[number][NameObject("/StructParents")] = NumberObject(before + own)

    def _clone_as_part(self, document: IndirectObject, language: str) -> IndirectObject:
        """Return a part's own document as a part of this one."""
        element: Any = document.clone(self._whole)
        part = element.get_object()
        part[NameObject("/S")] = NameObject("/Part")
        part[NameObject("/P")] = self._top
        part[NameObject("/Lang")] = TextStringObject(language)
        reference: IndirectObject = part.indirect_reference
        return reference


def _bookmarks(reader: PdfReader) -> Iterator[tuple[str, int]]:
    for bookmark in reader.outline:
        if isinstance(bookmark, Destination):
            page = reader.get_destination_page_number(bookmark)
            assert page is not None, "a bookmark of ours is on a page of ours"
            yield str(bookmark.title), page
