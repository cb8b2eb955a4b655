"""Flowed text as RFC 3676, section 4, tells a reader to read it, one sentence after the other.

It knows nothing of how the project does it, so that both are never wrong in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message


def plain_text_of(part: Message) -> str:
    """Return what a plain text says with line feeds, made whole where it is flowed."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = content.decode().replace("\r\n", "\n")
    return as_rfc_3676_reads_it(text) if part.get_param("format") == "flowed" else text


def as_rfc_3676_reads_it(text: str) -> str:
    """Return a text that quotes nothing, with the default of DelSp, which is `no`."""
    paragraphs = [""]
    for line in text.split("\n"):
        assert not line.startswith(">"), "a line of ours that begins so is stuffed"
        unstuffed = line.removeprefix(" ")
        if unstuffed == "-- " and paragraphs[-1]:
            raise AssertionError("a signature separator follows a line that flows")
        paragraphs[-1] += unstuffed
        if not unstuffed.endswith(" ") or unstuffed == "-- ":
            paragraphs.append("")
    assert paragraphs[-1] == "", "the text's last line flows into nothing"
    return "\n".join(paragraphs[:-1])
