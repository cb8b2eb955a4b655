"""Garbage at every door: refused with a page, never a fault, and nothing of it is stored."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.conftest import SLUG
from tests.console.test_routes import VALUES, routes
from tests.organiser import CONSOLE_PATH, Organiser, invite_organiser, sign_in_organiser
from tests.web.test_routes import addresses, contents

pytestmark = [pytest.mark.both_databases, pytest.mark.long]

if TYPE_CHECKING:
    from flask import Flask

    from campaign.container import Container
    from tests.supporter import Supporter

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=edge"
REFUSED = {400, 404, 413, 415, 422, 429}
FIELDS = (
    *("name", "email", "town", "paragraph", "subject", "body", "government", "demands"),
    *("report", "postal", "wish", "password", "reason", "step"),
)
"""All that is read but the code from a mail: its tries are counted."""

ZALGO = "Testa" + "\u0301" * 1_000
COUNTED = {"sign_in_tries", "log_entries"}
"""A failed try to sign in is counted, as a keyed hash, and after several the log says so."""


def urlencoded(value: bytes) -> bytes:
    return b"&".join(name.encode() + b"=" + value for name in FIELDS)


def part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    head = b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"' + more
    return head + b"\r\n\r\n" + value + b"\r\n"


def parts(value: bytes, more: bytes = b"") -> bytes:
    return b"".join(part(name.encode(), value, more) for name in FIELDS) + b"--edge--\r\n"


MARK = b"garbage"
KINDS: dict[str, tuple[bytes, str]] = {
    "10 MB": (b"name=" + b"x" * 10_000_000, URLENCODED),
    "10 MB in parts": (part(b"name", b"x" * 10_000_000) + b"--edge--\r\n", MULTIPART),
    "10 MB as a file": (part(b"name", b"x" * 10_000_000, b'; filename="x"'), MULTIPART),
    "100,000 fields": (b"&".join(b"f%d=x" % number for number in range(100_000)), URLENCODED),
    "30,000 empty fields": (b"a&" * 30_000, URLENCODED),
    "201 fields": (b"&".join(b"f%d=x" % number for number in range(201)), URLENCODED),
    "100,000 parts": (part(b"f", b"x") * 100_000 + b"--edge--\r\n", MULTIPART),
    "a name of 60 KB": (MARK * 8_500 + b"=x", URLENCODED),
    "a name of 60 KB in a part": (part(MARK * 8_500, b"x") + b"--edge--\r\n", MULTIPART),
    "a thousand accents": (parts(ZALGO.encode()), MULTIPART),
    "accents in no order": (
        part(b"name", ("a" + "\u0301\u0323" * 15_000).encode()) + b"--edge--\r\n",
        MULTIPART,
    ),
    "JSON": (b'{"name": "garbage", "step": "send"}', "application/json"),
    "deep JSON": (b"[" * 60_000, "application/json"),
    "parts that say they are none": (parts(MARK), URLENCODED),
    "none that say they are parts": (urlencoded(MARK), MULTIPART),
    "parts without an edge": (parts(MARK), "multipart/form-data"),
    "an edge of 60 KB": (parts(MARK), "multipart/form-data; boundary=" + "e" * 60_000),
    "parts without an end": (parts(MARK)[: -len(b"--edge--\r\n") - 3], MULTIPART),
    "a part without an end": (b'--edge\r\nContent-Disposition: form-data; name="na', MULTIPART),
    "a part of 9,000 headers": (part(b"name", MARK, b"\r\nX: y" * 9_000), MULTIPART),
    "files": (parts(MARK, b'; filename="garbage"'), MULTIPART),
    "no type": (urlencoded(MARK), ""),
    "a type that is none": (urlencoded(MARK), "\xff;;;==,,"),
    "signs of percent": (b"%" * 60_000, URLENCODED),
    "nothing": (b"", URLENCODED),
}

UNSEEN: dict[str, tuple[bytes, str]] = {
    "parts in another alphabet": (
        parts(b"+AD4-\0", b"\r\nContent-Type: text/plain; charset=utf-7"),
        MULTIPART,
    ),
    "NUL": (urlencoded(b"%00garbage%00") + b"&%00=%00", URLENCODED),
    "NUL as it is": (urlencoded(b"gar\0bage") + b"&\0=\0", URLENCODED),
    "NUL in parts": (part(b"na\0me", b"\0") + parts(b"gar\0bage"), MULTIPART),
    "halves as they are": (urlencoded(b"\xed\xa0\x80\xff"), URLENCODED),
    "halves in parts": (part(b"\xff", b"x") + parts(b"\xed\xa0\x80\xff\0"), MULTIPART),
}
"""What is taken out of a text, so that a form may take the rest."""


@pytest.fixture
def doors(app: Flask, supporter: Supporter, container: Container) -> list[str]:
    """Give an address, with a good token, of every form that strangers can send text to."""
    forms = ("/sign", "/correct", "/letter", "/report", "/clerk/")
    found = [path for path in addresses(app, supporter, container, "POST") if any_in(forms, path)]
    found.append(supporter.submit(email="another@example.org"))
    welcome = invite_organiser(container)
    return [*found, "/console/sign-in", f"{welcome}/password", f"{welcome}/code"]


def any_in(words: tuple[str, ...], path: str) -> bool:
    return any(word in path for word in words)


def kept(container: Container) -> dict[str, list[tuple[object, ...]]]:
    return {name: rows for name, rows in contents(container).items() if name not in COUNTED}


def test_garbage_is_refused_with_a_page_and_never_stored(
    app: Flask, container: Container, doors: list[str]
) -> None:
    before = kept(container)
    for kind, (body, content_type) in KINDS.items():
        for door in doors:
            answer = app.test_client().post(door, data=body, content_type=content_type)
            assert answer.status_code in REFUSED, f"{kind}: {door}"
            assert "<h1>" in answer.text, f"{kind}: {door}"
            assert len(answer.data) < 3 * len(body) + 30_000, f"{kind}: {door}"
    assert len(doors) == 10
    assert kept(container) == before


def test_what_nobody_can_see_is_taken_out_and_the_rest_refused_or_kept(
    app: Flask, supporter: Supporter, doors: list[str]
) -> None:
    private = next(door.removesuffix("/correct") for door in doors if door.endswith("/correct"))
    for kind, (body, content_type) in UNSEEN.items():
        for door in doors:
            answer = app.test_client().post(door, data=body, content_type=content_type)
            assert answer.status_code in REFUSED | {303, 409}, f"{kind}: {door}"
        assert "\0" not in supporter.browser.get(private).text, kind


LENGTHS = ("-1", "-99999999999999999999", "9" * 30, "1e3", "abc", "", "+5", "\xb2")


def test_a_length_that_is_none_is_no_fault(
    app: Flask, container: Container, doors: list[str]
) -> None:
    before = kept(container)
    for door, length in product(doors, LENGTHS):
        answer = app.test_client().post(
            door,
            input_stream=BytesIO(urlencoded(MARK)),
            content_type=URLENCODED,
            environ_overrides={"CONTENT_LENGTH": length},
        )
        assert answer.status_code in REFUSED, f"{length!a}: {door}"
    assert kept(container) == before


def test_halves_of_characters_are_kept_as_the_signs_that_stand_for_them(
    supporter: Supporter,
) -> None:
    """No database and no page takes a half; what a form has of one is text like any other."""
    private = supporter.sign()
    signs = "%ED%A0%80%FF"
    answer = supporter.browser.post(
        f"{private}/correct", data=f"name=Testa{signs}", content_type=URLENCODED
    )
    assert answer.status_code == 303
    assert f"<bdi>Testa{signs}</bdi>" in supporter.browser.get(private).text


def test_a_form_of_many_fields_is_not_offered_again_to_strangers(app: Flask) -> None:
    """A field takes two bytes in a form and fifty in a page: nobody gets that for nothing."""
    for route, path in routes(app).items():
        if route.startswith("POST"):
            answer = app.test_client().post(path, data=b"a&" * 1_000, content_type=URLENCODED)
            assert len(answer.data) < 10_000, route
            assert answer.status_code < 500, route


PARTS = ("a%00b", "%ED%A0%80%FF", "%0d%0aX-Evil:1", "..%2f", "x" * 3_000)
USUAL = {**VALUES, "lang": "en", "slug": SLUG, "wish": "digest", "filename": "site.css"}
_ARGUMENT = re.compile(r"<(?:[^<>]*:)?(\w+)>")


def test_garbage_in_a_path_is_no_fault(app: Flask, container: Container) -> None:
    owner = sign_in_organiser(container, app)
    before = kept(container)
    for rule in app.url_map.iter_rules():
        for argument, garbage in product(rule.arguments, PARTS):
            values = {**USUAL, argument: garbage}
            path = _ARGUMENT.sub(lambda found, values=values: str(values[found[1]]), rule.rule)  # type: ignore[misc]
            send(owner, rule.methods or set(), path)
    assert kept(container) == before


def send(owner: Organiser, methods: set[str], path: str) -> None:
    for method in methods & {"GET", "POST"}:
        data = {"csrf_token": owner.form(), "reason": "A reason"} if method == "POST" else None
        with owner.browser.open(path, method=method, data=data) as answer:
            assert answer.status_code in {200, 303, 308, 404, 422}, f"{method} {path[:100]}"
            assert "X-Evil" not in answer.headers, path


QUERIES = ("a%00b%FF%ED%A0%80", "9" * 5_000, "-" + "9" * 400, "%0d%0aX-Evil:1")
NAMES = (
    *("source", "government", "from", "campaign", "state", "held", "answered", "before", "words"),
    *("who", "action", "about", "by", "first", "last", "language", "revision", "origin", "id"),
    *("created_from", "created_until", "kind", "act", "said", "watching", "target", "\0"),
)
PUBLIC = (f"en/{SLUG}", f"en/{SLUG}/sign", f"en/{SLUG}/signatories", f"embed/en/{SLUG}")


def test_garbage_in_a_query_is_no_fault(app: Flask, container: Container) -> None:
    owner = sign_in_organiser(container, app)
    paths = [path for route, path in routes(app).items() if route.startswith("GET")]
    public = ["/", "/en/", *(f"/{rest}" for rest in PUBLIC)]
    before = kept(container)
    for path in [*paths, *public]:
        for garbage in QUERIES:
            asked = "&".join(f"{quote(name)}={garbage}" for name in NAMES if name != "campaign")
            send(owner, {"GET"}, f"{path}?{asked}")
        send(owner, {"GET"}, f"{path}?campaign=%00")
    many = "&".join(f"p{number}=x" for number in range(8_000))
    for path in (
        "/",
        f"/en/{SLUG}/sign",
        f"{CONSOLE_PATH}/counts",
        f"{CONSOLE_PATH}/signatures",
    ):
        send(owner, {"GET"}, f"{path}?{many}")
    assert kept(container) == before


HEADERS = (
    *("Accept-Language", "Cookie", "Origin", "Sec-Fetch-Site", "User-Agent", "If-None-Match"),
    *("If-Modified-Since", "Range", "Accept-Encoding", "Accept", "Referer", "X-Forwarded-For"),
    *("Transfer-Encoding", "Content-Encoding", "Content-Type", "X-Request-ID"),
)
VALUES_OF_HEADERS = (
    *("\0", "\xff\xed\xa0\x80", "http://[", ",q=nan;q=1e999" * 100, "bytes=-,0-0," * 500),
    *('console=\xff\0; console-device="\\377"', "x" * 8_000, "=?utf-8?q?=0D=0A?=", 'W/"'),
)


def test_garbage_in_a_header_is_no_fault(app: Flask, container: Container) -> None:
    owner = sign_in_organiser(container, app)
    doors = [
        *(("GET", path) for path in ("/", "/static/site.css")),
        *(("POST", path) for path in (f"/en/{SLUG}/sign", "/console/people/invite")),
    ]
    before = kept(container)
    for (method, path), name, value in product(doors, HEADERS, VALUES_OF_HEADERS):
        key = name.upper().replace("-", "_")
        given = {key if key == "CONTENT_TYPE" else f"HTTP_{key}": value}
        data = {"csrf_token": owner.form()} if method == "POST" else None
        asked = owner.browser.open(path, method=method, data=data, environ_overrides=given)
        with asked as answer:
            assert answer.status_code < 500, f"{method} {path} {name}: {value[:60]!a}"
    assert kept(container) == before
