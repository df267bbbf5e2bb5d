"""The sources of lists that the settings of this place name, and the secret under which names are watched."""

from activities.watchlist import file_source
from kyc.lists import ListSource
from kyc.lists.sources import distinct, read
from kyc.screening.reverse import Hashing
from onboarding.settings import Settings
from records.masters import read_secret


def sources_of(settings: Settings) -> list[ListSource]:
    """Those of the YAML file, and the plain list file where it is there or nothing else is named."""
    named = read(settings.kyc.sources) if settings.kyc.sources.is_file() else []
    plain = [file_source(settings.kyc.list_file)] if settings.kyc.list_file.is_file() or not named else []
    return distinct([*plain, *named], settings.kyc.sources)


def hashing(settings: Settings) -> Hashing:
    """One secret for the whole service: keys of names are compared across clients."""
    return Hashing(read_secret(settings.keys.names))
