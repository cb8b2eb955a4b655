"""What a name and a town may be: people of every language, and no way to reach somebody."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from campaign.errors import InvalidText
from campaign.language.names import clean_name, clean_town

# Made up. Every language of the European Union, and how people write titles and initials.
NAMES = """
J.R. Weiß
Dr.No
J.R.R. Beispiel
Dr. Testa Example-Beispiel
Dr.Testová
A.Beispiel
A. B. Beispiel
A.B.Beispiel
Prof.Dr.Beispiel
Univ.-Prof. Dipl.-Ing. Testa Beispiel
Dipl.-Ing.Beispiel
Hans-J.Beispiel
Karl-Heinz v.d.Beispiel
Testa Example M.Sc.
Testa Example, Ph.D.
M.O'Example
Testa Example Jr.
St.John Example
Иван Примеров
инж.Примеров
И.Примеров
Д-р Проба Примерова
MUDr. Zkouška Příkladová, CSc.
PhDr.Příklad
Mgr.art. Skúška Príkladová
Ing.arch. Skúška Príklad
Prøve Eksempelsen
Näidis Näidissoo
Ö. Esimerkki
E.-L. Esimerkki
Jean-P. Exemple
M.Exemple
Mme.Exemple
N. d’Exemple
J.d'Exemple
Γ.Παραδειγματάκης
Δρ.Δοκιμή Παράδειγμα
Ó Sampla
Tástáil Nic Shampla
Probni-Primjer Đ. Žagar
ifj.Példa Próba
Dr.Példáné Próba
özv. Példa Gy.Próba
Dott.ssa Prova Esempio
Sig.Esempio
Pavyzdys V.Bandytojas
Mēģ. Paraugs
Prova Eżempju
P.van den Voorbeeld
J. de Voorbeeld
J.de Voorbeeld
J.R.du Voorbeeld
St.Info Example
Á.da Exemplo
mr.dr. P. Voorbeeld
ks. Próba Przykładowska
dr hab. Próba Przykład
dr.hab. Próba Przykład
D.ª Prova Exemplo
Sta. Prova d'Exemplo
Ş. Încercare-Exemplu
dr.Primer Poskus
D.ª Prueba Ejemplo
Sr.Ejemplo
Förnamn S:t Exempel
Test Exempelson, f. Prövning
Gal·la Exemple
李
張.李
ジョン・レイ
Mary-Jane O’Sample-Ó Sampla
Testa Example III.
Testa Example 2nd
Testa…
Maria dos Exemplos (Mimi)
Weiß,Testa
""".strip().splitlines()

TOWNS = """
St.Gallen
St. Pölten
Frankfurt a.M.
Halle a.d.Saale
Rothenburg o.d.T.
S.Pietro in Esempio
Sv.Ivan
Ústí n.L.
K.Vary
Biel/Bienne
1000 Brussel
10115 Berlin
110 00 Praha 1
1000-001 Lisboa
SW1A 1AA London
LV-1010 Rīga
LT-01103 Vilnius
D02 X285 Dublin
00-001 Warszawa
Wien 2.Bezirk
S:t Olof
Αθήνα 104 31
's-Hertogenbosch
""".strip().splitlines()

LINKS = [
    *(
        "t.me",
        "T.ME",
        "T.Me",
        "x.com",
        "X.COM",
        "X.Com",
        "EVIL.IO",
        "Evil.Io",
        "evil.com",
        "a.b.c.de",
    ),
    *("evil\u2024com", "evil\u3002com", "evil\uff0ecom", "evil\uff61com", "evil\ufe52com"),
    *("ｅｖｉｌ．ｃｏｍ", "ｔ．ｍｅ", "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "evil\ua4f8com", "evil\u0701com"),
    *("ev\u200dil.com", "evil\u200d.\u200dcom", "evil.\u200ccom", "evil\u0323.com", "t\u034f.me"),
    *(
        "пример.рф",
        "Пример.Рф",
        "ПРИМЕР.РФ",
        "παράδειγμα.ελ",
        "例え.テスト",
        "例え。テスト",
        "مثال.إختبار",
    ),
    *(
        "evil . com",
        "evil .com",
        "evil. com",
        "evil \u2024 com",
        "Testa .Example",
        "evil[.]com",
        "evil{.}com",
        "evil(.)com",
    ),
    *(
        "t.me/x",
        "T.Me/joinchat",
        "bit.ly/abc",
        "Dr.No t.me/x",
        "Testa (evil.shop)",
        "Testa,evil.shop",
    ),
    *(
        "www",
        "www.example.org",
        "WWW example org",
        "ｗｗｗ evil",
        "see https://example.org",
        "HTTPS:example",
    ),
    *(
        "//evil",
        "\\\\evil",
        "mailto:testa",
        "tel:112",
        "javascript:alert",
        "skype:testa",
        "hxxp://evil",
    ),
    *("@handle", "＠handle", "Testa @ example", "testa@example", "testa﹫example"),
    *(
        "1.1.1.1",
        "10.0.0.1",
        "evil.xn--p1ai",
        "xn--e1afmkfd.xn--p1ai",
        "a.de",
        "J.LI",
        "ST.INFO",
        "st.info",
        "А.рф",
    ),
    *(
        "Anna.Shop",
        "evil-x.com",
        "my_evil.biz",
        "evil.com.",
        "evil.com!",
        "“evil.com”",
        "💩.la",
        "evil.💩",
    ),
]

NUMBERS = [
    *("Call 0900 123456 now", "+43 1 234", "Testa 5551234", "5 5 5 1 2 3 4 Testa", "Testa 5-5-5-1"),
    *(
        "Testa ٠٩٠٠١٢٣",
        "Testa ०९००१२३",
        "Testa ０９００１２３",
        "Testa ⓪⑨⓪⓪",
        "Testa 𝟎𝟗𝟎𝟎",
        "Testa ❶❷❸❹",
    ),
    *(
        "Testa 1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e3",
        "Testa 0.9.0.0",
        "Testa 09\u200d00",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_language_is_kept_as_typed(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("town", TOWNS)
def test_a_town_is_kept_as_typed_with_its_postcode(town: str) -> None:
    assert clean_town(town) == town


@pytest.mark.parametrize("text", LINKS + NUMBERS)
def test_no_name_leads_anywhere(text: str) -> None:
    for named in (text, f"Testa {text}", f"{text} Example"):
        with pytest.raises(InvalidText) as refused:
            clean_name(named)
        assert refused.value.reason in {"link-in-name", "no-letter"}


@pytest.mark.parametrize(
    "text", [*LINKS, "Call 0900 123456 now", "+43 1 234 56 78", "Wien ٠٩٠٠١٢٣٤"]
)
def test_no_town_leads_anywhere(text: str) -> None:
    with pytest.raises(InvalidText) as refused:
        clean_town(f"Testtown {text}")
    assert refused.value.reason == "link-in-name"


@pytest.mark.parametrize("text", ["J.de", "Testa J.de", "J.de now", "j.de Vries", "á.de Vries"])
def test_a_small_word_after_an_initial_needs_a_surname_after_it(text: str) -> None:
    with pytest.raises(InvalidText):
        clean_name(text)


def test_a_dot_with_a_space_after_it_is_a_way_out_for_every_name() -> None:
    for refused, kept in (
        ("J.Li", "J. Li"),
        ("Anna.Weber", "Anna. Weber"),
        ("j.müller", "j. müller"),
    ):
        with pytest.raises(InvalidText):
            clean_name(refused)
        assert clean_name(kept) == kept


@pytest.mark.parametrize("text", ["1000", "…", "1000 1000"])
def test_what_has_no_letter_is_no_town_and_no_name_each_in_its_own_words(text: str) -> None:
    for clean, reason in ((clean_name, "no-letter"), (clean_town, "no-letter-in-town")):
        with pytest.raises(InvalidText) as refused:
            clean(text)
        assert refused.value.reason == reason


@pytest.mark.parametrize("piece", ["a", "a.", ".", "a:", "A.B", "a-", "1", "a. ", "\u0301", "www."])
def test_a_text_that_is_ten_times_as_long_takes_no_hundred_times_as_long(piece: str) -> None:
    def seconds(times: int) -> float:
        text, taken = "Testa " + piece * times, []
        for _ in range(5):
            started = time.process_time()
            with suppress(InvalidText):
                clean_name(text)
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(20_000) < 60 * max(seconds(2_000), 0.0001)
