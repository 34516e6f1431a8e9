"""Text from an org, in any script, as ReportLab sets it: harmless, read in its own order, never as boxes.

ReportLab's paragraphs know one font a run and no shaping across fonts, so text is cut here into runs of the font
that has its characters; scripts whose letters change with their neighbours are shaped by HarfBuzz, and lines with
right-to-left letters are put in the order in which they are seen.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import uharfbuzz
from bidi.algorithm import get_base_level, get_display  # this one mirrors brackets
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfbase.ttfonts import TTFont

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "SourceSans3-Regular", "SourceSans3-SemiBold"
_INFLECTED_SCRIPTS = (
    "Arabic", "Hebrew", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada",
    "Malayalam", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar",
)  # fmt: skip
SHAPED = (*(f"NotoSans{script}-Regular" for script in _INFLECTED_SCRIPTS), "NotoEmoji-Regular")
"""Fonts whose glyphs depend on their neighbours."""
FALLBACKS = (
    "NotoSans-Regular", "NotoSansArmenian-Regular", "NotoSansGeorgian-Regular", "NotoSansEthiopic-Regular",
    *SHAPED, "NotoSansSC-Regular", "NotoSansKR-Regular", "NotoSansSymbols2-Regular",
)  # fmt: skip
"""Asked in this order for a character that the document's own font does not have."""

LONGEST_TEXT = 900
"""Characters of one text that are printed; an org may store thousands."""
MOST_MARKS = 4
"""Marks that one letter carries; more of them would run into the lines above."""
JOINERS = "\u200c\u200d"
VARIATION_SELECTORS = "\ufe0e\ufe0f"
NO_BREAK_SPACE = "\u00a0"
BRACKETS = {"(": ")", "[": "]", "{": "}"}
MARKS = {"L": "\u200e", "R": "\u200f"}
_FIRST_PRIVATE = 0xF0000
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")


class ScriptFont(TTFont):  # type: ignore[misc]
    """A font whose shaped glyphs, too, can be copied and searched as the text that they stand for."""

    def __init__(self, name: str) -> None:
        super().__init__(name, str(FONTS / f"{name}.ttf"))
        self._private: dict[tuple[int, str], int] = {}
        self._meaning: dict[int, str] = {}

    def has(self, character: str) -> bool:
        """Whether the font has a glyph for it."""
        return ord(character) in self.face.charToGlyph

    def shape(self, text: str, direction: str) -> str:
        """Gives, in the order in which they are seen, characters whose glyphs in this font are the shaped text."""
        font = uharfbuzz.Font(self.hbFace)
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = direction
        uharfbuzz.shape(font, buffer, {"kern": False})
        glyphs = buffer.glyph_infos
        borders = [*sorted({glyph.cluster for glyph in glyphs}), len(text)]
        meanings = {start: text[start:end] for start, end in pairwise(borders)}
        scale = 1000 / self.hbFace.upem
        return "".join(
            self._character(
                glyph.codepoint,
                meanings.pop(glyph.cluster, ""),
                font.get_glyph_h_advance(glyph.codepoint) * scale,
            )
            for glyph in glyphs
        )

    def _character(self, glyph: int, meaning: str, width: float) -> str:
        """The character that stands for a glyph: its own, else one of those that Unicode leaves to private use."""
        if len(meaning) == 1 and self.face.charToGlyph.get(ord(meaning)) == glyph:
            return meaning
        code = self._private.setdefault((glyph, meaning), _FIRST_PRIVATE + len(self._private))
        self._meaning[code] = meaning
        self.face.charToGlyph[code] = glyph
        self.face.charWidths[code] = width
        return chr(code)

    def addObjects(self, doc: PDFDocument) -> None:
        """Writes the font into the document; ReportLab's own map to Unicode ends at U+FFFF."""
        state = self.state[doc]
        super().addObjects(doc)
        for number, subset in enumerate(state.subsets):
            font = doc.idToObject["BasicFonts"].dict[f"{state.internalName}+{number}"]
            map_to_unicode = doc.idToObject[f"toUnicodeCMap:{font.BaseFont}"]
            lines = map_to_unicode.content.split("\n")
            first = lines.index(f"{len(subset)} beginbfchar") + 1
            lines[first : first + len(subset)] = [
                f"<{place:02X}> <{self._meaning.get(code, chr(code)).encode('utf-16-be').hex().upper()}>"
                for place, code in enumerate(subset)
            ]
            map_to_unicode.content = "\n".join(lines)


