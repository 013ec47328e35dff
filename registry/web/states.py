"""Which state of a thing was read, and that it is still that one when it is changed: strong ETag and If-Match.

def get_account(…, response: Response) -> AccountOut:
return tagged(response, _of(account))

def amend_account(…, read: IfMatch, response: Response) -> AccountOut:
read.check(_of(account))          # 428 where nothing was said, 412 where it changed meanwhile
…
return tagged(response, _of(changed))
"""

import hashlib
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from registry.errors import ChangedMeanwhile, StateNotNamed

HAS_ETAG: Final = {"x-etag": True}  # openapi_extra of a route that answers with `tagged`
Told = TypeVar("Told", bound=BaseModel)


def etag_of(told: BaseModel) -> str:
    """The same for the same answer, and for no other."""
    return f'"{hashlib.sha256(told.model_dump_json().encode()).hexdigest()[:32]}"'


def tagged(response: Response, told: Told) -> Told:
    """The answer, with its ETag beside it."""
    response.headers["ETag"] = etag_of(told)
    return told


class ReadState:
    """What If-Match says."""

    def __init__(self, given: str | None) -> None:
        self._given = given

    def check(self, now: BaseModel) -> None:
        """That `now` is the state that was read. Raises StateNotNamed, ChangedMeanwhile.

        Only strong tags count (RFC 9110 section 13.1.1), and `*` means any state.
        """
        if self._given is None:
            raise StateNotNamed("send the ETag of what you read in If-Match")
        named = [one.strip() for one in self._given.split(",")]
        if "*" not in named and etag_of(now) not in named:
            raise ChangedMeanwhile("read it again; its ETag is another now")


def _if_match(
    if_match: Annotated[
        str | None, Header(max_length=1000, description="ETag of the state that was read; 428 without it.")
    ] = None,
) -> ReadState:
    return ReadState(if_match)


IfMatch = Annotated[ReadState, Depends(_if_match)]
