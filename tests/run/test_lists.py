"""The sources of lists that the settings name: each has a name of its own."""

from pathlib import Path

import pytest

from onboarding.errors import Invalid
from onboarding.settings import Settings
from run.lists import sources_of


def test_a_source_may_not_go_by_the_name_of_the_plain_list_file(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.kyc.list_file.parent.mkdir(parents=True)
    settings.kyc.list_file.write_text("not read here", "utf-8")
    settings.kyc.sources.write_text("lists: [{name: ofac-sdn, files: [/x/sdn.csv]}]", "utf-8")

    with pytest.raises(Invalid, match="two sources one name"):
        sources_of(settings)