class Typesetter:
    """Turns text into ReportLab's markup, for one document.

    Its fonts are the document's own, so that equal data gives equal bytes whatever was set before.
    """

    def __init__(self) -> None:
        self._fonts: dict[str, ScriptFont] = {}
        self._font_of: dict[tuple[str, str], ScriptFont | None] = {}
        for name in (REGULAR, BOLD):
            self._font(name)

    def markup(
        self,
        text: str,
        *,
        bold: bool = False,
        size: float = 8,
        width: float | None = None,
        longest: int = LONGEST_TEXT,
    ) -> str:
        """Sets a text, so that whatever it contains is read and nothing of it is obeyed.

        Args:
            text: Data: markup in it is printed as typed, control characters and such as are invisible by their code.
            bold: In the heavier of the document's fonts, for the scripts that it has.
            size: In points.
            width: Of a line, in points: text with right-to-left letters is broken here, since its lines are put in
                the order in which they are seen. None: it is all one line.
            longest: Characters after which it is cut; how many more there are is said.
        """
        if _PLAIN.fullmatch(text) and len(text) <= longest:
            return escape(text)
        shown, left_out = self._visible(text, bold, longest)
        note = f"… ({left_out:,} more characters)" if left_out else ""
        if not as_written(shown):
            return self._set(shown, bold) + note
        base = "LR"[get_base_level(shown)]
        lines = list(self._wrapped(shown, bold, size, width)) if width else [shown]
        seen = (_in_seen_order(line, base).replace(" ", NO_BREAK_SPACE) for line in lines)
        return "<br/>".join(self._set(line, bold, in_seen_order=True) for line in seen) + note

    def _visible(self, text: str, bold: bool, longest: int) -> tuple[str, int]:
        """Names what has no shape of its own, or would change the order or the shape of what is around it.

        Returns:
            As much of the text as is printed, and how many characters are not.
        """
        shown: list[str] = []
        marks = length = 0
        text = unicodedata.normalize("NFC", text)
        for place, each in enumerate(text):
            if length >= longest:
                return "".join(shown), len(text) - place
            kind = unicodedata.category(each)
            marks = marks + 1 if kind in ("Mn", "Me") else 0
            if each == " ":
                # Blanks beside blanks would fall together.
                shown.append(NO_BREAK_SPACE if not shown or shown[-1][-1] in f" {NO_BREAK_SPACE}" else " ")
            elif kind == "Zs":
                shown.append(NO_BREAK_SPACE)
            elif each in VARIATION_SELECTORS or (each in JOINERS and shown and ord(shown[-1][-1]) > 0x2FF):
                shown.append(each if each in JOINERS else "")
            elif kind[0] == "C" or kind in ("Zl", "Zp") or marks > MOST_MARKS or not self._font_for(each, bold):
                shown.append(f"‹U+{ord(each):04X}›")
            else:
                shown.append(each)
            length += len(shown[-1])
            if not shown[-1]:
                shown.pop()
        if shown and shown[-1] == " ":
            shown[-1] = NO_BREAK_SPACE
        return "".join(shown), 0

    def _set(self, text: str, bold: bool, in_seen_order: bool = False) -> str:
        own = BOLD if bold else REGULAR
        pieces = []
        for font, run in self._runs(text, bold):
            if font.fontName in SHAPED:
                # HarfBuzz takes text as it is written, and gives it as it is seen.
                run = (
                    font.shape(run[::-1], "rtl") if in_seen_order and _is_right_to_left(run) else font.shape(run, "ltr")
                )
            piece = escape(run)
            pieces.append(piece if font.fontName == own else f'<font name="{font.fontName}">{piece}</font>')
        return "".join(pieces)

    def _runs(self, text: str, bold: bool) -> Iterator[tuple[ScriptFont, str]]:
        chosen: list[tuple[ScriptFont, str]] = []
        for each in text:
            font = self._font_for(each, bold)
            if chosen and (font is None or unicodedata.category(each)[0] == "M" or each in JOINERS):
                before = chosen[-1][0]
                font = before if each in JOINERS or font is None or before.has(each) else font
            chosen.append((font or self._fonts[REGULAR], each))
        for font, run in groupby(chosen, key=lambda pair: pair[0]):
            yield font, "".join(each for _, each in run)

    def _wrapped(self, text: str, bold: bool, size: float, width: float) -> Iterator[str]:
        line, used = "", 0.0
        for word in re.split(r"(?<= )", text):
            needed = self._width(word, bold, size)
            if line and used + needed > width:
                yield line.rstrip(" ")
                line, used = "", 0.0
            while needed > width and len(word) > 1:
                fitting = max(1, int(len(word) * width / needed) - 1)
                yield word[:fitting]
                word = word[fitting:]
                needed = self._width(word, bold, size)
            line, used = line + word, used + needed
        yield line.rstrip(" ")

    def _width(self, text: str, bold: bool, size: float) -> float:
        return sum(float(font.stringWidth(run, size)) for font, run in self._runs(text, bold))

    def _font_for(self, character: str, bold: bool) -> ScriptFont | None:
        own = BOLD if bold else REGULAR
        key = (own, character)
        if key not in self._font_of:
            names = (own, *FALLBACKS)
            self._font_of[key] = next((font for font in map(self._font, names) if font.has(character)), None)
        return self._font_of[key]

    def _font(self, name: str) -> ScriptFont:
        if name not in self._fonts:
            self._fonts[name] = font = ScriptFont(name)
            # ReportLab keeps the font that it met first under a name: the one of a document before this.
            font.unregister()
            pdfmetrics.registerFont(font)
        return self._fonts[name]


