"""Every duration and every retry policy of the story, by name."""

from datetime import timedelta

from temporalio.common import RetryPolicy

from onboarding.deeds import Ladder

# Deeds. Real time: a vendor's outage does not run faster because a rehearsal does.
QUICK = timedelta(seconds=30)  # one transaction in the database
VENDOR = timedelta(minutes=2)  # one call outside with a large body, its look-up included
HEARTBEAT = timedelta(seconds=20)  # a worker that died in the middle of a deed is noticed after this
SEALING = timedelta(minutes=3)  # two signatures, time stamps and the upload, on a busy machine
TRYING = timedelta(hours=2)  # every past input screened again, a thousand a second
GIVE_UP_ON_VENDOR = timedelta(hours=24)  # then a person decides: try again or carry on without

PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=20),  # an outage of minutes is over soon after it ends
)

# Ladders, in business days of whoever is asked.
CLIENT = Ladder(remind=[3, 6, 10], escalate=[14], give_up=25)  # checkins.md 4.6: no mention of attempts, 25 pauses
SIGNING = Ladder(remind=[3, 6, 10], escalate=[14], give_up=25)
READING = Ladder(remind=[5, 10], escalate=[15], give_up=25)
SURVEY = Ladder(remind=[3], give_up=10)  # one reminder at three days, gone after fourteen calendar days
REVIEW = Ladder(remind=[3], escalate=[5], give_up=30)  # the reviewer's SLA; a supervisor hears of it on day five
HELD = Ladder(remind=[2], escalate=[4], give_up=60)  # a screening that could not be finished holds the case
STAFF = Ladder(remind=[3, 6], escalate=[8], give_up=20)
STEPPING_IN = Ladder(remind=[4, 8], escalate=[12], give_up=30)  # staff decide about a silent client
NOTES = Ladder(remind=[3, 5], escalate=[6], give_up=20)  # after a meeting: who was there, what came of it

CLAIM = timedelta(minutes=30)  # real time: how long a reviewer holds a review without a word

UNDOING = timedelta(minutes=2)  # one look and one deed outside
BEFORE_A_NEW_RUN = timedelta(minutes=1)  # real time: a step that keeps failing must not spin
FETCHING = timedelta(minutes=15)  # one list over the network, its trial on 500 of its own entries included
LOOKING_BACK = timedelta(minutes=30)  # every client against what changed in a list
RETRY_SCREENING = timedelta(hours=6)  # story time between tries while a list is missing or old
