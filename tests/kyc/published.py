"""Small files in the formats of publishers, and how tests load them."""

from pathlib import Path

from kyc import lists
from kyc.lists import Entry, ListVersion
from tests.kyc.samples import NOW


def load(folder: Path, name: str, text: str) -> ListVersion:
    path = folder / name
    path.write_text(text, "utf-8")
    return lists.load([path], checked=NOW)


def only(version: ListVersion) -> Entry:
    (entry,) = version.entries
    return entry


UN_XML = """<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09Z"><INDIVIDUALS><INDIVIDUAL><DATAID>7</DATAID>
<FIRST_NAME>TARIQ</FIRST_NAME><SECOND_NAME>AL-RAMMUZI</SECOND_NAME><UN_LIST_TYPE>Demo</UN_LIST_TYPE>
<REFERENCE_NUMBER>XXi.001</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>طارق الرموزي</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Yemen</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu Salim</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1979</FROM_YEAR><TO_YEAR>1981</TO_YEAR>
</INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><DATAID>8</DATAID><FIRST_NAME></FIRST_NAME>
<REFERENCE_NUMBER>XXe.001</REFERENCE_NUMBER></ENTITY></ENTITIES></CONSOLIDATED_LIST>"""


UK_CSV = """Report Date: 02-Mar-2026
Last Updated,Unique ID,OFSI Group ID,Name 6,Name 1,Name type,Alias strength,Name non-latin script,Regime Name,\
Designation Type,D.O.B,Nationality(/ies),Passport number
01/03/2026,DEM0001,1,MARKOV,Viktor,Primary Name,,Виктор Марков,Demo,Individual,dd/mm/1961,Russia,99X1204417
01/03/2026,DEM0001,1,THE VETCH,,Alias,Low quality a.k.a,,Demo,Individual,dd/mm/1961,Russia,
01/03/2026,DEM0002,2,GREY PETREL,,Primary Name,,,Demo,Ship,,,
"""


EU_CSV = """\ufefffileGenerationDate;Entity_LogicalId;Entity_SubjectType;Entity_SubjectType_ClassificationCode;\
Entity_Regulation_Programme;NameAlias_WholeName;NameAlias_Gender;BirthDate_Year;Citizenship_CountryIso2Code
02/03/2026;13;person;P;DEM;Leila Haddadin-Qasr;F;;
02/03/2026;13;person;P;DEM;;;1974;
02/03/2026;13;person;P;DEM;;;;JO
"""


def refusals(version: ListVersion) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in version.refused]


def unread(version: ListVersion) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in version.unread]
