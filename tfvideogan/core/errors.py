"""The one error that a user is meant to read.

A `UserError` carries one clear line: what was given, what is allowed, how to fix it.
The doors print it without a traceback and exit with status 2.
"""


class UserError(ValueError):
    """Signals input that the user can mend; its message is shown as it stands."""
