"""A directory as Popolo JSON (https://www.popoloproject.com/specs/): read, and written.

An organization is a recipient. Its id is the key (DE/justice), or its `area_id` is the government's
code and its `classification` the office. Names are `other_names` with `lang`, as EveryPolitician
wrote them; its `posts` with `lang` are titles of whoever heads it; contact details of the types
email and address are its addresses; memberships without an end are the persons in office. What
Popolo has no place for stands in `letters`.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from campaign.errors import ContentError, InvalidText
from campaign.recipients.csv_reader import quote_excerpt, read_text
from campaign.recipients.directory_entries import (
    KnownRecipients,
    clean_entry,
    entry_faults,
    raise_faults,
)
from campaign.recipients.rules.directory import DirectoryEntry, EntryKind
from campaign.recipients.rules.recipient import (
    government_of,
    is_recipient_key,
    office_of,
    parse_recipient_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    Cells = dict[str, str]

_CONTACT_TYPES = {EntryKind.EMAIL: "email", EntryKind.POSTAL: "address"}
_BY_LANGUAGE = {"other_names": (EntryKind.NAME, "name"), "posts": (EntryKind.TITLE, "label")}
"""What an organization lists in several languages, and the member that has the text."""
_PACE = ("per_hour", "per_day", "opens", "closes", "zone")


def read_popolo(path: Path, known: KnownRecipients, language: str = "") -> list[DirectoryEntry]:
    """Return the file's entries; raise ContentError with every fault and its place.

    What names no source has the file as its source. `language`: of organizations' names that do
    not say theirs; without it these are left out, as are other kinds of contact details.
    """
    try:
        document = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ContentError([f"this is not valid JSON: {error}"]) from None
    faults: list[str] = []
    entries = []
    if not any(_objects(document, "organizations")):
        raise ContentError(
            ["there are no organizations in this file, so it is no Popolo directory"]
        )
    for where, cells in _rows(document, path.name, language, faults):
        try:
            entries.append(clean_entry(cells, where))
        except InvalidText as error:
            faults.append(f"{where}: {error.reason}")
    faults += entry_faults(entries, known)
    raise_faults(faults)
    return entries


def write_popolo(entries: Iterable[DirectoryEntry]) -> str:
    """Return a directory as the text of a Popolo file, which can be read again."""
    organizations: dict[str, dict[str, Any]] = {}
    persons: list[dict[str, str]] = []
    memberships: list[dict[str, Any]] = []
    for one in entries:
        key = one.recipient
        organization = organizations.setdefault(key, _organization(key))
        if one.kind is EntryKind.PERSON:
            person = f"person-{len(persons) + 1}"
            persons.append({"id": person, "name": one.value})
            since = {"start_date": one.since.isoformat()} if one.since else {}
            told = {"person_id": person, "organization_id": key, **since}
            memberships.append({**told, "sources": _sources(one.source)})
        else:
            _add(organization, one)
    document = {
        "organizations": list(organizations.values()),
        "persons": persons,
        "memberships": memberships,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _organization(key: str) -> dict[str, Any]:
    area, office = government_of(key), office_of(key)
    return {"id": key, "name": key, "classification": office, "area_id": area}


def _add(organization: dict[str, Any], one: DirectoryEntry) -> None:
    told: dict[str, Any] = {"sources": _sources(one.source)}
    if one.kind is EntryKind.NAME:
        organization["name"] = (
            one.value if "other_names" not in organization else organization["name"]
        )
        told = {"lang": one.language, "name": one.value, "note": "multilingual", **told}
        organization.setdefault("other_names", []).append(told)
    elif one.kind is EntryKind.TITLE:
        post = {"lang": one.language, "label": one.value, **told}
        organization.setdefault("posts", []).append(post)
    elif one.kind is EntryKind.WEBSITE:
        organization.setdefault("links", []).append({"url": one.value, "note": "website", **told})
    elif one.kind in _CONTACT_TYPES:
        language = {"lang": one.language} if one.language else {}
        pace = {name: _text(getattr(one, name)) for name in _PACE if getattr(one, name)}
        detail = {"type": _CONTACT_TYPES[one.kind], "value": one.value, **language, **told}
        organization.setdefault("contact_details", []).append({**detail, **pace})
    else:
        organization.setdefault("letters", []).append(
            {"kind": one.kind.value, "value": one.value, **told}
        )


def _text(value: object) -> str:
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


def _sources(source: str) -> list[dict[str, str]]:
    return [{"url" if source.startswith(("http://", "https://")) else "note": source}]


def _rows(
    document: Any, file: str, language: str, faults: list[str]
) -> Iterator[tuple[str, Cells]]:
    """Yield each statement of the file as the cells of a row, with its place."""
    keys: dict[str, str] = {}
    for where, organization in _objects(document, "organizations"):
        try:
            key = _key(organization)
        except InvalidText as error:
            faults.append(f"{where}: {error.reason}")
            continue
        keys[str(organization.get("id") or key)] = key
        for place, cells in _said(organization, language):
            yield f"{where}{place}", {"source": f"file {file}", **cells, "recipient": key}
    yield from _persons(document, keys, file)


def _key(organization: Mapping[str, Any]) -> str:
    """Return which recipient an organization is; raise InvalidText if that is unclear."""
    key = parse_recipient_key(_string(organization, "id"))
    if is_recipient_key(key):
        return key
    area, office = _string(organization, "area_id"), _string(organization, "classification")
    area = re.sub(r"^.*country:", "", area)
    key = parse_recipient_key(f"{area}/{office.strip().replace(' ', '-')}")
    if area and is_recipient_key(key):
        return key
    raise InvalidText(
        f"{quote_excerpt(_string(organization, 'name'))} has neither an id such as DE/justice, nor "
        "area_id and classification such as DE and justice"
    )


def _said(organization: Mapping[str, Any], language: str) -> Iterator[tuple[str, Cells]]:
    general = _source(organization)
    names = [one for _, one in _objects(organization, "other_names") if _string(one, "lang")]
    if language and not names:
        told = {"channel": "name", "address": _string(organization, "name")}
        yield ".name", told | {"language": language} | general
    for listed, (kind, text) in _BY_LANGUAGE.items():
        for where, one in _objects(organization, listed):
            if _string(one, "lang"):
                told = {"channel": kind.value, "address": _string(one, text)}
                told["language"] = _string(one, "lang")
                yield f".{where}", told | general | _source(one)
    for where, one in _objects(organization, "links"):
        told = {"channel": "website", "address": _string(one, "url")}
        yield f".{where}", told | general | _source(one)
        break
    kinds = {name: kind.value for kind, name in _CONTACT_TYPES.items()}
    for where, one in _objects(organization, "contact_details"):
        if _string(one, "type") in kinds:
            told = {"channel": kinds[_string(one, "type")], "address": _string(one, "value")}
            pace = {name: _string(one, name) for name in _PACE if one.get(name)}
            of_letters = {"language": _string(one, "lang")}
            yield f".{where}", told | of_letters | pace | general | _source(one)
    for where, one in _objects(organization, "letters"):
        told = {"channel": _string(one, "kind"), "address": _string(one, "value")}
        yield f".{where}", told | general | _source(one)


def _persons(document: Any, keys: Mapping[str, str], file: str) -> Iterator[tuple[str, Cells]]:
    """Yield the persons who are in office: memberships that have not ended."""
    names = {_string(one, "id"): _string(one, "name") for _, one in _objects(document, "persons")}
    posts = {
        _string(one, "id"): _string(one, "organization_id")
        for _, one in _objects(document, "posts")
    }
    for where, one in _objects(document, "memberships"):
        organization = _string(one, "organization_id") or posts.get(_string(one, "post_id"), "")
        name, key = names.get(_string(one, "person_id"), ""), keys.get(organization)
        if key is None or not name or one.get("end_date"):
            continue
        told = {"recipient": key, "channel": "person", "address": name, "source": f"file {file}"}
        yield where, told | {"since": _full_day(_string(one, "start_date"))} | _source(one)


def _full_day(text: str) -> str:
    """Return a day, or nothing: Popolo also allows a year, or a year and a month."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _source(one: Mapping[str, Any]) -> Cells:
    for _, source in _objects(one, "sources"):
        found = _string(source, "url") or _string(source, "note")
        if found:
            return {"source": found}
    return {}


def _objects(parent: Any, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects of a list with their places; anything else is not Popolo, and left out."""
    listed = parent.get(name) if isinstance(parent, dict) else None
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, dict):
            yield f"{name}[{number}]", one


def _string(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
