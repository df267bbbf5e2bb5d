"""A showing of the demo: the servers come up, the play is played, and what came of it is printed."""

import time

from rich.console import Console
from rich.table import Table
from rich.text import Text

from onboarding.settings import Settings
from run.demo import report
from run.demo.play import Outcome, Play, lay_out_lists, lay_out_own_list
from run.demo.screen import Screen, summary
from run.demo.troupe import MEMBERS, engage
from run.local.stack import Stack
from run.stopping import unless, wish_to_stop


async def show(settings: Settings, exit_: bool, seconds: float, console: Console) -> bool:
    """Whether everything was as it should be."""
    began, stop = time.monotonic(), wish_to_stop()
    async with Stack(settings.home, settings.port, console.print) as stack:
        outcome = await unless(stop, _play(stack, seconds, console))
        if outcome is None:
            return False
        _report(console, outcome, time.monotonic() - began)
        console.print(_links(stack.settings, outcome))
        if exit_:
            console.print("Stopping; `aboard up` brings all of it back as it is.", highlight=False)
        else:
            console.print(_tokens(outcome.tokens))
            console.print("Everything stays up until Ctrl-C.")
            await stop.wait()
    return not outcome.troubles


async def _play(stack: Stack, seconds: float, console: Console) -> Outcome:
    began = time.monotonic()
    lay_out_lists(stack.settings.home)
    lay_out_own_list(stack.settings.home)
    with console.status("Starting the servers …"):
        await stack.start()
    console.print(f"Up after {time.monotonic() - began:.0f} s. A day takes {seconds:g} s.", highlight=False)
    tokens = await engage(stack.settings)
    with Screen(console) as screen:
        return await Play(stack.settings, tokens, seconds, screen).perform()


def _report(console: Console, outcome: Outcome, took: float) -> None:
    console.print(summary(outcome.ended))
    for trouble in outcome.troubles:
        console.print(Text(f"not as it should be: {trouble}", style="red"), soft_wrap=True)
    if outcome.files:
        for part in report.tell(outcome.files, outcome.acts, outcome.account):
            console.print(part, highlight=False, soft_wrap=isinstance(part, Text))
    if not outcome.troubles:
        console.print("Everything is as it should be, here and outside.", style="green")
    console.print(f"{took:.0f} s in all.", highlight=False)


def _links(settings: Settings, outcome: Outcome) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("Temporal UI", settings.temporal.ui_url)
    table.add_row("API", f"{settings.public_url}/docs")
    table.add_row("Inbox", settings.mail.inbox_url)
    for paper in outcome.papers[:2]:
        table.add_row("Signed" if paper.stem.endswith("signed") else "Its certificate", str(paper))
    if outcome.acts.handed:
        table.add_row("A dossier", str(outcome.acts.handed.bundle))
    return table


def _tokens(tokens: dict[str, str]) -> Table:
    table = Table("token of", "roles", "", box=None, pad_edge=False)
    for part, token in tokens.items():
        table.add_row(part, ", ".join(MEMBERS[part].roles), token)
    return table
