"""Answers as the bytes that are sent, kept for as long as they must be the same.

Of one state of the register, within one second of the clock, a question has one answer: every moment that an answer
states is a whole second, and nothing it rests on can change without the register's revision growing.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, runtime_checkable

import orjson

from verification.answer import answer
from verification.ask import Asked, ask, ask_by_number
from verification.endpoint.question import Asking
from verification.judge import Verdict
from verification.paper import InHand
from verification.record import Following
from verification.trust import TrustSource

MOST_BYTES = 16 * 1024 * 1024
_LONGEST_TOKEN = 4096  # characters; longer ones are not worth the room


class Moment(TrustSource, Protocol):
    """A source that stands still: all it says belongs to one state of the register and one moment."""

    @property
    def revision(self) -> int:
        """Grows with every change of anything on record."""
        ...

    def line(self, number: str) -> Sequence[Following]:
        """The certificates that follow on one another, as they were issued; none where it stands alone."""
        ...


@runtime_checkable
class Register(Protocol):
    """A source that can be asked to stand still."""

    def at_once(self) -> AbstractContextManager[Moment]:
        """Everything as it is now, for as long as one question takes."""
        ...


class Shown(NamedTuple):
    """A verdict, whether it was on more than a number, and the certificates it hangs together with."""

    verdict: Verdict
    by_code: bool
    line: Sequence[Following] = ()


class Answered(NamedTuple):
    """An answer as JSON; missed = only a number was given, and it is none here."""

    body: bytes
    missed: bool


class KeptAnswers:
    """Asks the source, unless it has the answer already."""

    def __init__(self, source: TrustSource, most_bytes: int = MOST_BYTES) -> None:
        self._source, self._most_bytes = source, most_bytes
        self._register = source if isinstance(source, Register) else None
        self._at, self._kept, self._bytes = (-1, -1), dict[tuple[object, ...], Answered](), 0

    def to(self, token: str, asked: Asking, lang: str, *, by_number: bool) -> Answered:
        """The answer about one token. by_number: it stood where only a number stands."""
        if self._register is None:
            return _answered(self._source, token, asked, lang, by_number=by_number)
        with self._register.at_once() as moment:
            at = (moment.revision, int(moment.now().timestamp()))
            if at != self._at:
                self._at, self._kept, self._bytes = at, {}, 0
            needed = asked.situation
            question = (by_number, token, needed.id, needed.schemes, needed.level, asked.on, lang)
            known = self._kept.get(question)
            if known is None:
                known = _answered(moment, token, asked, lang, by_number=by_number)
                self._keep(question, token, known)
            return known

    def verdict(self, token: InHand, asked: Asking, *, by_number: bool = False) -> Shown:
        """The verdict itself, for a page, or on a document that was looked at; nothing is kept."""
        if self._register is None:
            return Shown(*_verdict(self._source, token, asked, by_number=by_number))
        with self._register.at_once() as moment:
            found = _verdict(moment, token, asked, by_number=by_number)
            said = found.verdict.certificate
            return Shown(*found, moment.line(said.number) if said and said.subject == "person" else ())

    def _keep(self, question: tuple[object, ...], token: str, known: Answered) -> None:
        size = len(token) + len(known.body)
        if len(token) <= _LONGEST_TOKEN and self._bytes + size <= self._most_bytes:
            self._kept[question] = known
            self._bytes += size


def _answered(source: TrustSource, token: str, asked: Asking, lang: str, *, by_number: bool) -> Answered:
    verdict, by_code = _verdict(source, token, asked, by_number=by_number)
    body = orjson.dumps(answer(verdict, lang, show_birth=by_code))
    return Answered(body, missed=not by_code and verdict.certificate is None)


def _verdict(source: TrustSource, token: InHand, asked: Asking, *, by_number: bool) -> Asked:
    if by_number and isinstance(token, str):
        return Asked(ask_by_number(source, token, asked.situation, asked.on), by_code=False)
    return ask(source, token, asked.situation, asked.on)
