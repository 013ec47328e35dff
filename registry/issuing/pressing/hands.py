"""Those who press certificates: this process itself, or several others, so that a long list uses all cores."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Timer
from typing import Protocol

from registry.errors import OwnProofFailed
from registry.issuing.pressing.hand import Answer, Lent, Task, tell, told
from registry.issuing.pressing.press import Job, Press, Pressed, Signers, in_parts
from registry.signing.private_keys import KeySigner

WORTH_IT = 1_000  # rows; below that other processes take longer to start than they save
MOST_HANDS = 8
MOST_DRAFTS = 2_000  # that a process keeps in mind
PATIENCE_SECONDS = 60.0  # for one part, which takes a tenth of one: whoever takes longer is taken for dead
_PART = 125  # lines at a time: small enough that all hands are busy, large enough that pipes do not count


class Hands(Protocol):
    """Presses lines; what is asked is answered later.

    ahead  how much may be asked for before the first of it is awaited
    """

    ahead: int

    def press(self, job: Job) -> "Awaited":
        """Begin to press; the number of a draft stands for the same in every job."""

    def close(self) -> None:
        """Nothing more is pressed."""


class Awaited(Protocol):
    """What is being pressed."""

    def result(self) -> list[Pressed]:
        """All of it, in the order of the lines. Raises OwnProofFailed."""


def hands_for(rows: int, cores: int | None = None) -> Hands:
    """Who presses that many rows. Other processes take a moment to be ready; nobody need wait for them.

    cores  on how many there is something to gain; None = those of this machine
    """
    many = min(MOST_HANDS, _cores() if cores is None else cores)
    if rows < WORTH_IT or many < 2:  # noqa: PLR2004 alone, this process is as quick
        return OwnHands()
    try:
        return OtherHands(many)
    except OSError:  # no room for another process
        return OwnHands()


def lent(signers: Signers) -> Lent | None:
    """As it goes through a pipe; None where a key is not in this process."""
    issuer, attestation = signers.issuer, signers.attestation
    if not isinstance(issuer, KeySigner) or not isinstance(attestation, KeySigner):
        return None
    return Lent(signers.organisation, signers.public_url, signers.trust, issuer.lent(), attestation.lent())


class OwnHands:
    """This process."""

    ahead = 1

    def press(self, job: Job) -> "Awaited":
        """Nothing is done before somebody asks for the result."""
        return _Later(job)

    def close(self) -> None:
        """Nothing to give back."""


class _Later:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._made: list[Pressed] | None = None

    def result(self) -> list[Pressed]:
        if self._made is None:
            self._made = _pressed_here(self._job)
        return self._made


class OtherHands:
    """Processes of their own, started once and fed through pipes."""

    ahead = 3

    def __init__(self, many: int) -> None:
        """Raises OSError where they cannot be started."""
        self._idle: SimpleQueue[_Hand] = SimpleQueue()
        self._hands: list[_Hand] = []
        try:
            for _ in range(many):
                self._hands.append(_Hand())
        except OSError:
            self.close()
            raise
        for hand in self._hands:
            self._idle.put(hand)
        self._threads = ThreadPoolExecutor(many, thread_name_prefix="bevis-hand")

    def press(self, job: Job) -> "Awaited":
        """Every hand presses a part of it, when it is free; with a key that cannot be lent, this process all of it."""
        if lent(job.signers) is None:
            return _Later(job)
        parts = in_parts(job.lines, _PART)
        return _Parts([self._threads.submit(self._part, job._replace(lines=part)) for part in parts])

    def close(self) -> None:
        """Let them go, whatever they have in hand."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for hand in self._hands:
            hand.close()

    def _part(self, job: Job) -> list[Pressed]:
        hand = self._idle.get()
        try:
            return hand.press(job)
        except BrokenPipeError:
            if hand.closed:
                raise
            return _pressed_here(job)  # somebody ended it: slower, and no worse
        finally:
            self._idle.put(hand)


class _Parts:
    def __init__(self, parts: Sequence[Future[list[Pressed]]]) -> None:
        self._parts = parts

    def result(self) -> list[Pressed]:
        return [pressed for part in self._parts for pressed in part.result()]


class _Hand:
    """One other process."""

    def __init__(self) -> None:
        """Raises OSError."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BEVIS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from registry.issuing.pressing.hand import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what went wrong there goes wrong here too, and is told here
            # The same program as this one, wherever it was found.
            env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._knows: set[int] = set()
        self._signers: Signers | None = None
        self.closed = False

    def press(self, job: Job) -> list[Pressed]:
        """Raises OwnProofFailed, and BrokenPipeError where the process is gone, or says nothing for too long."""
        # One that hangs is ended: then its pipe is closed, as if it had died of itself.
        patience = Timer(PATIENCE_SECONDS, self._process.kill)
        patience.start()
        try:
            answer = self._asked(job)
        except (EOFError, OSError, ValueError) as gone:
            raise BrokenPipeError("a process that pressed certificates has ended") from gone
        finally:
            patience.cancel()
        if isinstance(answer, str):
            raise OwnProofFailed(answer)
        return answer

    def close(self) -> None:
        self.closed = True
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _asked(self, job: Job) -> Answer:
        if self._process.stdin is None or self._process.stdout is None:
            raise EOFError
        if job.signers is not self._signers:
            tell(self._process.stdin, lent(job.signers))
            self._signers, self._knows = job.signers, set()
        anew = len(self._knows) > MOST_DRAFTS
        if anew:
            self._knows.clear()
        wanted = {line.draft for line in job.lines} - self._knows
        tell(self._process.stdin, Task({number: job.drafts[number] for number in wanted}, job.lines, job.now, anew))
        answer: Answer = told(self._process.stdout)
        self._knows |= wanted
        return answer


def _pressed_here(job: Job) -> list[Pressed]:
    press = Press(job.signers)
    press.learn(job.drafts)
    return press.press(job.lines, job.now)


def _cores() -> int:
    """Those that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
