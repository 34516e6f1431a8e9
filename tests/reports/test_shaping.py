"""Any text is readable and harmless on paper, and comes back from the PDF as it was."""

import re
import unicodedata
from functools import cache
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFontFile
from reportlab.platypus import Paragraph, SimpleDocTemplate

from reports.pdf import style
from reports.pdf.shaping import BOLD, FALLBACKS, FONTS, LONGEST_TEXT, REGULAR, Typesetter

SCRIPTS = {
    "latin": "Łukasz Święcicki Đặng Việt ½ €",
    "greek-cyrillic": "Ωmega Привет",
    "armenian-georgian-ethiopic": "Հայերեն ქართული አማርኛ",
    "arabic": "محمد علي الشركة",
    "hebrew": "אבי כהן",
    "devanagari": "मुंबई हिन्दी कार्यालय",
    "bengali-gurmukhi-gujarati-oriya": "স্বাগতম ਪੰਜਾਬੀ ગુજરાતી ଓଡ଼ିଆ",
    "tamil-telugu-kannada-malayalam-sinhala": "தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල",
    "thai-lao-khmer-myanmar": "ภาษาไทย ລາວ ភាសាខ្មែរ မြန်မာ",
    "chinese": "中文测试 繁體字",
    "japanese": "田中太郎 さくら カタカナ 株式会社",
    "korean": "김철수 한국",
    "emoji": "😀 👩‍💻 🇩🇪 👍🏽 ✓ →",
    "mixed": "Łukasz田中😀हिन्दी",
}


def printed(text: str, width: float = 480) -> str:
    """What a PDF that has the text says when it is read, without blanks."""
    markup = Typesetter().markup(text, size=style.BODY.fontSize, width=width)
    content = BytesIO()
    SimpleDocTemplate(content, invariant=1).build([Paragraph(markup, style.BODY)])
    pages = PdfReader(BytesIO(content.getvalue())).pages
    return squeezed("".join(page.extract_text() for page in pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_every_script_is_printed_and_can_be_searched(text: str) -> None:
    read = printed(text)
    if unicodedata.bidirectional(text[0]) in ("R", "AL"):
        # Readers give a line of right-to-left words in one order or the other; the words themselves must be whole.
        assert sorted(read) == sorted(squeezed(text))
        assert all(word in read for word in text.split())
    else:
        assert read == squeezed(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x00b\x1b[0m", "a‹U+0000›b‹U+001B›[0m", id="control-characters"),
        pytest.param("a\nb\tc", "a‹U+000A›b‹U+0009›c", id="line-breaks"),
        pytest.param("invoice\u202efdp.exe", "invoice‹U+202E›fdp.exe", id="bidi-override"),
        pytest.param("\u2066x\u2069", "‹U+2066›x‹U+2069›", id="bidi-isolate"),
        pytest.param("ad\u200bmin", "ad‹U+200B›min", id="zero-width-space"),
        pytest.param("ad\u00admin", "ad‹U+00AD›min", id="soft-hyphen"),
        pytest.param("a\u200db", "a‹U+200D›b", id="joiner-where-nothing-joins"),
        pytest.param("\ue000", "‹U+E000›", id="private-use"),
        pytest.param("ᏣᎳᎩ", "‹U+13E3›‹U+13B3›‹U+13A9›", id="a-script-that-no-font-has"),
        pytest.param("e\u0301", "é", id="composed"),
        pytest.param("z" + "\u0336" * 6, "z" + "\u0336" * 4 + "‹U+0336›‹U+0336›", id="too-many-marks"),
        pytest.param("<b>&amp;</b>", "<b>&amp;</b>", id="markup"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    assert printed(text) == squeezed(shown)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("אב (12) גד", "דג(12)בא", id="a-number"),
        pytest.param("אב API (prod)", "API(prod)בא", id="latin-in-brackets-after-latin"),
        pytest.param("אב (prod)", "(prod)בא", id="latin-in-brackets-after-hebrew"),
        pytest.param("of אב (גד) was", "of(דג)באwas", id="hebrew-in-brackets-within-latin"),
        pytest.param("of אב (x) was", "ofבא(x)was", id="latin-in-brackets-within-latin"),
        pytest.param("אב )x( (", "))x(בא", id="brackets-that-are-no-pair"),
    ],
)
def test_right_to_left_lines_are_put_in_the_order_in_which_they_are_seen(text: str, seen: str) -> None:
    markup = Typesetter().markup(text)
    assert re.sub(r"<[^>]*>|\s", "", markup) == seen


def test_blanks_are_kept_as_typed() -> None:
    assert Typesetter().markup("a  b ").replace("\u00a0", "_") == "a _b_"


def test_a_text_that_nobody_would_read_is_cut_and_counted() -> None:
    assert printed("x" * (LONGEST_TEXT + 1234)).endswith("x…(1,234morecharacters)")


@cache
def _plain_characters() -> str:
    """What the document's own font has, and has one order and one shape."""
    characters = map(chr, TTFontFile(str(FONTS / f"{REGULAR}.ttf")).charToGlyph)
    return "".join(each for each in characters if unicodedata.category(each)[0] in "LNPS" and each.isprintable())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from(_plain_characters() + " <>&"), max_size=200))
def test_plain_text_comes_back_as_it_was(text: str) -> None:
    assert printed(text) == squeezed(unicodedata.normalize("NFC", text))


def test_any_text_can_be_set_in_any_column() -> None:
    typesetter = Typesetter()

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=300), st.booleans(), st.sampled_from([30.0, 120.0, 480.0]))
    def holds(text: str, bold: bool, width: float) -> None:
        paragraph = Paragraph(typesetter.markup(text, bold=bold, size=8, width=width), style.CELL)
        paragraph.wrap(width, 10_000)
        plain = paragraph.getPlainText(identify=True)
        assert not any(unicodedata.category(each) in ("Cc", "Cf") and each not in "\u200c\u200d" for each in plain)

    holds()


@pytest.mark.parametrize("name", [REGULAR, BOLD, *FALLBACKS])
def test_every_font_is_shipped_with_its_licence(name: str) -> None:
    family = "SourceSans3" if name.startswith("SourceSans3") else "Noto"
    assert (FONTS / f"{name}.ttf").exists()
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / f"OFL-{family}.txt").read_text()


def test_no_font_is_shipped_for_nothing() -> None:
    assert {path.stem for path in FONTS.glob("*.ttf")} == {REGULAR, BOLD, *FALLBACKS}
