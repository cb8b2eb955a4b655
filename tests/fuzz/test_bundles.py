"""A campaign's folder and the reference data are read whole, or every fault is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from campaign.campaigns.bundle import load_bundle
from campaign.campaigns.serialization import canonical_json, facts_json, parse_campaign
from campaign.campaigns.site_words import BundleContext, SiteWords
from campaign.errors import ContentError
from campaign.recipients.reference_data import load_reference_data
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.settings import BASE_DIR
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_TEXT, corrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[str, bytes], Path]

HARBOUR = Path(__file__).parent.parent / "bundles" / "harbour"
REFERENCE = BASE_DIR / "campaign" / "data"
FILES = {path.name: path.read_bytes() for path in HARBOUR.glob("*.toml")}
TABLES = {path.name: path.read_bytes() for path in REFERENCE.glob("*.csv")}
READ = (
    *("complaint_bodies.csv", "governments.csv", "memberships.csv", "recipient_names.csv"),
    *("recipient_addresses.csv", "recipient_titles.csv", "recipients.csv", "tiles.csv"),
)


def quoted(text: str) -> str:
    """Return a text as TOML has it, with what it cannot have left out."""
    plain = text.encode("utf-8", "ignore").decode()
    escaped = (f"\\U{ord(one):08x}" if one in '"\\' or one < " " else one for one in plain)
    return f'"{"".join(escaped)}"'.replace("\x7f", "")


NAMES = st.one_of(
    ANY_TEXT.map(quoted),
    st.sampled_from(
        ["en", "AT", "in", "name", "north", '""', "a.b.c", f'"{"x" * 300}"', "show_name"]
    ),
)
VALUES = st.one_of(
    ANY_TEXT.map(quoted),
    st.sampled_from(
        [
            *("0", "-1", "9" * 5_000, "1e999", "nan", "true", "[]", "[[]]", "{}", "[{}]", "''"),
            *("2000-02-29", "0001-01-01", "9999-12-31T23:59:59Z", "08:30:00", "{ x = { } }"),
            "'$'", "'$$'", "'${x}'", "'$government_'", "'=?x?='",
        ]
    ),
)  # fmt: skip
LINES = st.one_of(
    st.tuples(NAMES, VALUES).map(" = ".join),
    NAMES.map("[{}]".format),
    NAMES.map("[[{}]]".format),
    NAMES.map("[governments.{}]".format),
    NAMES.map("[letter.openings]\n{} = '$date'".format),
)


@st.composite
def inserted(draw: st.DrawFn) -> tuple[str, bytes]:
    """Give a file of the harbour bundle with a strange line instead of one of its own."""
    name = draw(st.sampled_from(sorted(FILES)))
    lines = FILES[name].decode().split("\n")
    place = draw(st.integers(0, len(lines) - 1))
    lines[place : place + draw(st.integers(0, 1))] = [draw(LINES)]
    return name, "\n".join(lines).encode()


BROKEN = st.sampled_from(sorted(FILES)).flatmap(
    lambda name: corrupted(FILES[name]).map(lambda content: (name, content))
)


@pytest.fixture(scope="module")
def known() -> BundleContext:
    return BundleContext(
        load_reference_data(REFERENCE).governments, ("de", "en", "fr"), SiteWords(REFERENCE)
    )


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Give the harbour bundle anew each time, with another content of one file."""
    folder = tmp_path_factory.mktemp("fuzzed") / "harbour"

    def made(name: str, content: bytes) -> Path:
        shutil.copytree(HARBOUR, folder, dirs_exist_ok=True)
        (folder / name).write_bytes(content)
        return folder

    return made


def load_or_name_faults(folder: Path, known: BundleContext) -> None:
    try:
        campaign = load_bundle(folder, known)
    except ContentError as refused:
        named = [re.match(r"(campaign|en|fr)\.toml: ", fault) for fault in refused.faults]
        assert all(named)
        assert named
    else:
        again = parse_campaign(facts_json(campaign.facts), canonical_json(campaign.revision))
        assert again == campaign


@bounded
@given(file=st.one_of(inserted(), BROKEN))
def test_any_slip_in_a_bundle_is_named_or_changes_what_it_says(
    make: Make, known: BundleContext, file: tuple[str, bytes]
) -> None:
    load_or_name_faults(make(*file), known)


