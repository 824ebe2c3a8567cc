"""Refusals, as RFC 9457 problem details."""

from collections.abc import Mapping
from typing import Any

TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Unsupported media type",
    422: "The rows don't fit the model",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A request that is refused: an HTTP status, what is wrong, and every bad cell."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """errors: `row` (from 1; None: all rows), `field`, `got` and `expected` of each bad cell."""
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors
        self.headers = dict(headers or {})

    def to_json(self) -> dict[str, Any]:
        """Give the members of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457).

        >>> Problem(404, "no such model").to_json()["title"]
        'Not found'
        """
        title = TITLES[self.status]
        body: dict[str, Any] = {
            "type": "urn:holdfast:problem:" + title.lower().replace("'", "").replace(" ", "-"),
            "title": title,
            "status": self.status,
            "detail": self.detail,
        }
        return body if self.errors is None else body | {"errors": self.errors}
