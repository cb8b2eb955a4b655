"""From whom letters come: readable for officials, traceable for us."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from campaign.errors import TokenError
from campaign.letters.sealing import unseal_message
from campaign.mail.addresses import sender_address
from campaign.store.tokens import Tokens
from tests.helpers.outgoing import only_letter_message

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.supporter import Supporter

OLD, NEW, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))
OTHERWISE = "letters@example.org"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Testa Example", "testa.example@example.org"),
        ("Τέστα Παράδειγμα", "testa.paradeigma@example.org"),
        ("Łucja O’Przykład-Żółć", "lucja.oprzyklad.zolc@example.org"),
        ("Тест Пример", "test.primer@example.org"),
        ("Ġanni Ħobż", "ganni.hobz@example.org"),
        ("Testa", OTHERWISE),
        ("A " + "x" * 80, f"a.{'x' * 38}@example.org"),
        ("Postmaster", OTHERWISE),
        ("Post Master", OTHERWISE),
        ("No-Reply", OTHERWISE),
        ("Let Ters", OTHERWISE),
        ("?!", OTHERWISE),
        ("", OTHERWISE),
    ],
)
def test_a_senders_address_can_be_read(name: str, address: str) -> None:
    assert sender_address(name, "en", "example.org", OTHERWISE) == address


@pytest.mark.parametrize(
    ("language", "name", "local"),
    [
        # ELOT 743, type 2, with its examples' pairs of letters.
        ("el", "Γιώργος Παπαδόπουλος", "giorgos.papadopoulos"),
        ("el", "ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "giorgos.papadopoulos"),
        ("en", "Γιώργος Παπαδόπουλος", "giorgos.papadopoulos"),
        ("el", "Παύλος Σταυρίδης", "pavlos.stavridis"),
        ("el", "Ευθύμιος Ναυσικάς", "efthymios.nafsikas"),
        ("el", "Ελευθερία Ευαγγέλου", "eleftheria.evangelou"),
        ("el", "Εύα Ζηυγά", "eva.zivga"),
        ("el", "Μπάμπης Χατζημπίλης", "bampis.chatzimpilis"),
        ("el", "Σφίγξ Άγχου", "sfinx.anchou"),
        ("el", "Αγκάθα Ντόντη", "agkatha.ntonti"),
        ("el", "Αϋφαντής Μάυρος", "ayfantis.mayros"),
        ("el", "Τσαΐρης Ψυχάρης", "tsairis.psycharis"),
        ("el", "Θεοφίλου Υακίνθη", "theofilou.yakinthi"),
        # Bulgaria's Transliteration Act of 2009.
        ("bg", "Щерю Ъглов", "shteryu.aglov"),
        ("bg", "Мария Христова", "maria.hristova"),
        ("bg", "Юлия Жечева-Цанкова", "yulia.zhecheva.tsankova"),
        ("bg", "Гьорги Йовчев", "gyorgi.yovchev"),
        ("en", "Юлия Щукина", "yuliya.shchukina"),
        # Where umlauts are written with an e, and where they are not.
        ("de", "Jürgen Größ", "juergen.groess"),
        ("de", "ÄNNE ÖZ", "aenne.oez"),
        ("sv", "Jürgen Ödman", "jurgen.odman"),
        ("fi", "Päivi Mäkelä", "paivi.makela"),
        ("hu", "Győző Ürge", "gyozo.urge"),
        ("et", "Õnne Jõgi", "onne.jogi"),
        ("da", "Søren Åkjær", "soeren.aakjaer"),
        ("sv", "Åsa Öberg", "asa.oberg"),
        ("nl", "Zoë IJsbrand", "zoe.ijsbrand"),
        # The others drop their marks.
        ("cs", "Božena Dvořáková", "bozena.dvorakova"),
        ("es", "Íñigo Núñez", "inigo.nunez"),
        ("fr", "Cœlia Façade", "coelia.facade"),
        ("ga", "Séamus Ó Briain", "seamus.o.briain"),
        ("hr", "Đurđa Šarić", "durda.saric"),
        ("it", "Niccolò D’Amò", "niccolo.damo"),
        ("lt", "Živilė Žąsytė", "zivile.zasyte"),
        ("lv", "Ķirsons Ģirts", "kirsons.girts"),
        ("mt", "Ġorġ Ħaż-Żebbuġ", "gorg.haz.zebbug"),
        ("pl", "Łucja Żółć", "lucja.zolc"),
        ("pt", "João Conceição", "joao.conceicao"),
        ("ro", "Ștefan Țâră", "stefan.tara"),
        ("sk", "Ľubomír Ďuriš", "lubomir.duris"),
        ("sl", "Žiga Čuk", "ziga.cuk"),
    ],
)
def test_a_name_is_spelt_as_its_language_spells_it_in_latin_letters(
    language: str, name: str, local: str
) -> None:
    for spelling in (name, unicodedata.normalize("NFD", name)):
        assert sender_address(spelling, language, "example.org", OTHERWISE) == (
            f"{local}@example.org"
        )


def test_a_letter_comes_from_the_address_that_the_preview_showed(supporter: Supporter) -> None:
    supporter.lang = "de"
    form = supporter.form_after_preview(name="Jürgen Größ", government="FR")
    assert "&lt;juergen.groess@example.org&gt;" in supporter.post(form | {"step": "preview"}).text
    supporter.post(form)
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["From"].addresses[0].addr_spec == "juergen.groess@example.org"


@given(st.text())
def test_any_name_gives_an_address_that_needs_no_quotes(name: str) -> None:
    local = sender_address(name, "en", "example.org", OTHERWISE).partition("@")[0]
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", local)
    assert len(local) <= 40


@given(st.uuids())
def test_a_return_path_leads_back_in_any_case_and_with_older_keys(message_id: UUID) -> None:
    made = Tokens([OLD]).return_path(message_id)
    assert len(made) <= 64
    for local in (made, made.upper()):
        assert Tokens([NEW, OLD]).read_return_path(local) == message_id


def test_a_return_path_that_is_not_ours_is_refused() -> None:
    ours = Tokens([NEW])
    made = ours.return_path(uuid4())
    foreign = Tokens([FOREIGN]).return_path(uuid4())
    changed = (made[:-1], f"{made}a", made.replace("bounce", "x"), made[:10] + "a" + made[11:])
    for local in (foreign, *changed, "", "bounce-", "bounce-abc-def", "testa.example"):
        if local == made:
            continue
        with pytest.raises(TokenError):
            ours.read_return_path(local)


def test_reports_about_mails_and_letters_come_back_to_addresses_of_their_own(
    supporter: Supporter, container: Container
) -> None:
    supporter.sign()
    supporter.deliver()
    mail, letter = supporter.transport.sent
    for envelope in (mail, letter):
        local, _, domain = envelope.sender.partition("@")
        assert domain == "example.org"
        assert str(container.tokens.read_return_path(local)) in envelope.name


def test_the_bytes_of_a_letter_are_kept_as_they_were_handed_over(
    supporter: Supporter, container: Container
) -> None:
    private = supporter.sign()
    supporter.deliver()
    row = only_letter_message(container)
    assert row.message is not None
    handed_over = unseal_message(container.keyring, row.id, row.message)
    assert handed_over == supporter.transport.sent[-1].message
    assert b"Testa" not in row.message
    assert (
        "Message-ID"
        in supporter.browser.post(f"{private}/download").get_json()["letters"][0]["message"]
    )
    supporter.browser.post(f"{private}/delete")
    assert only_letter_message(container).message is None


def test_the_preview_shows_the_address_that_the_letter_comes_from(supporter: Supporter) -> None:
    page = supporter.post(supporter.form(name="Τέστα Example", government="GR")).text
    assert "&lt;testa.example@example.org&gt;" in page
