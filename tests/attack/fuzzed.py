"""Run by atheris, in an environment of its own: bytes that it makes up, guided by what they reach.

`python fuzzed.py PARSER CORPUS -max_total_time=60`. It ends with a trace at the first byte string
that a parser answers with anything but its result or its own error.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["campaign", "email", "csv", "tomllib", "html"]):
    from campaign.backup import archive as archives
    from campaign.campaigns import bundle
    from campaign.campaigns.site_words import BundleContext, SiteWords
    from campaign.errors import BackupError, ContentError
    from campaign.mail import incoming
    from campaign.recipients import directory_csv as directory
    from campaign.recipients.directory_entries import KnownRecipients
    from campaign.recipients.reference_data import load_reference_data
    from campaign.settings.settings import BASE_DIR

DATA = BASE_DIR / "campaign" / "data"
REFERENCE = load_reference_data(DATA)
STATES, RECIPIENTS = REFERENCE.governments, REFERENCE.recipients
FOLDER = Path(tempfile.mkdtemp(prefix="campaign-fuzz-"))


def read_message(data: bytes) -> None:
    """Any bytes are a message, and what is kept of it can be stored."""
    found = incoming.parse_message(data)
    assert "\0" not in found.text, "a NUL would not be stored"
    found.text.encode()


def read_addresses(data: bytes) -> None:
    path = FOLDER / "addresses.csv"
    path.write_bytes(data)
    try:
        directory.read_directory_csv(path, KnownRecipients(RECIPIENTS, STATES))
    except ContentError:
        return


def read_campaign(data: bytes) -> None:
    folder = FOLDER / "made-up"
    folder.mkdir(exist_ok=True)
    facts, _, words = data.partition(b"\xff\xfe")
    (folder / "campaign.toml").write_bytes(facts)
    (folder / "en.toml").write_bytes(words)
    try:
        bundle.load_bundle(folder, BundleContext(STATES, ("en",), SiteWords(DATA)))
    except ContentError:
        return


def read_key(data: bytes) -> None:
    try:
        archives.parse_identity(data.decode("utf-8", "surrogateescape"))
    except BackupError:
        return


PARSERS = {
    "messages": read_message,
    "addresses": read_addresses,
    "campaigns": read_campaign,
    "keys": read_key,
}


def main() -> None:
    parser = PARSERS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, parser)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
