"""The document as a screen reader has it: whatever is drawn is in its tree, in order, or is said to be decoration."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from pypdf.generic import ContentStream, DictionaryObject

from tests.reports.conftest import Document, squeezed
from tests.reports.test_document import a_week
from tests.review.warehouses import SNAPSHOT_AT, finding

DocumentOf = Callable[..., Document]
PAINTS = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"Do", b"sh"}


def _kids(element: DictionaryObject) -> list[Any]:
    kids = element["/K"]
    return [each.get_object() for each in (kids if isinstance(kids, list) else [kids])]


class Tree:
    """A document's tree, and the text of each of its elements."""

    def __init__(self, document: Document) -> None:
        self.root = document.reader.trailer["/Root"]["/StructTreeRoot"]
        self.top = self.root["/K"].get_object()
        self.pages = [each.indirect_reference.idnum for each in document.reader.pages]
        self.texts: dict[tuple[int, int], str] = {}
        for page in document.reader.pages:
            self._read(page)

    def _read(self, page: Any) -> None:
        marks: list[int | None] = []
        number = page.indirect_reference.idnum

        def before(operator: bytes, operands: Any, *_: Any) -> None:
            if operator in (b"BDC", b"BMC"):
                marks.append(operands[1]["/MCID"] if operator == b"BDC" else None)

        def after(operator: bytes, *_: Any) -> None:
            if operator == b"EMC":
                marks.pop()

        def text(said: str, *_: Any) -> None:
            if marks and marks[-1] is not None:
                key = number, marks[-1]
                self.texts[key] = self.texts.get(key, "") + said

        page.extract_text(visitor_operand_before=before, visitor_operand_after=after, visitor_text=text)

    def walk(self, element: DictionaryObject | None = None) -> Iterator[DictionaryObject]:
        element = element or self.top
        yield element
        for kid in _kids(element):
            if isinstance(kid, DictionaryObject) and "/S" in kid:
                yield from self.walk(kid)

    def all(self, *kinds: str, within: DictionaryObject | None = None) -> list[DictionaryObject]:
        return [each for each in self.walk(within) if each["/S"] in kinds]

    def text(self, element: DictionaryObject) -> str:
        said = [
            self.texts.get((each["/Pg"].indirect_reference.idnum, kid), "")
            for each in self.walk(element)
            for kid in _kids(each)
            if isinstance(kid, int)
        ]
        return squeezed("".join(said))


def test_a_program_is_told_that_there_is_a_tree(document_of: DocumentOf) -> None:
    catalog = document_of(a_week(), snapshots=2).reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert catalog["/StructTreeRoot"]["/K"]["/S"] == "/Document"


def test_whatever_is_drawn_is_content_of_the_tree_or_decoration(document_of: DocumentOf) -> None:
    reader = document_of(a_week(), snapshots=2).reader
    for page in reader.pages:
        depth = 0
        for _, operator in ContentStream(page.get_contents(), reader).operations:
            depth += (operator in (b"BDC", b"BMC")) - (operator == b"EMC")
            assert depth > 0 or operator not in PAINTS, operator
        assert depth == 0


def test_each_piece_of_content_is_in_the_tree_once_and_its_page_leads_to_it(document_of: DocumentOf) -> None:
    document = document_of([finding("inactive_user", n) for n in range(70)], snapshots=2)
    tree = Tree(document)
    numbers = tree.root["/ParentTree"]["/Nums"]
    by_number = dict(zip(numbers[::2], (each.get_object() for each in numbers[1::2]), strict=True))
    owners = {
        (each["/Pg"].indirect_reference.idnum, kid): each
        for each in tree.walk()
        for kid in _kids(each)
        if isinstance(kid, int)
    }
    assert len(owners) == sum(isinstance(kid, int) for each in tree.walk() for kid in _kids(each))
    for page in document.reader.pages:
        of_page = by_number[page["/StructParents"]]
        marks = [
            operands[1]["/MCID"]
            for operands, operator in ContentStream(page.get_contents(), document.reader).operations
            if operator == b"BDC"
        ]
        assert marks == list(range(len(of_page)))
        for mark, owner in enumerate(of_page):
            assert owner.get_object() == owners[page.indirect_reference.idnum, mark]
    for each in tree.walk():
        for kid in _kids(each):
            assert not (isinstance(kid, DictionaryObject) and "/S" in kid) or kid["/P"].get_object() == each