def _in_seen_order(line: str, base: str) -> str:
    """The line's characters from left to right.

    The library knows no pairs of brackets (Unicode's rule N0): each has marks beside it that give it its direction.
    """
    directions = _directions_of_brackets(line, base)
    marked = "".join(
        f"{MARKS[directions[place]]}{each}{MARKS[directions[place]]}" if place in directions else each
        for place, each in enumerate(line)
    )
    return str(get_display(marked, base_dir=base)).translate(dict.fromkeys(map(ord, MARKS.values())))


def _directions_of_brackets(line: str, base: str) -> dict[int, str]:
    """By place, `L` or `R` for each bracket of a pair that has letters or digits within; a line has few of them."""
    strong: list[str] = []
    last = base
    for each in line:
        kind = unicodedata.bidirectional(each)
        direction = {"L": "L", "R": "R", "AL": "R", "AN": "R", "EN": last}.get(kind, "")
        last = direction if kind in ("L", "R", "AL") else last
        strong.append(direction)
    opened: list[int] = []
    pairs = []
    for place, each in enumerate(line):
        if each in BRACKETS:
            opened.append(place)
        elif each in BRACKETS.values():
            fitting = [at for at in opened if BRACKETS[line[at]] == each]
            if fitting:
                pairs.append((fitting[-1], place))
                opened = opened[: opened.index(fitting[-1])]
    found: dict[int, str] = {}
    for start, end in sorted(pairs):
        within = set(strong[start:end]) - {""}
        if within:
            before = next(filter(None, reversed(strong[:start])), base)
            direction = base if base in within else before
            for place in (start, end):
                found[place] = strong[place] = direction
    return found


def as_written(text: str) -> str:
    """The text in its own order, without what nobody sees; empty where it is drawn in that order anyhow."""
    if text.isascii() or not any(unicodedata.bidirectional(each) in ("R", "AL") for each in text):
        return ""
    return "".join(each for each in text if unicodedata.category(each)[0] != "C")[:LONGEST_TEXT]


def _is_right_to_left(run: str) -> bool:
    return any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in run)
