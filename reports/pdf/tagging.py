"""What a screen reader reads: a tree of headings, paragraphs, tables and figures beside the pages (a tagged PDF).

ReportLab knows no tags. Pieces say what they are while they are drawn, in the order in which they are read; whatever is
drawn for the eye alone, such as lines, grounds and each page's head and foot, is marked as that. Names and numbers are
those of ISO 32000-1, section 14.8.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reportlab.pdfbase.pdfdoc import (
    Annotation,
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObjectReference,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table


class Element:
    """A node of the tree.

    Attributes:
        kind: Its standard type, e.g. `P` or `TH`.
        parent: What it is inside of; None for the document itself.
        alternative: What is said in its place, for what is no text.
        written: Its text as it is written, where it is drawn in another order.
        table: What a cell of a table has to say of itself, by the attribute's name.
        inside: Its elements, and with their pages the numbers of its content and its links, as they are read.
    """

    def __init__(
        self,
        kind: str,
        parent: "Element | None",
        alternative: str = "",
        written: str = "",
        table: Mapping[str, object] | None = None,
    ) -> None:
        self.kind, self.parent, self.alternative, self.written = kind, parent, alternative, written
        self.table = table or {}
        self.inside: list[Element | tuple[int, int | Annotation]] = []
        if parent:
            parent.inside.append(self)


class Structure:
    """The tree of one document, which grows while its pages are drawn."""

    def __init__(self) -> None:
        self._open = [Element("Document", None)]
        self._is_marking = False
        self._of_pages: dict[int, list[Element]] = {}
        self._links: list[tuple[Annotation, Element]] = []

    def open(self, kind: str, table: Mapping[str, object] | None = None) -> Element:
        """Begins an element that has others inside it; of a table's cell with what it says of itself."""
        self._open.append(Element(kind, self._open[-1], table=table))
        return self._open[-1]

    def reopen(self, element: Element) -> None:
        """Goes on with an element that was closed: a table, on its next page."""
        self._open.append(element)

    def close(self) -> None:
        """Ends the element that was opened last."""
        self._open.pop()

    @contextmanager
    def content(self, canvas: Canvas, kind: str, alternative: str = "", written: str = "") -> Iterator[None]:
        """Says what is drawn in the block.

        Args:
            canvas: That draws it.
            kind: Its standard type; a cell's paragraph is the cell itself.
            alternative: What is said in its place, for what is no text.
            written: The text as it is written, where it is drawn in another order.
        """
        if self._is_marking:
            yield
            return
        around, page = self._open[-1], canvas.getPageNumber()
        is_the_cell = kind == "P" and around.kind in ("TH", "TD") and not written
        element = around if is_the_cell else Element(kind, around, alternative, written)
        of_page = self._of_pages.setdefault(page, [])
        element.inside.append((page, len(of_page)))
        self._open.append(element)
        with self._marked(canvas, f"/{kind} <</MCID {len(of_page)}>> BDC"):
            yield
        self._open.pop()
        of_page.append(element)

    @contextmanager
    def decoration(self, canvas: Canvas) -> Iterator[None]:
        """What is drawn in the block is for the eye alone."""
        with self._marked(canvas, "/Artifact BMC"):
            yield

    @contextmanager
    def _marked(self, canvas: Canvas, operator: str) -> Iterator[None]:
        before, self._is_marking = self._is_marking, True
        canvas.addLiteral(operator)
        yield
        canvas.addLiteral("EMC")
        self._is_marking = before

    def link(self, annotation: Annotation, page: int) -> None:
        """Takes in a link to elsewhere, on the text that is drawn now."""
        self._open[-1].inside.append((page, annotation))
        self._links.append((annotation, self._open[-1]))

    def write(self, document: PDFDocument) -> None:
        """Puts the tree into the document, all of whose pages are drawn."""
        pages = document.Pages.pages
        page_references = {number: document.Reference(page) for number, page in enumerate(pages, 1)}
        root = PDFDictionary({"Type": PDFName("StructTreeRoot")})
        dictionaries = {element: PDFDictionary({}) for element in _inside(self._open[0])}
        references: dict[Element | None, PDFObjectReference] = {None: document.Reference(root, "structure")}
        for number, (element, dictionary) in enumerate(dictionaries.items()):
            references[element] = document.Reference(dictionary, f"structure-{number}")
        for element, dictionary in dictionaries.items():
            inside = [_kid(kid, references, document) for kid in element.inside]
            dictionary.dict |= {
                "S": PDFName(element.kind),
                "P": references[element.parent],
                "K": inside[0] if len(inside) == 1 else PDFArray(inside),
            }
            # What is drawn for one element is on one page: texts and rows are not split, their parts are others.
            for page in {each[0] for each in element.inside if not isinstance(each, Element)}:
                dictionary.dict["Pg"] = page_references[page]
            if element.alternative:
                dictionary.dict["Alt"] = PDFString(element.alternative)
            if element.written:
                dictionary.dict["ActualText"] = PDFString(element.written)
            if element.table:
                dictionary.dict["A"] = PDFDictionary({"O": PDFName("Table"), **element.table})
        by_number: list[object] = []
        for number, page in enumerate(pages):
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            by_number += [number, PDFArray([references[each] for each in self._of_pages.get(number + 1, [])])]
        for number, (annotation, element) in enumerate(self._links, len(pages)):
            annotation.permitted = (*annotation.permitted, "StructParent")
            annotation.otherkw["StructParent"] = number
            by_number += [number, references[element]]
        root.dict |= {
            "K": references[self._open[0]],
            "ParentTree": PDFDictionary({"Nums": PDFArray(by_number)}),
            "ParentTreeNextKey": len(pages) + len(self._links),
        }
        document.Catalog.StructTreeRoot = root
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})


