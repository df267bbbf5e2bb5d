"""`aboard policy`: thresholds, weights and risk policies, proposed, approved by two people, tried and put in force.

A person is who their token says: two people run `approve` with two tokens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from kyc import risk_policy
from kyc.screening.policy import Policy
from onboarding.errors import Invalid, OnboardingError
from onboarding.settings import Settings
from run.answers import fail
from run.caller import Caller, Json, token_for
from run.start import Token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Policies: proposed, approved, tried, in force.")

PATIENCE = 600  # looks at a trial that is under way, one a second
_File = Annotated[Path, typer.Argument(help="a screening policy, or a risk policy beside what it extends")]
_Hash = Annotated[str, typer.Argument(help="the policy's hash", show_default=False, metavar="HASH")]


class NoPolicyFile(Invalid):
    """This file is no policy: it has neither thresholds nor factors."""

    code = "no_policy_file"


@app.command("list")
def list_(token: Token = None) -> None:
    """All policies that were proposed or used, with who approved them and which are in force."""
    table = Table("hash", "kind", "name", "version", "approved by", "tried", "")
    for row in _call(token, lambda api: api.get("/policies"))["policies"]:
        state = "in force" if row["in_force"] else "released" if row["released"] else ""
        tried = row["back_test"] and ("loses confirmed" if row["back_test"]["blocked"] else "yes")
        table.add_row(
            row["hash"], row["kind"], row["name"], row["version"], ", ".join(row["approved_by"]), tried or "", state
        )
    Console().print(table)


@app.command()
def propose(file: _File, token: Token = None) -> None:
    """Propose a policy from its file; its hash is what two people approve."""
    body = packed(file)
    row = _call(token, lambda api: api.post("/policies", body))
    print(row["hash"])


@app.command()
def approve(hash_: _Hash, token: Token = None) -> None:
    """Approve a hash, as the person whose token it is."""
    row = _call(token, lambda api: api.post(f"/policies/{hash_}/approval"))
    print(f"approved by {', '.join(row['approved_by'])}")


@app.command()
def backtest(hash_: _Hash, token: Token = None) -> None:
    """Try a policy on the inputs of past decisions, and say what would be gained, lost, of another band.

    Exit codes: 0 it may come into force, 1 it would lose a confirmed hit.
    """
    tested = _call(token, lambda api: _tried(api, hash_))
    for name, said in tested["report"].items():
        print(f"{name}: {said if isinstance(said, int) else len(said)}")
        for each in said if isinstance(said, list) else ():
            print(f"  {each if isinstance(each, str) else ' '.join(map(str, each.values()))}")
    if tested["blocked"]:
        raise typer.Exit(1)


@app.command()
def activate(hash_: _Hash, token: Token = None) -> None:
    """Put a policy in force that two people approved and that was tried against the one in force now."""
    row = _call(token, lambda api: api.post(f"/policies/{hash_}/activation"))
    print(f"{row['kind']} {row['name']} {row['version']} is in force")


def packed(file: Path) -> Json:
    """What the API takes: the words of a screening policy, or a risk policy with all that it rests on."""
    try:
        said = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoPolicyFile(f"{file} cannot be read: {type(error).__name__}") from error
    if isinstance(said, dict) and ("factors" in said or "extends" in said):
        return {"kind": "risk", "content": risk_policy.load_file(file).package}
    if isinstance(said, dict) and "threshold" in said:
        return {"kind": "screening", "content": Policy.read(file).model_dump_json()}
    raise NoPolicyFile


async def _tried(api: Caller, hash_: str) -> Json:
    """Starts a trial and waits for its report."""
    before = (await api.get(f"/policies/{hash_}"))["back_test"]
    await api.post(f"/policies/{hash_}/backtest")
    for _ in range(PATIENCE):
        tested: Json | None = (await api.get(f"/policies/{hash_}"))["back_test"]
        if tested and tested != before:
            return tested
        await asyncio.sleep(1)
    raise OnboardingError("The trial is still under way: look again with `aboard policy list`.", code="under_way")


def _call(token: str | None, work: Callable[[Caller], Awaitable[Json]]) -> Json:
    settings = Settings()

    async def call() -> Json:
        async with Caller(settings.public_url, token_for(token, settings.home, "reviewer")) as api:
            return await work(api)

    try:
        return asyncio.run(call())
    except OnboardingError as error:
        fail(error)
