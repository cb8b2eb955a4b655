"""Text pasted from a word processor or a phone is mended, on every form that she fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.supporter import area_value

if TYPE_CHECKING:
    from tests.supporter import Supporter

PASTED = (
    "\u200eMy points:\v\uf0b7\tFirst\u2028\uf0a7\tSecond\x0c"
    "\u202aThird\u202c\ufeff \uf0e8 done\x07."
)
MENDED = "My points:\n• First\n• Second\nThird • done."


def test_a_pasted_paragraph_name_town_and_address_are_mended_and_not_refused(
    supporter: Supporter,
) -> None:
    preview = supporter.post(
        supporter.form(
            government="IE",
            paragraph=PASTED,
            name="\u202aTesta\x0bExample\u202c",
            town="Example\u00adtown\u200b",
            email="\u202atesta@example.org\u202c",
        )
    )
    assert preview.status_code == 200, preview.text
    body = area_value(preview, "body")
    assert f"\n\n{MENDED}\n\n" in body
    assert body.endswith("\n\nTesta Example\nExampletown")
    assert "Which text do you want?" not in preview.text
    assert "testa@example.org" in preview.text


def test_pasted_words_in_an_edited_letter_leave_as_they_were_shown(supporter: Supporter) -> None:
    form = supporter.form_after_preview(government="IE") | {
        "subject": "One\u2028two",
        "body": PASTED,
    }
    shown = supporter.post(form | {"step": "preview"})
    assert area_value(shown, "body") == MENDED
    assert supporter.post(form | {"body": area_value(shown, "body")}).status_code == 303
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    assert letter.message["Subject"] == "One two"
    assert MENDED in letter.text


def test_pasted_words_on_her_private_page_are_mended(supporter: Supporter) -> None:
    private = supporter.sign(government="IE")
    post = supporter.browser.post
    typed = {"name": "Testa\u2029Example", "town": "\u200fTown", "send_letter": "y"}
    saved, letter = f"{private}?saved=1", {"subject": "S\x00", "body": PASTED}
    assert post(f"{private}/correct", data=typed).location == saved
    assert post(f"{private}/letter", data=letter).location == saved
    assert post(f"{private}/report", data={"report": PASTED}).location == private
    text = post(f"{private}/download").get_json()
    assert (text["signature"]["name"], text["signature"]["town"]) == ("Testa Example", "Town")
    assert text["letters"][0]["text"].endswith(f"{MENDED}\n")
