"""What a use case may answer instead of a result. Every message is one sentence that a stranger may read."""

from __future__ import annotations

from typing import Any


class Failed(Exception):
    """A use case said no; ``code`` is a stable word for programs, ``detail`` names fields or figures."""

    code = "failed"

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class NotSignedIn(Failed):
    """Nobody is signed in, or the session has ended."""

    code = "not_signed_in"

    def __init__(self, message: str = "sign in first") -> None:
        super().__init__(message)


class WrongPassword(Failed):
    """Login and password do not belong together; says nothing about which of them is wrong."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("the login or the password is wrong")


class LockedOut(Failed):
    """Too many wrong passwords; ``detail["seconds"]`` is how long to wait."""

    code = "locked_out"

    def __init__(self, seconds: int) -> None:
        super().__init__("too many wrong passwords: wait and try again", seconds=seconds)


class AccountLapsed(Failed):
    """The password is right, but the account holds no more; ``detail["why"]`` says by what."""

    code = "account_lapsed"

    def __init__(self, why: str) -> None:
        super().__init__("this account has lapsed: ask the system manager to renew it", why=why)


class WrongCode(Failed):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("the code is wrong or was used before: wait for the next one")


class NotReleased(Failed):
    """The link is good, but the security manager has not put it into force yet."""

    code = "not_released"

    def __init__(self) -> None:
        super().__init__("this link is not released yet: ask the security manager for the release code")


class WrongReleaseCode(Failed):
    """The release code is wrong; ``detail["left"]`` is how often another one may be tried before the link is void."""

    code = "wrong_release_code"

    def __init__(self, left: int) -> None:
        super().__init__("the release code is wrong: ask the security manager for it", left=left)


class WrongPasskey(Failed):
    """What the passkey answered does not hold; says nothing about why."""

    code = "wrong_passkey"

    def __init__(self) -> None:
        super().__init__("the passkey was not accepted: begin again")


class SecondFactorNeeded(Failed):
    """This takes a fresh proof of the second factor; ``detail["enrolled"]`` is whether the operator has one."""

    code = "second_factor_needed"

    def __init__(self, *, enrolled: bool, **more: Any) -> None:
        said = "give a code of your second factor, or use a passkey" if enrolled else "set up a second factor first"
        super().__init__(said, enrolled=enrolled, **more)


class Locked(Failed):
    """The session's controls are locked until its operator gives the password or a second factor."""

    code = "locked"

    def __init__(self) -> None:
        super().__init__("the console is locked: give your password or a second factor")


class DirectoryUnavailable(Failed):
    """The directory that knows the password cannot be asked; what exactly is wrong stands in the log."""

    code = "directory_unavailable"

    def __init__(self) -> None:
        super().__init__("the directory does not answer: its people cannot sign in now, local accounts can")


class KeptInDirectory(Failed):
    """The directory says this of its people: it is changed there, and not here."""

    code = "kept_in_directory"


class NotMapped(Failed):
    """Somebody of the directory proved who they are, and nothing here is given to them by it."""

    code = "not_mapped"

    def __init__(self) -> None:
        super().__init__("none of your groups in the directory opens anything here: ask the system manager")


class NotFound(Failed):
    """There is no such thing, or not for this operator: the two must not be told apart."""

    code = "not_found"

    def __init__(self, noun: str = "thing") -> None:
        super().__init__(f"there is no such {noun}")


class Forbidden(Failed):
    """The operator may know the thing but not do this with it."""

    code = "forbidden"


class Conflict(Failed):
    """Somebody else was faster, or the thing is not in a state for this."""

    code = "conflict"


class Gone(Failed):
    """It was there, and its time is over."""

    code = "gone"


class Invalid(Failed):
    """The request makes no sense; ``detail`` names the field."""

    code = "invalid"


class PasswordNeeded(Invalid):
    """A device is to be fetched from another address or path: its password is not offered there unless given again."""

    code = "password_needed"

    def __init__(self) -> None:
        sentence = "with another address or path give user name and password too: those kept stay with the old address"
        super().__init__(sentence, field="password")


class NotPlayable(Failed):
    """The stream is there, but not in this way; the message says what to choose."""

    code = "unplayable"
