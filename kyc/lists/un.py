"""The consolidated list of the United Nations Security Council, XML."""

from kyc.lists.draft import Draft, gathered, on_day
from kyc.lists.entry import Kind
from kyc.lists.source import File, Gathered
from kyc.lists.xml import Record, records, root

SOURCE = "un-sc"


def read(files: list[File]) -> Gathered:
    drafts = (_draft(file, record) for file in files for record in records(file, "INDIVIDUAL", "ENTITY"))
    return gathered(SOURCE, drafts, [], on_day(root(files[0]).get("dateGenerated")[:10]))


def _draft(file: File, record: Record) -> Draft:
    person = record.tag == "INDIVIDUAL"
    prefix = record.tag
    number = record.text("REFERENCE_NUMBER") or record.text("DATAID")
    draft = Draft(f"{SOURCE}:{number}", Kind.PERSON if person else Kind.COMPANY, file.name, record.line)
    parts = (record.text(f"{place}_NAME") for place in ("FIRST", "SECOND", "THIRD", "FOURTH"))
    draft.name(" ".join(part for part in parts if part), "primary")
    draft.name(record.text("NAME_ORIGINAL_SCRIPT"), "original")
    for alias in record.all(f"{prefix}_ALIAS"):
        _alias(draft, alias)
    for address in record.all(f"{prefix}_ADDRESS"):
        draft.address(*(address.text(part) for part in ("STREET", "CITY", "STATE_PROVINCE", "COUNTRY")))
    draft.programmes.append(record.text("UN_LIST_TYPE"))
    draft.listed = on_day(record.text("LISTED_ON"))
    draft.note(record.text("COMMENTS1"))
    if person:
        _person(draft, record)
    return draft


def _alias(draft: Draft, alias: Record) -> None:
    quality = alias.text("QUALITY")
    for name in alias.text("ALIAS_NAME").split(";"):
        draft.name(name, "fka" if quality.startswith("f") else "aka", quality)
    draft.birth(alias.text("DATE_OF_BIRTH"))


def _person(draft: Draft, record: Record) -> None:
    for born in record.all("INDIVIDUAL_DATE_OF_BIRTH"):
        draft.birth(_birth(born))
    for place in record.all("INDIVIDUAL_PLACE_OF_BIRTH"):
        draft.birth_place(*(place.text(part) for part in ("CITY", "STATE_PROVINCE", "COUNTRY")))
    for document in record.all("INDIVIDUAL_DOCUMENT"):
        kind = "national_id" if "dentification" in document.text("TYPE_OF_DOCUMENT") else "passport"
        country = document.text("ISSUING_COUNTRY") or document.text("COUNTRY_OF_ISSUE")
        draft.number(kind, document.text("NUMBER"), country)
    draft.country(*record.texts("NATIONALITY/VALUE"))
    draft.gender(record.text("GENDER"))


def _birth(born: Record) -> str:
    """In words that `dates.read` knows."""
    if born.text("TYPE_OF_DATE") == "BETWEEN":
        return f"{born.text('FROM_YEAR')} to {born.text('TO_YEAR')}"
    circa = "circa " if born.text("TYPE_OF_DATE") == "APPROXIMATELY" else ""
    return circa + (born.text("DATE") or born.text("YEAR"))