HUGE = {
    "demands": ("campaign.toml", b"[[demands]]\n" * 20_000, "demands: should be from 1 to 20"),
    "brackets": ("en.toml", b"x = " + b"[" * 50_000, "is not valid TOML"),
    "a key of many parts": (
        "en.toml",
        b"x." * 100_000 + b"x = 1",
        "a line with more than 500 dots",
    ),
    "cases of governments that do not exist": (
        "en.toml",
        b"\n".join(b"[governments.X%d]\ncase_%d = 'x'" % (n, n) for n in range(7_000)),
        "governments.X1: is not a known government",
    ),
    "cases": (
        "en.toml",
        b"[governments.AT]\nname = 'x'\n" + b"\n".join(b"case_%d = 'x'" % n for n in range(9_000)),
        "governments: has more than 40 cases",
    ),
    "forms that the site does not have": (
        "en.toml",
        b"[governments.AT]\n" + b"\n".join(b"case_%d = 'x'" % n for n in range(9_000)),
        "governments.AT.case_0: is not a known form of its name",
    ),
    "keys of a voice": (
        "campaign.toml",
        FILES["campaign.toml"].replace(
            b"[source]", b"[voices]\nprose = [%s]\n\n[source]" % b", ".join([b"'x'"] * 9_000)
        ),
        "voices.prose: has more than 50 keys",
    ),
    "a review of a name that no file has": (
        "campaign.toml",
        FILES["campaign.toml"].replace(b"[review]", b"[review]\n%s = 'awaiting'" % (b"x" * 300)),
        "there is no file xxx",
    ),
}


@pytest.mark.parametrize(("name", "content", "said"), HUGE.values(), ids=HUGE)
def test_what_there_is_far_too_much_of_is_named_in_a_few_faults(
    make: Make, known: BundleContext, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(ContentError) as refused:
        load_bundle(make(name, content), known)
    assert any(said in fault for fault in refused.value.faults)
    assert len(refused.value.faults) < 10_000


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return shutil.copytree(REFERENCE, tmp_path / "data", ignore=shutil.ignore_patterns("campaigns"))


@bounded
@given(
    file=st.sampled_from(READ).flatmap(
        lambda name: st.one_of(
            corrupted(TABLES[name]),
            st.tuples(st.integers(0, 30), ANY_TEXT, st.sampled_from([",", ";", "\n", '"'])).map(
                lambda one: (
                    one[2]
                    .join([TABLES[name].decode(), *([one[1]] * one[0])])
                    .encode("utf-8", "surrogatepass")
                )
            ),
        ).map(lambda content: (name, content))
    )
)
def test_any_slip_in_the_reference_data_is_named(reference: Path, file: tuple[str, bytes]) -> None:
    for name in READ:
        (reference / name).write_bytes(TABLES[name])
    (reference / file[0]).write_bytes(file[1])
    try:
        found = load_reference_data(reference)
    except ContentError as refused:
        assert all(".csv: " in one or ".csv and " in one for one in refused.faults)  # noqa: PT017
    else:
        assert {recipient_key(code) for code in found.governments} <= found.recipients.keys()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("memberships.csv", b"1995-01-01", b"yesterday", "memberships.csv: line 2: Invalid isofo"),
        ("governments.csv", b"alpha2", b"code", "line 2: there is no 'alpha2'"),
        ("tiles.csv", b"SE,4,0", b"SE,four,0", "tiles.csv: line 2: invalid literal"),
        (
            "recipient_names.csv",
            b"airs,de,",
            b"airs,,",
            "recipient_names.csv: line 2: a name needs",
        ),
        (
            "recipient_titles.csv",
            b"airs,de,",
            b"airs,,",
            "recipient_titles.csv: line 2: a title needs",
        ),
        (
            "recipient_addresses.csv",
            b"airs,fr,",
            b"airs,,",
            "recipient_addresses.csv: line 2: an address needs",
        ),
        ("recipients.csv", b"AT/foreign", b"AT/for eign", "recipients.csv: line 2: 'AT/for eign"),
        ("complaint_bodies.csv", b"government,", b"state,", "line 2: there is no 'government'"),
    ],
)
def test_a_fault_of_the_reference_data_is_named_with_its_line(
    reference: Path, name: str, old: bytes, new: bytes, said: str
) -> None:
    (reference / name).write_bytes(TABLES[name].replace(old, new, 1))
    with pytest.raises(ContentError, match=re.escape(said)):
        load_reference_data(reference)
