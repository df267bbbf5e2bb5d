"""People who leave office are watched for a while longer (AMLR Art. 45), although their list names them no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from kyc.lists.entry import Entry, Kind, Office
from kyc.lists.version import ListVersion, diff

EXPOSED = ("pep", "role.pep", "pep.related", "role.rca")
UNEXPLAINED = "listed"  # of a person, by a publisher that gives no reason for whoever is not sanctioned
LEFT = "left the list"  # the office of an entry that named none


def with_former(before: ListVersion, after: ListVersion, days: int) -> ListVersion:
    """The later version with those whom it names no more although they were exposed by office in the earlier one.

    They are out of office since the day of the version that left them out, unless they were before, and are kept for
    `days` from then.
    """
    on = after.list_date or after.checked.date()
    gone = set(diff(before, after).removed)
    former = [entry for entry in _former(before, gone, on) if (on - _since(entry)).days <= days]
    if not former:
        return after
    entries = sorted([*after.entries, *former], key=lambda entry: entry.id)
    return replace(after, entries=tuple(entries), former=tuple(entry.id for entry in former))


def _former(before: ListVersion, gone: set[str], on: date) -> Iterator[Entry]:
    known = set(before.former)
    for entry in before.entries:
        if entry.id in gone and _for_office(entry):
            yield entry if entry.id in known else _out_of_office(entry, on)


def _for_office(entry: Entry) -> bool:
    person = entry.kind in (Kind.PERSON, Kind.PARTY)
    return not set(EXPOSED).isdisjoint(entry.topics) or (person and UNEXPLAINED in entry.topics)


def _out_of_office(entry: Entry, on: date) -> Entry:
    """What else the entry was listed for is over with the listing."""
    offices = tuple(replace(each, end=min(each.end or on, on)) for each in entry.offices) or (Office(LEFT, None, on),)
    topics = tuple(topic for topic in entry.topics if topic in (*EXPOSED, UNEXPLAINED))
    return replace(entry, offices=offices, topics=topics, programmes=())


def _since(entry: Entry) -> date:
    return max(office.end for office in entry.offices if office.end)
