"""What runs by the clock: the refreshing of lists."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from onboarding.watching import REFRESH_LISTS


async def ensure(client: Client, task_queue: str, every: timedelta) -> None:
    """Sets the schedule as the settings of today say, and asks the sources once at the first start."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "Refreshing", id=REFRESH_LISTS, task_queue=task_queue, static_summary="Lists are refreshed"
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )

    def renewed(before: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(REFRESH_LISTS, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(REFRESH_LISTS).update(renewed)
