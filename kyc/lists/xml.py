"""Records of an XML list, one after the other, without what an attacker could put in: no DTD, no entities, no net."""

import io
import re
from collections.abc import Iterator

from lxml import etree

from kyc.lists.source import File
from kyc.lists.version import BrokenList


class Record:
    """An element read by paths of local names; namespaces differ between years and say nothing."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    @property
    def tag(self) -> str:
        return etree.QName(self._element).localname

    @property
    def line(self) -> int:
        line: int | None = self._element.sourceline  # type: ignore[assignment]  # the stubs say "..."
        return line or 0

    def text(self, path: str) -> str:
        """The text of the first element under the path; empty when there is none."""
        found = self._element.find(_path(path))
        return "" if found is None else _text(found)

    def texts(self, path: str) -> list[str]:
        return [text for e in self._element.iterfind(_path(path)) if (text := _text(e))]

    def all(self, path: str) -> Iterator["Record"]:
        return (Record(element) for element in self._element.iterfind(_path(path)))

    def get(self, attribute: str) -> str:
        return (self._element.get(attribute) or "").strip()


def records(file: File, *tags: str) -> Iterator[Record]:
    """Every element with one of the tags, freed after use. Raises BrokenList with the line of the fault."""
    if re.search(r"<!DOCTYPE|<!ENTITY", file.text[:200_000]):
        raise BrokenList(f"{file.name}: a list has no document type of its own", code="has_doctype")
    try:
        events = etree.iterparse(
            io.BytesIO(file.content), tag=[f"{{*}}{tag}" for tag in tags], resolve_entities=False, no_network=True,
            load_dtd=False, huge_tree=False,
        )  # fmt: skip
        for _, element in events:
            yield Record(element)
            element.clear()
    except etree.XMLSyntaxError as error:
        raise BrokenList(f"{file.name}, line {error.lineno}: this is not whole XML", code="broken_xml") from error


def root(file: File) -> Record:
    """The outermost element with its attributes, children unread."""
    if re.search(r"<!DOCTYPE|<!ENTITY", file.text[:200_000]):
        raise BrokenList(f"{file.name}: a list has no document type of its own", code="has_doctype")
    try:
        for _, element in etree.iterparse(io.BytesIO(file.content), events=("start",), resolve_entities=False):
            return Record(element)
    except etree.XMLSyntaxError as error:
        raise BrokenList(f"{file.name}, line {error.lineno}: this is not whole XML", code="broken_xml") from error
    raise BrokenList(f"{file.name}: there is nothing in it", code="broken_xml")


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()


def _path(path: str) -> str:
    return "/".join(f"{{*}}{step}" for step in path.split("/"))
