"""A review, whoever holds it: who may say what and when, and how what was said becomes a decision.

Verification holds one while a client is taken aboard, Monitoring whenever something is found later. Both are a
`Reviewed`: they convene a panel, and take up one message after the other until a ruling stands.
"""

from datetime import datetime
from typing import NamedTuple

from temporalio import workflow

from workflows.doing import record
from workflows.hearing import Hearing, refusal, told

with workflow.unsafe.imports_passed_through():
    from activities.reviewing import Reviews
    from onboarding.case import Band
    from onboarding.deeds import Place
    from onboarding.diligence import Judgement, Reviewing, ReviewOpened, Ruling, Screened, Voice
    from onboarding.messages import Message
    from onboarding.review import Claim, Override, OverrideVerdict, Voices
    from workflows import timetable

WORDS = ("judge_signal", "decide", "claim_review", "release_review", "override_rating", "second_override")


class Held(NamedTuple):
    """A claim. Like any session it runs in real time."""

    actor: str
    until: datetime


class Proposed(NamedTuple):
    """An override that waits for its second person."""

    id: str
    actor: str
    band: Band


class Panel:
    """One review while it is open: what is still to be judged, who has spoken, who holds it."""

    def __init__(self, opened: ReviewOpened, order: Reviewing, screened: Screened) -> None:
        self.id = opened.review
        self.barred = opened.barred
        self.band, self.floor = order.band, order.floor
        self.voices = Voices(order.approvals)
        self.unjudged = set(screened.signals)
        self.sanctions, self.offices = set(screened.sanctions), set(screened.offices)
        self.confirmed = (self.sanctions | self.offices) - self.unjudged
        self.claim: Held | None = None
        self.override: Proposed | None = None
        self.conditions: list[str] = []
        self.reason = ""
        self._look_for_offices()

    @property
    def sanctioned(self) -> bool:
        """A sanctions hit is confirmed: nothing is approved, and nothing undone by itself."""
        return bool(self.confirmed & self.sanctions)

    # ── may this be said? ──────────────────────────────────────────────────────────────────────────────────────
    def objection(self, message: Message, now: datetime) -> str | None:
        """Why this message cannot be heard, as a reason code; `now` is real time."""
        if message.evidence.get("review") != self.id:
            return "review_not_open"
        if message.actor in self.barred:
            return "reviewer_is_not_independent"
        if self._held_by_another(message, now):
            return "claimed_by_another"
        return self._particular(message)

    def _held_by_another(self, message: Message, now: datetime) -> bool:
        if self.claim is None or self.claim.until <= now or self.claim.actor == message.actor:
            return False
        return message.what != "second_override" and not (message.what == "claim_review" and "senior" in roles(message))

    def _particular(self, message: Message) -> str | None:
        match message.what:
            case "judge_signal":
                return None if message.evidence.get("signal") in self.unjudged else "signal_not_open"
            case "decide":
                return self._against_decision(message, str(message.evidence.get("decision")))
            case "claim_review":
                return self._against_claim(message)
            case "release_review":
                return None if self.claim else "not_claimed"
            case "override_rating":
                return self._against_override(message)
            case _:
                return self._against_second(message)

    def _against_claim(self, message: Message) -> str | None:
        if message.actor in self.voices.said:
            return "already_decided"
        return "senior_needed" if self.voices.for_senior and "senior" not in roles(message) else None

    def _against_decision(self, message: Message, decision: str) -> str | None:
        if code := self.voices.objection(message.actor, roles(message), decision):
            return code
        if decision.startswith("approve"):
            if self.unjudged:
                return "signals_open"
            if self.sanctioned:
                return "sanctions_hit_confirmed"
        return "override_open" if self.override else None

    def _against_override(self, message: Message) -> str | None:
        if self.override:
            return "override_open"
        band = Band(str(message.evidence["band"]))
        return "band_is_the_same" if band is self.band else self._against_band(band)

    def _against_band(self, band: Band) -> str | None:
        """Two people may go below the floors of the house, not below those of the law."""
        return "band_below_law" if band.rank < self.floor.rank else None

    def _against_second(self, message: Message) -> str | None:
        if self.override is None or message.evidence.get("override") != self.override.id:
            return "override_not_open"
        if message.actor == self.override.actor:
            return "second_person_needed"
        return self._against_band(self.override.band) if message.evidence.get("verdict") == "confirmed" else None

    # ── it is said ─────────────────────────────────────────────────────────────────────────────────────────────
    def hear(self, message: Message, now: datetime) -> None:
        evidence = message.evidence
        match message.what:
            case "judge_signal":
                self._judged(str(evidence["signal"]), evidence["verdict"] == "confirmed")
            case "decide":
                self._decided(message)
            case "claim_review":
                self.claim = Held(message.actor, now + timetable.CLAIM)
            case "release_review":
                self.claim = None
            case "override_rating":
                self.override = Proposed(str(evidence["override"]), message.actor, Band(str(evidence["band"])))
            case _:
                self.override = None

    def _judged(self, signal: str, confirmed: bool) -> None:
        self.unjudged.discard(signal)
        if confirmed:
            self.confirmed.add(signal)
        self._look_for_offices()

    def _decided(self, message: Message) -> None:
        self.voices.add(message.actor, str(message.evidence["decision"]), roles(message))
        self.reason = str(message.evidence["reason"])
        self.conditions += texts(message, "conditions")
        self.claim = None

    def _look_for_offices(self) -> None:
        """A client who holds a public office is approved by a senior, among others."""
        self.voices.wants_senior = bool(self.confirmed & self.offices)


