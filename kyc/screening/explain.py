"""Explanations in words, and the smallest change that would turn an outcome."""

from dataclasses import replace

from kyc.screening.policy import Losses
from kyc.screening.scorer import MISSING, Comparison, Token, price
from kyc.screening.subject import Explanation

_HOW = {
    "same": "is the same as", "spelling": "is spelled nearly as", "sound": "sounds like",
    "joined": "is written joined as", "equivalent": "is another form of", "consonants": "has the consonants of",
    "initial": "may be the initial of", "initials": "has the initials of",
}  # fmt: skip


_SWAPPED = "the son on one side is the father on the other"


def remarks(found: Comparison) -> tuple[str, ...]:
    """What lowered the score and stands in no line of the alignment."""
    return (_SWAPPED,) if found.swapped_father else ()


def flip(found: Comparison, match: bool, threshold: float, losses: Losses) -> str:
    """What alone, were it otherwise, would carry the score across the threshold; empty when no one thing would."""
    if match:
        return _undo(found, threshold, losses)
    return _mend(found, threshold, losses)


def _undo(found: Comparison, threshold: float, losses: Losses) -> str:
    """The least part that agrees and without which the names would not match."""
    agreeing = sorted((t for t in found.tokens if t.how != MISSING), key=lambda t: (t.weight * t.likeness, t.listed))
    for token in agreeing:
        apart = [
            replace(token, listed="", how=MISSING, likeness=0.0),
            replace(token, asked="", how=MISSING, likeness=0.0),
        ]
        if price([*_without(found, token), *apart], found.swapped_father, losses) < threshold:
            return f"no match if “{token.asked}” and “{token.listed}” were different names"
    return "still a match if any one part were different"


def _mend(found: Comparison, threshold: float, losses: Losses) -> str:
    """The least change that would make the names match: a part left out, or agreeing."""
    if found.swapped_father and price(found.tokens, False, losses) >= threshold:
        return "a match if the same name were the son's on both sides"
    missing = sorted((t for t in found.tokens if t.how == MISSING), key=lambda t: (t.weight, t.asked, t.listed))
    for token in missing:
        if price(_without(found, token), found.swapped_father, losses) >= threshold:
            return f"a match if “{token.asked or token.listed}” were not there"
    for mine in (t for t in missing if t.asked):
        for theirs in (t for t in missing if t.listed):
            agreed = Token(mine.asked, theirs.listed, "same", 1.0, (mine.weight + theirs.weight) / 2)
            rest = [t for t in found.tokens if t not in (mine, theirs)]
            if price([*rest, agreed], found.swapped_father, losses) >= threshold:
                return f"a match if “{mine.asked}” were “{theirs.listed}”"
    for token in sorted((t for t in found.tokens if t.how != MISSING and t.likeness < 1), key=lambda t: -t.likeness):
        if price([*_without(found, token), replace(token, likeness=1.0)], found.swapped_father, losses) >= threshold:
            return f"a match if “{token.asked}” were spelled “{token.listed}”"
    return "no single change makes it a match"


def _without(found: Comparison, token: Token) -> list[Token]:
    rest = list(found.tokens)
    rest.remove(token)
    return rest


def words(explanation: Explanation) -> str:
    """A reviewer's reading of it, one fact a line."""
    lines = [f"“{explanation.asked}” against “{explanation.listed}”"]
    for line in explanation.lines:
        if line.how == MISSING:
            side = "the listed name" if line.asked else "the name asked for"
            lines.append(f"- “{line.asked or line.listed}” has no counterpart in {side}")
        else:
            lines.append(f"- “{line.asked}” {_HOW[line.how]} “{line.listed}” ({line.likeness:.2f})")
    for point in explanation.points:
        about = point.about.replace("_", " ")
        lines.append(f"- {about}: {point.verdict} ({point.said or 'not given'} / {point.listed or 'not listed'})")
    return "\n".join([*lines, *(f"- {r}" for r in explanation.remarks), f"- {explanation.flip}"])
