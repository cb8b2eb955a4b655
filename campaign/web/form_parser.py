"""Forms as views read them: not too many fields, and line breaks as they were typed."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict


class FormParser(FormDataParser):
    """Holds forms of both encodings to so many fields, where Werkzeug counts those of one.

    Some pages offer a form again: what takes two bytes in it takes fifty in them.

    Line breaks come back as line feeds. A browser sends each as CRLF, whatever was typed and
    whatever a hidden field held (HTML Living Standard, "URL-encoded form data" and "Multipart
    form data"); undone here, no reader of a field has to think of it.
    """

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]:
        rest, form, files = super().parse(stream, mimetype, content_length, options)
        fields = [
            (_with_line_feeds(name), _with_line_feeds(value))
            for name, value in form.items(multi=True)
        ]
        if self.max_form_parts is not None and len(fields) > self.max_form_parts:
            raise RequestEntityTooLarge
        return rest, self.cls(fields), files


class FormRequest(Request):
    form_data_parser_class = FormParser


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
