"""Machine-readable zones by ICAO 9303: TD1, TD2, TD3 and the visas MRV-A and MRV-B (`MRVA`, `MRVB`)."""

from kyc.mrz.reading import read
from kyc.mrz.writing import write
from kyc.mrz.zone import Fields, Suggestion, Warning, Zone, ZoneUnreadable, ZoneUnwritable

__all__ = ["Fields", "Suggestion", "Warning", "Zone", "ZoneUnreadable", "ZoneUnwritable", "read", "write"]
