"""The client that tests post forms with: its line breaks arrive as those of a browser do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

_LINE_BREAK = re.compile(r"\r\n?|\n")


def as_posted(value: Any) -> Any:
    """Return a form's values with the line breaks that a browser sends.

    Every browser makes each of them CRLF, in hidden fields, too (HTML Living Standard, "Multipart
    form data" and "URL-encoded form data": converting an entry list).
    """
    if isinstance(value, str):
        return _LINE_BREAK.sub("\r\n", value)
    if isinstance(value, dict):
        return {name: as_posted(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(as_posted, value))
    return value


class BrowserClient(FlaskClient):
    """Flask's test client, except that it sends fields as a browser would."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # A text or bytes are a body that a test wrote byte for byte.
        if isinstance(kwargs.get("data"), dict):
            kwargs["data"] = as_posted(kwargs["data"])
        return super().open(*args, **kwargs)
