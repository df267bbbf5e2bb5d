"""One family of errors. A refusal carries a reason code, not only words; the docstring is the default message."""

from typing import ClassVar


class OnboardingError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or (self.__doc__ or self.code)
        self.reason = code or self.code
        super().__init__(self.message)


class Invalid(OnboardingError):
    """The request says something that cannot be."""

    code = "invalid"
    status = 422


class NotFound(OnboardingError):
    """There is nothing under this id."""

    code = "not_found"
    status = 404


class Conflict(OnboardingError):
    """The request does not fit the state that things are in."""

    code = "conflict"
    status = 409


class Forbidden(OnboardingError):
    """This person may not do this."""

    code = "forbidden"
    status = 403


class Unauthenticated(OnboardingError):
    """Nobody is signed in, or the token is not known."""

    code = "unauthenticated"
    status = 401


class Gone(OnboardingError):
    """It was here, and its time is over."""

    code = "gone"
    status = 410


class TooLarge(OnboardingError):
    """More bytes than are taken here."""

    code = "too_large"
    status = 413


class Unavailable(OnboardingError):
    """An outside service does not answer; trying again may help."""

    code = "unavailable"
    status = 503
    retryable = True


class CaseClosed(Conflict):
    """The case has ended."""

    code = "case_closed"


class StepNotOpen(Conflict):
    """The step that this belongs to is not open."""

    code = "step_not_open"


class Tampered(OnboardingError):
    """Bytes do not match their seal; they were changed or the wrong key was used."""

    code = "tampered"
