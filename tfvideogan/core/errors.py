"""The one error that a user is meant to read.

A `UserError` carries one clear line: what was given, what is allowed, how to fix it. Who
reads it may have called the library or a program, so it names things, not flags; which
flag helps is said apart. The doors print both without a traceback and exit with status 2.

    raise errors.UserError("`root` must be given.", flags="--gin_param='root=...' does.")
"""


class UserError(ValueError):
    """Signals input that the user can mend; its message is shown as it stands.

    Attributes:
      flags: a sentence that only the doors show, or nothing: by which flag it is mended.
    """

    def __init__(self, message: object, *, flags: str = "") -> None:
        """Stores the two."""
        super().__init__(message)
        self.flags = flags
