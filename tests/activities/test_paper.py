import hashlib
import json
from io import BytesIO
from typing import get_args

import pytest
from pydantic import ValidationError
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject

from activities import paper
from activities.contract import Place, Signature
from activities.paper import agreement_pdf, certificate_pdf, consent_text, signature_mark
from onboarding.case import Language
from tests.papers import DIGEST, NOON, a_record, an_agreement, text_of

LANGUAGES = get_args(Language)
TITLES = {"en": "Client Services Agreement", "es": "Contrato de servicios", "ms": "Perjanjian Perkhidmatan Pelanggan"}
NAMES = [
    "Søren Ångström-Łukasiewicz",
    "Пётр Ильич Чайковский",
    "Αλέξης Ζορμπάς",
    "محمد بن سلمان",
    "שלמה כהן",
    "王小明",
    "髙橋ひろし",
    "김철수",
    "अमित शर्मा",
    "สมชาย ใจดี",
    "Nguyễn Thị Ánh",
    "გიორგი",
    "Արամ",
    "Ọláṣẹ́gun",
    "தமிழ்",
    "O",
]


def test_the_same_words_give_the_same_bytes() -> None:
    first, second = agreement_pdf(an_agreement(), "en"), agreement_pdf(an_agreement(), "en")

    assert first.pdf == second.pdf
    assert first.sha256 == hashlib.sha256(first.pdf).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_agreement_speaks_the_language_of_the_client(language: Language) -> None:
    printed = agreement_pdf(an_agreement(), language)

    assert TITLES[language] in text_of(printed.pdf)
    assert str(PdfReader(BytesIO(printed.pdf)).root_object["/Lang"]) == language


@pytest.mark.parametrize("part", ["agreement", "certificate", "mark"])
def test_every_language_has_every_word(part: str) -> None:
    shapes = {language: _shape(paper._words(part, language)) for language in LANGUAGES}

    assert shapes["es"] == shapes["en"]
    assert shapes["ms"] == shapes["en"]


def test_an_agreement_is_tagged_pdf_a_with_every_font_embedded() -> None:
    reader = PdfReader(BytesIO(agreement_pdf(an_agreement("王小明"), "en").pdf))

    metadata = _metadata(reader)
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "/StructTreeRoot" in reader.root_object
    assert _fonts_without_a_file(reader) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_shown_in_its_own_letters(name: str) -> None:
    text = text_of(agreement_pdf(an_agreement(name), "en").pdf)

    assert set(name) <= set(text)
    assert "Latin letters" not in text


@pytest.mark.parametrize("name", ["ⴰⵣⵓⵍ ⴼⵍⵍⴰⵡⵏ", "བོད་ཡིག", "Ana ᠮᠣᠩᠭᠣᠯ"])
def test_a_name_for_which_there_is_no_font_is_transliterated_and_the_paper_says_so(name: str) -> None:
    text = text_of(agreement_pdf(an_agreement(name), "en").pdf)

    assert "Latin letters" in text


@pytest.mark.parametrize("name", ["Ana\u202etxet desrever\u202c\u2066 X", "Ana a\u0000b", "Ana a\nb"])
def test_a_name_that_turns_words_around_or_breaks_a_line_stands_on_no_paper(name: str) -> None:
    with pytest.raises(ValidationError):
        an_agreement(name)


@pytest.mark.parametrize("name", ["\ue000\uf8ff", "\U0010ffff", "👩‍💻"])
def test_letters_that_no_paper_may_hold_do_no_harm(name: str) -> None:
    assert agreement_pdf(an_agreement(f"Ana {name}"), "en").pages == 2


def test_markup_in_a_name_stays_text() -> None:
    name = '#panic("x") *bold* $x^2$ \\ `raw` {months} @label <tag> //'

    assert name in text_of(agreement_pdf(an_agreement(name, provider=name), "en").pdf)


@pytest.mark.parametrize("letter", ["W", "王", "Ж", "م", "Wo "])
def test_a_name_of_three_hundred_letters_breaks_nothing(letter: str) -> None:
    name = (letter * 300)[:299] + "."

    printed = agreement_pdf(an_agreement(name), "en")

    assert printed.pages <= 3
    assert text_of(printed.pdf).count(letter.strip()) >= 2 * name.count(letter.strip())  # as party and at the signature


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_boxes_for_signature_and_seal_stand_side_by_side_within_the_last_page(language: Language) -> None:
    printed = agreement_pdf(an_agreement("W" * 300), language)

    assert printed.signature
    assert printed.signature.page == printed.seal.page == printed.pages
    assert printed.signature.bottom == printed.seal.bottom > 60
    assert 60 < printed.signature.left < printed.signature.left + printed.signature.width < printed.seal.left
    assert printed.seal.left + printed.seal.width < 595 - 60


