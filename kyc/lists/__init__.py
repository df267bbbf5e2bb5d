"""Watch lists as their publishers give them, read into versions. Reads files, never the network."""

from kyc.lists.countries import codes as country_codes
from kyc.lists.entry import Entry, Identifier, Kind, Name, Office, Place, Relation
from kyc.lists.formats import load, recognise
from kyc.lists.sources import ListSource
from kyc.lists.store import Admission, Answer, Kept, NoVersion, Store
from kyc.lists.version import BrokenList, Change, ListVersion, Refused, Unread, diff

__all__ = [
    "Admission", "Answer", "BrokenList", "Change", "Entry", "Identifier", "Kept", "Kind", "ListSource", "ListVersion",
    "Name", "NoVersion", "Office", "Place", "Refused", "Relation", "Store", "Unread", "country_codes", "diff",
    "load", "recognise",
]  # fmt: skip
