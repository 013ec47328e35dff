"""A process that presses certificates for another of the same registry: it has no records and opens no file.

On stdin it is told, message by message, who signs and what drafts say, and then lines; on stdout it tells what became
of the lines. Every message is its length in four bytes and a pickle; the pipes lead to whoever started it and to nobody
else, and the private keys came through them and lie nowhere else. Started by `registry.issuing.pressing.hands`.
"""

import gc
import os
import pickle
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from registry.errors import OwnProofFailed
from registry.issuing.pressing.press import Line, Press, Pressed, Signers
from registry.signing.private_keys import LentKey
from verification.certificate import Certificate
from verification.trust import Trust

_LENGTH = struct.Struct("!I")
_YIELDS = 12  # of 19 steps of politeness to other processes


@dataclass(frozen=True)
class Lent:
    """`press.Signers` on its way through a pipe."""

    organisation: str
    public_url: str
    trust: Trust
    issuer: LentKey
    attestation: LentKey

    def signers(self) -> Signers:
        """With keys that sign."""
        return Signers(self.organisation, self.public_url, self.trust, self.issuer.signer(), self.attestation.signer())


@dataclass(frozen=True)
class Task:
    """Lines to press, and the drafts among theirs that were not told before; anew: forget those that were."""

    drafts: Mapping[int, Certificate]
    lines: Sequence[Line]
    now: datetime
    anew: bool


Answer = list[Pressed] | str  # the text of OwnProofFailed


def tell(pipe: IO[bytes], message: Any) -> None:  # noqa: ANN401 what one side tells the other
    """Write a message."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def told(pipe: IO[bytes]) -> Any:  # noqa: ANN401 same
    """The next message. Raises EOFError where the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 from the process that started this one


def work(source: IO[bytes], sink: IO[bytes]) -> None:
    """Press until nobody asks any more."""
    press: Press | None = None
    while True:
        try:
            message = told(source)
        except EOFError:
            return
        if isinstance(message, Lent):
            press = Press(message.signers())
            continue
        tell(sink, _answer(press, message))


def _answer(press: Press | None, task: Task) -> Answer:
    if press is None:
        raise RuntimeError("asked to press before it was told who signs")
    press.learn(task.drafts, anew=task.anew)
    try:
        return press.press(task.lines, task.now)
    except OwnProofFailed as failed:
        return str(failed)


def main() -> None:
    """The process."""
    # Whoever stops the program from a shell stops whoever started this; that one ends this by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever waits for an answer of the registry, and whoever stores what is made here, goes first.
    with suppress(AttributeError, OSError):
        os.nice(_YIELDS)
    # Much is made here, and nothing that goes in circles.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    work(sys.stdin.buffer, sys.stdout.buffer)
