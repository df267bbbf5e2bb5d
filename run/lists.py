"""The sources of lists that the settings of this place name."""

from activities.watchlist import file_source
from kyc.lists import ListSource
from kyc.lists.sources import read
from onboarding.settings import Settings


def sources_of(settings: Settings) -> list[ListSource]:
    """Those of the YAML file, and the plain list file where it is there or nothing else is named."""
    named = read(settings.kyc.sources) if settings.kyc.sources.is_file() else []
    plain = [file_source(settings.kyc.list_file)] if settings.kyc.list_file.is_file() or not named else []
    return [*plain, *named]