def _inside(element: Element) -> Iterator[Element]:
    """The element and all that it has inside, as they are read."""
    yield element
    for each in element.inside:
        if isinstance(each, Element):
            yield from _inside(each)


def _kid(
    kid: Element | tuple[int, int | Annotation],
    references: Mapping[Element | None, PDFObjectReference],
    document: PDFDocument,
) -> PDFObjectReference | PDFDictionary | int:
    if isinstance(kid, Element):
        return references[kid]
    _, what = kid
    return what if isinstance(what, int) else PDFDictionary({"Type": PDFName("OBJR"), "Obj": document.Reference(what)})


class Arrangement:
    """What ReportLab tells while it draws a table that only puts pieces beside each other: its lines are no content."""

    def __call__(self, table: Table, what: str, *_: Any) -> None:  # noqa: ANN401 - each message has its own
        """Takes one message, e.g. `startLines`."""
        if what in ("startBG", "startLines"):
            self._begin_decoration(table)
        elif what in ("endBG", "endLines"):
            self._end_decoration()

    def _begin_decoration(self, table: Table) -> None:
        self._decoration = table.canv.structure.decoration(table.canv)
        self._decoration.__enter__()

    def _end_decoration(self) -> None:
        self._decoration.__exit__(None, None, None)


class Rows(Arrangement):
    """The same of a table of data: rows of cells, under heads that are read once however many pages it takes."""

    def __init__(self) -> None:
        self._table: Element | None = None
        self._goes_on = self._is_head = False

    def __call__(self, table: Table, what: str, *where: Any) -> None:  # noqa: ANN401 - each message has its own
        """Takes one message; a row's has its number, a cell's its row's and its column's."""
        structure: Structure = table.canv.structure
        match what:
            case "startTable" if self._table:
                self._goes_on = True
                structure.reopen(self._table)
            case "startTable":
                self._table = structure.open("Table")
            case "startRow":
                self._is_head = where[0] < table.repeatRows
                self._begin_decoration(table) if self._is_repeated else structure.open("TR")
            case "endRow" if self._is_repeated:
                self._end_decoration()
            case "startCell" if not self._is_repeated:
                structure.open(*self._cell(table, *where[:2]))
            case "endTable" | "endRow":
                structure.close()
            case "endCell" if not self._is_repeated:
                structure.close()
            case _:
                super().__call__(table, what)

    @property
    def _is_repeated(self) -> bool:
        return self._is_head and self._goes_on

    def _cell(self, table: Table, row: int, column: int) -> tuple[str, dict[str, object]]:
        first, _, last, _ = getattr(table, "_spanRanges", {}).get((column, row)) or (0, 0, 0, 0)
        over: dict[str, object] = {"ColSpan": last - first + 1} if last > first else {}
        return ("TH", {**over, "Scope": PDFName("Column")}) if self._is_head else ("TD", over)
