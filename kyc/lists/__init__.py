"""Watch lists as their publishers give them, read into versions. Reads files, never the network."""

from kyc.lists.entry import Entry, Identifier, Kind, Name, Office, Place, Relation
from kyc.lists.formats import load, recognise
from kyc.lists.version import BrokenList, Change, ListVersion, Refused, diff

__all__ = [
    "BrokenList", "Change", "Entry", "Identifier", "Kind", "ListVersion", "Name", "Office", "Place", "Refused",
    "Relation", "diff", "load", "recognise",
]  # fmt: skip
