"""Discord's error answers: an HTTP status, a code and a sentence."""


class ApiError(Exception):
    """A request is answered with an error instead of a result."""

    def __init__(
        self, status: int, code: int, message: str, *, errors: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def payload(self) -> dict[str, object]:
        """Return the body of the answer."""
        body: dict[str, object] = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


def unauthorized() -> ApiError:
    """The token is missing or wrong."""
    return ApiError(401, 0, "401: Unauthorized")


def not_found(what: str) -> ApiError:
    """The thing does not exist, or not for this account."""
    return ApiError(404, UNKNOWN_CODES[what], f"Unknown {what}")


def missing_access() -> ApiError:
    """The account cannot see the channel."""
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """The account sees the channel but may not do this."""
    return ApiError(403, 50013, "Missing Permissions")


def invalid_field(path: str, code: str, message: str) -> ApiError:
    """A field of the body is out of shape; `path` is dotted, as in `embeds.0.title`."""
    tree: dict[str, object] = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        tree = {name: tree}
    return ApiError(400, 50035, "Invalid Form Body", errors=tree)


UNKNOWN_CODES = {
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Role": 10011,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}
