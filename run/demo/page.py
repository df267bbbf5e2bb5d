"""The portal's page of who owns whom, filled in as a browser would: every field of every line, in one form."""

import httpx2

from onboarding.errors import OnboardingError
from run.demo.papers import Said

PAGE = "/portal/forms/profile/ownership"
_SAVED = "/portal/forms/profile?said=ownership_saved"


class NotSaved(OnboardingError):
    """The page of ownership did not take the lines."""

    code = "ownership_not_saved"


async def say_who_owns(url: str, session: str, said: Said) -> None:
    """What is said goes into the draft of the profile form. Raises NotSaved with where the page led instead."""
    fields = {
        "do": "done",
        "holding_owner": [owner for owner, _, _ in said["holdings"]],
        "holding_share": [share for _, share, _ in said["holdings"]],
        "holding_owned": [owned for _, _, owned in said["holdings"]],
        **{f"entity_{name}": [each.get(name, "") for each in said["entities"]] for name in _COLUMNS},
    }
    signed_in = {"Authorization": f"Bearer {session}"}
    async with httpx2.AsyncClient(base_url=url, headers=signed_in, trust_env=False, timeout=30) as http:
        (await http.get(PAGE, params={"entities": len(said["entities"])})).raise_for_status()
        answer = await http.post(PAGE, data=fields)
    if answer.headers.get("location") != _SAVED:
        raise NotSaved(f"The page of ownership did not take the lines: {answer.headers.get('location', answer)}")


_COLUMNS = ("name", "kind", "country", "registration_number")
