"""What DNS, proxies and recipients' addresses say is judged, whatever it is."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from hypothesis import example, given, strategies as st

from campaign.letters.rules.mail_client_links import own_mail_links
from campaign.mail.dns_policy import (
    DkimSigner,
    Severity,
    check_dkim,
    check_dmarc,
    check_mx,
    check_spf,
)
from campaign.web.rate_limits import network_of
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_TEXT, WHOLE_TEXT, superlinear_units

if TYPE_CHECKING:
    from campaign.mail.dns_policy import Finding

RECORDS = st.lists(
    st.one_of(
        ANY_TEXT,
        ANY_TEXT.map("v=spf1 {}".format),
        ANY_TEXT.map("v=DMARC1; p={}".format),
        ANY_TEXT.map("v=DKIM1; p={}".format),
        st.sampled_from(["v=spf1 -all", "v=spf1 +all", "v=DMARC1;p=none", "p=", "0 .", "10 mx"]),
    ),
    max_size=3,
)


def judged(records: list[str]) -> list[Finding]:
    return [
        check_spf("example.org", records),
        check_dkim(DkimSigner("letters", "example.org"), records, "told so"),
        check_dmarc("example.org", records),
        check_mx("example.org", records, []),
    ]


@bounded
@given(records=RECORDS)
def test_any_records_are_judged(records: list[str]) -> None:
    assert all(finding.level in set(Severity) and finding.message for finding in judged(records))


@bounded
@given(record=ANY_TEXT)
def test_a_record_that_lets_everybody_send_is_a_fault_whatever_else_it_says(record: str) -> None:
    if not any(one in record.split() for one in ("-all", "~all", "?all")):
        assert check_spf("example.org", [f"v=spf1 {record} +all"]).level is Severity.ERROR


@bounded
@given(address=st.one_of(ANY_TEXT, st.ip_addresses().map(str), st.ip_addresses(v=6).map(str)))
@example(address="::ffff:192.0.2.7")
@example(address="fe80::1%eth0")
def test_any_address_is_in_a_network_or_in_the_one_of_unknown_ones(address: str) -> None:
    network = network_of(address)
    assert network == "unknown" or ip_network(network).prefixlen in {32, 48}
    assert network.isascii()


@bounded
@given(subject=WHOLE_TEXT, text=st.one_of(WHOLE_TEXT, st.integers(200, 5_000).map("ж".__mul__)))
def test_a_link_into_a_mail_program_says_exactly_what_was_written(subject: str, text: str) -> None:
    for link in own_mail_links("desk+a@ministry.example", subject, text):
        assert link.url.isascii()
        assert link.url.isprintable()
        said = parse_qs(urlsplit(link.url).query, keep_blank_values=True, strict_parsing=True)
        assert [subject] in said.values()
        assert len(link.url) <= link.client.limit or not link.is_complete
        assert said.get("body", [""]) == [
            text.strip().replace("\n", "\r\n") if link.is_complete else ""
        ]


def test_no_record_is_looked_at_again_and_again() -> None:
    assert superlinear_units(lambda text: judged([f"v=spf1 {text}", f"v=DMARC1;{text}"])) == []
    assert superlinear_units(network_of) == []
