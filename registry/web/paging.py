"""Lists, a page at a time: `?cursor=&limit=`, and `Link: <…>; rel="next"` as long as there is more.

    def list_accounts(db: Reading, page: Paged, …) -> AccountList:
        rows = accounts_after(db, page.after, page.limit + 1)
        return AccountList(items=[… for row in page.of(rows, lambda row: row.slug)])

A cursor holds the sort key of the last item, so that what is added or taken away meanwhile moves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from registry.errors import CursorUnknown
from verification.strict import NotStrict, decode_base64url, encode_base64url

USUAL: Final = 50
MOST: Final = 200
_MARK: Final = b"1:"  # how cursors are written; another way gets another number

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page:
    """One page of a list.

    after  sort key of the last item of the page before; None = from the start
    limit  how many items at most
    """

    after: str | None
    limit: int
    request: Request
    response: Response

    def of(self, rows: Sequence[Row], key: Callable[[Row], object]) -> Sequence[Row]:
        """The page, of `limit + 1` rows that were looked up; where there is one more, says where it goes on."""
        if len(rows) <= self.limit:
            return rows
        shown = rows[: self.limit]
        cursor = encode_base64url(_MARK + str(key(shown[-1])).encode())
        asked = {name: value for name, value in self.request.query_params.items() if name not in {"cursor", "limit"}}
        query = urlencode(asked | {"cursor": cursor, "limit": self.limit})
        self.response.headers["Link"] = f'<{self.request.url.path}?{query}>; rel="next"'
        return shown

    def after_id(self) -> UUID | None:
        """The sort key, where that is an id. Raises CursorUnknown."""
        if self.after is None:
            return None
        try:
            return UUID(self.after)
        except ValueError as fault:
            raise CursorUnknown("take it from Link in the answer before") from fault


def _page(
    request: Request,
    response: Response,
    cursor: Annotated[
        str | None,
        Query(max_length=400, description="Where the page begins: from `Link` in the answer before, not made by hand."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many items at most.")] = USUAL,
) -> Page:
    after = None
    if cursor is not None:
        try:
            known = decode_base64url(cursor)
            after = known.removeprefix(_MARK).decode()
        except (NotStrict, UnicodeDecodeError) as fault:
            raise CursorUnknown("take it from Link in the answer before") from fault
        if not known.startswith(_MARK) or not after.isprintable():
            raise CursorUnknown("take it from Link in the answer before")
    return Page(after, limit, request, response)


Paged = Annotated[Page, Depends(_page)]
