"""Merge PDF files made by Typst into one, including the tags, which pypdf drops.

`pypdf` appends pages, but not the structure tree, which marks headings and paragraphs (ISO 32000-1,
section 14.7). So the trees are merged here, each part with its language.
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
    """A file built from parts, each of which is tagged and has bookmarks to its own pages."""

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
        """Append a part."""
        reader = PdfReader(BytesIO(part))
        before = len(self._whole.pages)
        self._whole.append(reader, import_outline=False)
        for title, page in _bookmarks(reader):
            self._whole.add_outline_item(title=title, page_number=before + page)
        self._add_tags(reader, before)
        # The writer's mapping of objects would keep the part in memory.
        self._whole.reset_translation(reader)

    def write(self, out: BinaryIO, title: str, language: str) -> None:
        """Write the file with a title, which readers display instead of the file name."""
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
        """Attach a part's structure tree to the document, and renumber its pages in it."""
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
        """Return the Document element of a part, cloned as a Part of this document."""
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