class Reviewed(Hearing):
    """A workflow that reviewers talk to while its `panel` is there."""

    panel: Panel | None = None

    judge_signal = told("judge_signal", "A reviewer cleared or confirmed a signal")
    decide = told("decide", "A reviewer decided")
    claim_review = told("claim_review", "A reviewer holds the review for a while; a senior may take it over")
    release_review = told("release_review", "A reviewer gives the review back")
    override_rating = told("override_rating", "A reviewer wants another band than the rating gave")
    second_override = told("second_override", "A second person agrees to another band, or does not")

    def check_review(self, message: Message) -> None:
        """For `check`: raises the refusal of a message that is one of WORDS."""
        if self.panel is None:
            raise refusal("review_not_open")
        if code := self.panel.objection(message, workflow.now()):
            raise refusal(code)

    def hear_review(self, message: Message) -> None:
        """For `heard`: changes what the next message is checked against."""
        if self.panel:
            self.panel.hear(message, workflow.now())

    async def convene(self, order: Reviewing, screened: Screened) -> Panel:
        """Opens the review in records; from now on reviewers are heard."""
        self.panel = Panel(await record(Reviews.open_review, order, "open the review"), order, screened)
        return self.panel

    async def take_up(self, message: Message, place: Place) -> Ruling | None:
        """Keeps in records what was said; the ruling, once one stands and nothing more is waiting to be taken up."""
        panel = self.panel
        assert panel
        match message.what:
            case "judge_signal":
                await _judge(panel, message, place)
            case "decide":
                await _voice(panel, message, place)
            case "claim_review" | "release_review":
                await _claim(panel, message, place)
            case "override_rating":
                await _override(panel, message, place)
            case _:
                await _second(panel, message, place)
        return None if self.has(*WORDS) else self._ruling(panel, place)

    def _ruling(self, panel: Panel, place: Place) -> Ruling | None:
        decision = panel.voices.standing()
        if decision is None:
            return None
        self.panel = None
        return Ruling(
            **place.model_dump(),
            review=panel.id,
            decision=decision,
            reason=panel.reason,
            reviewers=panel.voices.who(decision),
            band=panel.band,
            conditions=panel.conditions if decision == "approve_with_conditions" else [],
        )


async def _judge(panel: Panel, message: Message, place: Place) -> None:
    evidence = message.evidence
    order = Judgement(
        **place.model_dump(),
        signal=str(evidence["signal"]),
        verdict="confirmed" if evidence["verdict"] == "confirmed" else "cleared",
        reason=str(evidence["reason"]),
        actor=message.actor,
    )
    now = await record(Reviews.judge, order, f"signal {order.verdict}")
    if now:  # never fewer than before: what had to be approved by two stays so
        panel.band, panel.voices.needed = now.band, max(panel.voices.needed, now.approvals)
        panel.floor = now.floor


async def _voice(panel: Panel, message: Message, place: Place) -> None:
    evidence = message.evidence
    voice = Voice.model_validate(
        {
            **place.model_dump(),
            "review": panel.id,
            "decision": evidence["decision"],
            "reason": evidence["reason"],
            "actor": message.actor,
            "items": texts(message, "items"),
            "note": evidence.get("note"),
            "for_senior": panel.voices.for_senior,
        }
    )
    await record(Reviews.voice, voice, "a reviewer has spoken")  # what they said is told with the decision


async def _claim(panel: Panel, message: Message, place: Place) -> None:
    taken = message.what == "claim_review"
    until = workflow.now() + timetable.CLAIM if taken else None
    order = Claim(**place.model_dump(), review=panel.id, message=message.id, actor=message.actor, until=until)
    await record(Reviews.claim, order, "a reviewer holds the review" if taken else "the review is given back")


async def _override(panel: Panel, message: Message, place: Place) -> None:
    evidence = message.evidence
    order = Override(
        **place.model_dump(),
        review=panel.id,
        override=str(evidence["override"]),
        band=Band(str(evidence["band"])),
        reason=str(evidence["reason"]),
        note=str(evidence["note"]),
        actor=message.actor,
    )
    await record(Reviews.override, order, f"another band is proposed: {order.band}")


async def _second(panel: Panel, message: Message, place: Place) -> None:
    order = OverrideVerdict(
        **place.model_dump(),
        review=panel.id,
        override=str(message.evidence["override"]),
        verdict="confirmed" if message.evidence["verdict"] == "confirmed" else "declined",
        actor=message.actor,
    )
    now = await record(Reviews.second_override, order, f"another band is {order.verdict}")
    panel.band, panel.voices.needed, panel.floor = now.band, now.approvals, now.floor


def roles(message: Message) -> list[str]:
    return texts(message, "roles")


def texts(message: Message, name: str) -> list[str]:
    """A list of codes or ids from the evidence; empty where there is none."""
    said = message.evidence.get(name)
    return said if isinstance(said, list) else []