def test_the_consent_that_is_shown_stands_in_the_agreement() -> None:
    agreement = an_agreement()

    consent = consent_text(agreement.provider, "en")

    assert all(paragraph in text_of(agreement_pdf(agreement, "en").pdf) for paragraph in consent.paragraphs)
    assert consent.sha256 == hashlib.sha256("\n\n".join(consent.paragraphs).encode()).hexdigest()


def test_a_paper_names_the_template_it_was_made_from() -> None:
    printed = agreement_pdf(an_agreement(), "en")

    assert printed.template == paper.template("agreement")
    assert f"agreement {printed.template.version} · {printed.template.sha256[:16]}" in text_of(printed.pdf)


def test_amounts_and_dates_follow_the_language() -> None:
    text = text_of(agreement_pdf(an_agreement(), "es").pdf)

    assert "1.250,00 EUR" in text
    assert "2 de marzo de 2026" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_carries_its_record_as_json(language: Language) -> None:
    record = a_record(agreement_pdf(an_agreement(), language), signer="محمد 王")

    reader = PdfReader(BytesIO(certificate_pdf(record, language).pdf))

    attached = json.loads(reader.attachments["events.json"][0])
    assert attached == record.model_dump(mode="json")
    assert b"<pdfaid:part>3</pdfaid:part>" in _metadata(reader)


def test_a_certificate_says_what_was_signed_by_whom_and_what_that_is_worth() -> None:
    record = a_record(agreement_pdf(an_agreement(), "en"))

    text = text_of(certificate_pdf(record, "en").pdf)

    assert record.presented_sha256 in text
    assert DIGEST in text
    assert "Ana Example" in text
    assert "A single-use link sent to the e-mail address above" in text
    assert "Document opened by a deliberate act" in text
    assert "It is not an advanced and not a qualified electronic signature" in text


def test_a_certificate_tells_time_in_the_zone_of_the_client() -> None:
    record = a_record(agreement_pdf(an_agreement(), "en"), timezone="Asia/Kuala_Lumpur")

    text = text_of(certificate_pdf(record, "en").pdf)

    assert "2 March 2026, 20:00:00 UTC+08:00" in text
    assert "Asia/Kuala_Lumpur" in text


def test_a_mark_is_as_large_as_its_box() -> None:
    place = Place(page=1, left=10, bottom=10, width=226, height=84)

    mark = signature_mark(Signature(name="W" * 300, at=NOON, consent="consent_1", place=place), "en")

    pages = PdfReader(BytesIO(mark)).pages
    assert [(page.mediabox.width, page.mediabox.height) for page in pages] == [(226, 84)]


@pytest.mark.parametrize("drawn", [b"GIF89a", b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x7f" * 8 + b"\x00" * 20])
def test_a_drawing_that_is_no_small_png_is_refused(drawn: bytes) -> None:
    place = Place(page=1, left=10, bottom=10, width=226, height=84)

    with pytest.raises(ValidationError):
        Signature(name="Ana", at=NOON, consent="consent_1", place=place, drawn=drawn)


def _metadata(reader: PdfReader) -> bytes:
    stream = reader.root_object["/Metadata"].get_object()
    assert isinstance(stream, StreamObject)
    return stream.get_data()


def _shape(words: object) -> object:
    if isinstance(words, dict):
        return {key: _shape(value) for key, value in words.items()}
    return [_shape(value) for value in words] if isinstance(words, list) else None


def _fonts_without_a_file(reader: PdfReader) -> list[str]:
    names = []
    for page in reader.pages:
        for font in _dictionary(_dictionary(page["/Resources"])["/Font"]).values():
            inner = _dictionary(font)["/DescendantFonts"]
            assert isinstance(inner, ArrayObject)
            described = _dictionary(_dictionary(inner[0])["/FontDescriptor"])
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(described):
                names.append(str(described["/FontName"]))
    return names


def _dictionary(value: object) -> DictionaryObject:
    found = value.get_object() if isinstance(value, PdfObject) else value
    assert isinstance(found, DictionaryObject)
    return found
