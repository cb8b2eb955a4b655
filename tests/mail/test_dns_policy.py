"""What a domain's records say about mail from it."""

from __future__ import annotations

import pytest

from campaign.mail.dns_policy import (
    DkimSigner,
    Severity,
    check_dkim,
    check_dmarc,
    check_mx,
    check_spf,
)

OK, NOTE, FAULT = Severity


@pytest.mark.parametrize(
    ("records", "level"),
    [
        (["v=spf1 mx -all"], OK),
        (["other=1", "v=spf1 include:_spf.example.org ~all"], OK),
        (["v=spf1 redirect=_spf.example.org"], OK),
        (["v=spf1 mx"], NOTE),
        (["v=spf1 +all"], FAULT),
        (["v=spf1 all"], FAULT),
        (["v=spf1 -all", "v=spf1 mx -all"], FAULT),
        (["v=spf10 -all"], FAULT),
        ([], FAULT),
    ],
)
def test_spf_is_one_record_that_says_what_is_not_ours(records: list[str], level: Severity) -> None:
    assert check_spf("example.org", records).level is level


@pytest.mark.parametrize(
    ("records", "level"),
    [
        (["v=DMARC1; p=reject"], OK),
        (["v=DMARC1;p=quarantine; rua=mailto:x@example.org"], OK),
        (["v=DMARC1; p=none; sp=reject"], NOTE),
        (["v=DMARC1; rua=mailto:x@example.org"], FAULT),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], FAULT),
        ([], FAULT),
    ],
)
def test_dmarc_is_one_record_with_a_policy(records: list[str], level: Severity) -> None:
    assert check_dmarc("example.org", records).level is level


@pytest.mark.parametrize(
    ("records", "level"),
    [(["v=DKIM1; k=rsa; p=MIGf"], OK), (["p=MIGf"], OK), (["v=DKIM1; p="], FAULT), ([], FAULT)],
)
def test_dkim_has_a_key_that_was_not_taken_back(records: list[str], level: Severity) -> None:
    assert check_dkim(DkimSigner("s1", "example.org"), records, "told so").level is level


@pytest.mark.parametrize(
    ("records", "hosts", "level"),
    [
        (["10 mx.example.org."], [], OK),
        (["0 ."], ["192.0.2.1"], FAULT),
        ([], ["192.0.2.1"], NOTE),
        ([], [], FAULT),
    ],
)
def test_answers_come_back_only_to_a_domain_that_takes_mail(
    records: list[str], hosts: list[str], level: Severity
) -> None:
    assert check_mx("example.org", records, hosts).level is level
