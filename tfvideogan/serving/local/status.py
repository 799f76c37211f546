"""How a request can fail, in the words of gRPC and of HTTP.

Everything below the two front ends raises `RequestError`; a front end turns it into a
status of its own protocol.
"""

import grpc
import tensorflow as tf

Code = grpc.StatusCode

# The production server cuts messages there.
MAX_MESSAGE = 1024
TRUNCATED = "...TRUNCATED"

HTTP = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INTERNAL: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_BY_NUMBER = {code.value[0]: code for code in Code}


class RequestError(Exception):
    """Signals that a request, or the loading of a version, failed with a status.

    Attributes:
      code: of gRPC.
      message: as the production server words it, at most 1024 characters and a mark.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        """Stores the status; cuts a long message."""
        is_long = len(message) > MAX_MESSAGE
        self.code = code
        self.message = message[:MAX_MESSAGE] + TRUNCATED if is_long else message
        super().__init__(self.message)

    @property
    def number(self) -> int:
        """The code as a number, as protos carry it."""
        return self.code.value[0]


def invalid(message: str) -> RequestError:
    """Makes an INVALID_ARGUMENT, which is most of them."""
    return RequestError(Code.INVALID_ARGUMENT, message)


def internal() -> RequestError:
    """Makes an INTERNAL for a fault of the server's own, which its log describes."""
    return RequestError(Code.INTERNAL, "Internal error; the log of the server has more")


def from_tensorflow(error: tf.errors.OpError) -> RequestError:
    """Turns an error of the runtime into a status with the same code and words."""
    code = _BY_NUMBER.get(error.error_code, Code.UNKNOWN)
    return RequestError(code, error.message)
