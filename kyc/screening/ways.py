"""The names of the index in each of its orders, a few at a time: more of an order for as long as some of it match."""

from typing import TYPE_CHECKING

from kyc.lists import Kind
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy

if TYPE_CHECKING:
    from kyc.screening.index import Index

_AHEAD = 2  # times as many names are fetched as are looked at first: more cost little, and a second search much
_MORE = 4  # times as many the next time


class Ways:
    """Names that the index finds, by spelling and by sound.

    Of each order the first are looked at, then a few more while one of the last few matches: others may stand behind.
    `cut`: some still matched where there was no more to be had.
    """

    def __init__(self, index: "Index", asked: Parsed, kind: Kind, policy: Policy) -> None:
        self._index, self._asked, self._kind = index, asked, kind
        self._step, self._most = policy.candidates // 4, policy.most_candidates
        self._fetch(min(policy.candidates * _AHEAD, self._most))
        self._spans = dict.fromkeys(range(len(self._names)), slice(0, 2 * self._step))
        self.cut = False

    def _fetch(self, count: int) -> None:
        self._names = self._index.candidates(self._asked, self._kind, count)
        self._fetched, self._full = count, [len(names) >= count // 2 for names in self._names]

    def next(self) -> list[list[int]]:
        """The names to look at next, of each order that goes on; nothing at the end."""
        beyond = any(self._full[way] and span.stop > len(self._names[way]) for way, span in self._spans.items())
        if beyond and self._fetched < self._most:
            self._fetch(min(self._fetched * _MORE, self._most))
        return [self._names[way][span] for way, span in self._spans.items()]

    def matched(self, numbers: set[int]) -> None:
        """Says which of all the names match."""
        last = {way: self._names[way][span][-self._step :] for way, span in self._spans.items()}
        ends = {way: self._spans[way].stop for way, names in last.items() if not numbers.isdisjoint(names)}
        if self._fetched == self._most:
            self.cut = self.cut or any(self._full[way] and end >= len(self._names[way]) for way, end in ends.items())
        self._spans = {way: slice(end, end + self._step) for way, end in ends.items()}