def test_headings_are_those_of_the_outline(document_of: DocumentOf) -> None:
    document = document_of(a_week(), snapshots=2)
    tree = Tree(document)

    def levels(outline: list[Any], level: int) -> Iterator[tuple[str, str]]:
        for each in outline:
            if isinstance(each, list):
                yield from levels(each, level + 1)
            else:
                yield f"/H{level}", squeezed(each.title)

    headings = [(each["/S"], tree.text(each)) for each in tree.all("/H1", "/H2", "/H3")]
    assert headings == [("/H1", "AcmeGmbH&Co.KG"), *levels(document.reader.outline, 2)]


def test_a_table_is_one_however_many_pages_it_takes_and_its_heads_are_read_once(document_of: DocumentOf) -> None:
    document = document_of([finding("inactive_user", n, subject_name=f"Person <{n:03}>") for n in range(70)])
    tree = Tree(document)
    assert sum("SeverityWho" in page for page in document.pages) > 3
    (table,) = [
        each
        for each in tree.all("/Table")
        if "Person<000>" in tree.text(each) and "Who" in tree.text(each) and "Whoacts" not in tree.text(each)
    ]
    heads, *rows = tree.all("/TR", within=table)
    assert [tree.text(each) for each in tree.all("/TH", within=heads)] == ["Severity", "Who", "Whatwasfound", "Since"]
    assert {each["/A"]["/Scope"] for each in tree.all("/TH", within=table)} == {"/Column"}
    cells = [tree.all("/TD", within=row) for row in rows]
    assert {len(each) for each in cells} == {4}
    told = [tree.text(each[1])[:11] for each in cells]
    assert sorted(told) == [f"Person<{n:03}>" for n in range(70)]
    assert told == re.findall(r"Person<\d+>", "".join(document.pages[2:]))[:70], "in the order of the pages"


def test_a_band_says_how_many_columns_it_spans(document_of: DocumentOf) -> None:
    tree = Tree(document_of(a_week(), snapshots=2))
    (band,) = [each for each in tree.all("/TD") if tree.text(each).startswith("DataLoader9tokensof9users")]
    assert band["/A"]["/ColSpan"] == 4


def test_a_link_is_told_with_its_text(document_of: DocumentOf) -> None:
    document = document_of(a_week(), snapshots=2)
    tree = Tree(document)
    numbers = tree.root["/ParentTree"]["/Nums"]
    by_number = dict(zip(numbers[::2], (each.get_object() for each in numbers[1::2]), strict=True))
    annotations = [each.get_object() for page in document.reader.pages for each in page.get("/Annots", [])]
    links = {tree.text(by_number[each["/StructParent"]]) for each in annotations}
    assert {"ForSecurity", "ForIT", "ForRevOps"} <= links
    assert all(by_number[each["/StructParent"]]["/S"] == "/Link" for each in annotations)
    assert len(tree.all("/TOCI")) == len(tree.all("/H2", "/H3")) - 1, "all but the contents' own heading"


def test_a_chart_says_its_numbers(document_of: DocumentOf) -> None:
    figures = Tree(document_of(a_week(), snapshots=2)).all("/Figure")
    assert len(figures) == 2
    for each in figures:
        assert each["/Alt"].startswith("Findings that needed action. 16 Nov 2026: ")
        assert each["/Alt"].endswith("23 Nov 2026: 1 critical, 1 high, 9 medium, 3 low.")


def test_a_name_that_is_drawn_from_right_to_left_is_told_as_it_is_written(document_of: DocumentOf) -> None:
    name = "محمد بن سلمان"
    tree = Tree(document_of([finding("inactive_user", 1, subject_name=name, username="m@acme.example")]))
    told = [each["/ActualText"] for each in tree.walk() if "/ActualText" in each]
    assert name in told
    assert {each for each in told if name not in each} == set()


def test_no_text_from_right_to_left_is_told_as_it_is_drawn(document_of: DocumentOf) -> None:
    app = "סנכרון לקוחות"
    warnings = [
        {"kind": "waiver", "subject": f"{n}", "warning": f"number {n} {app * 20}", "snapshot_at": SNAPSHOT_AT}
        for n in range(60)
    ]
    document = document_of(
        [finding("stale_oauth_token", n, app_name=app) for n in range(5)],
        coverage={"inactive_user": ("partial", app, app)},
        policy_warnings=warnings,
    )
    tree = Tree(document)
    drawn = [
        tree.texts.get((each["/Pg"].indirect_reference.idnum, kid), "")
        for each in tree.walk()
        for kid in _kids(each)
        if isinstance(kid, int) and "/ActualText" not in each
    ]
    assert [text for text in drawn if any(unicodedata.bidirectional(letter) == "R" for letter in text)] == []
    told = [each["/ActualText"] for each in tree.walk() if "/ActualText" in each]
    assert f"{app} 5 tokens of 5 users, first seen 9 Nov 2026" in [" ".join(each.split()) for each in told]
    assert sum("number" in each for each in told) == len(warnings)
