"""Certificates are asked for over HTTP, each by five at once with one Idempotency-Key, while the service is killed.

Whoever gets no answer asks again, as clients do. In the end each key has one certificate, everybody who sent it was
told the same bytes, and so is whoever sends it afterwards.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from registry.records.actors.api_keys import create_api_key
from registry.records.store.remembered import remembered
from registry.records.whole.directory import Registry
from tests.chaos.ground import OCCASION, name_of
from tests.chaos.served import Service, asked
from tests.chaos.soundness import ailments, issued, numbers, unsound

_PATIENCE_SECONDS = 120
_LATER = {"/problems/same-request-under-way", "/problems/database-busy"}
_AGAIN_SECONDS = 0.05
_OF_THE_MOMENT = {"date", "ratelimit", "ratelimit-policy"}  # headers that are not of the answer that is kept
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]


@dataclass
class Repeats:
    """What was done."""

    seed: int
    keys: int
    answers: int = 0
    certificates: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.keys} keys, {self.answers} answers, {self.unanswered} asked again, {self.killed.total()} kills; "
            f"{self.certificates} certificates, {self.seconds:.0f} s"
        )


class Asked:
    """A registry that is asked over HTTP, and killed meanwhile."""

    def __init__(self, registry: Registry, *, seed: int) -> None:
        now = datetime.now(UTC)
        self._registry, self._chance = registry, random.Random(seed)  # noqa: S311 the same moments again
        self._ill, self._seed = ailments(registry, now), seed
        with registry.writing() as db:
            _, self._key = create_api_key(
                db, account="rita", organisation="solo", roles=["requester"], now=now, actor="rita"
            )
        self._lock, self._heard, self._unanswered = threading.Lock(), 0, 0

    def run(self, keys: int, repeats: int, kills: int) -> Repeats:
        """So many keys, each sent so often; the service is killed so often."""
        began, done = time.monotonic(), Repeats(self._seed, keys)
        told: defaultdict[int, list[Answer]] = defaultdict(list)
        wanted = [number for number in range(keys) for _ in range(repeats)]
        # After how many answers, so that it is always in the midst.
        moments = sorted(self._chance.sample(range(len(wanted) * 3 // 4), kills))
        pauses = [self._chance.uniform(0, 0.1) for _ in moments]
        with Service(self._registry) as service, ThreadPoolExecutor(2 * repeats) as pool:
            answers = [(number, pool.submit(self._insist, service, number)) for number in wanted]
            for moment, pause in zip(moments, pauses, strict=True):
                while self._heard < moment:
                    time.sleep(0.005)
                time.sleep(pause)
                done.killed[service.kill()] += 1
            for number, answer in answers:
                told[number].append(answer.result())
            for number in range(keys):
                told[number].append(self._insist(service, number))
            self._until_issued(keys)
        done.answers, done.unanswered = self._heard, self._unanswered
        self._hold_in_the_end(told)
        done.certificates = len(numbers(self._registry))
        done.seconds = time.monotonic() - began
        return done

    def _insist(self, service: Service, number: int) -> Answer:
        """Ask until there is an answer; what is refused for now is asked again."""
        body = json.dumps(
            {
                "occasion": OCCASION,
                "name": name_of(number),
                "birth_date": "1990-05-17",
                "email": f"p{number}@example.com",
                "facts": {"attended_minutes": 480, "passed_all": True, "result_recorded": True},
            }
        ).encode()
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            answer = self._asked(service, body, f"certificate-{number}")
            if answer is not None:
                with self._lock:
                    self._heard += 1
                return answer
            with self._lock:
                self._unanswered += 1
            time.sleep(_AGAIN_SECONDS)
        raise AssertionError(f"seed {self._seed}: no answer about {number} in {_PATIENCE_SECONDS} s")

    def _asked(self, service: Service, body: bytes, key: str) -> Answer | None:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            answer = asked(service.port, "POST", "/api/v1/certificates", headers, body)
        except (OSError, http.client.HTTPException):
            return None
        if answer.status in {409, 503} and answer.json()["type"] in _LATER:
            return None
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_THE_MOMENT]
        return answer.status, tuple(sorted(kept)), answer.body

    def _until_issued(self, keys: int) -> None:
        """What was asked for is issued by the service a while after it has said so."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while len(numbers(self._registry)) < keys and time.monotonic() < until:
            time.sleep(0.1)

    # --- what holds ------------------------------------------------------------------------------------------------

    def _hold_in_the_end(self, told: dict[int, list[Answer]]) -> None:
        statuses = Counter(status for answers in told.values() for status, _, _ in answers)
        self._hold(set(statuses) == {202}, f"answered {dict(statuses)}")
        unlike = [number for number, answers in told.items() if len(set(answers)) != 1]
        self._hold(not unlike, f"keys {unlike[:5]} were answered differently")
        batches = {json.loads(answers[0][2])["batch"] for answers in told.values()}
        there = issued(self._registry)
        self._hold(len(batches) == len(told), f"{len(told)} keys, {len(batches)} batches were told")
        self._hold(there == dict.fromkeys(batches, 1), f"{sum(there.values())} certificates in {len(there)} batches")
        self._hold(len(numbers(self._registry)) == len(told), f"{len(numbers(self._registry))} certificates")
        with self._registry.reading() as db:
            kept = {number: remembered(db, "rita solo", f"certificate-{number}") for number in told}
        other = [number for number, one in kept.items() if one is None or one.body != told[number][0][2]]
        self._hold(not other, f"of {other[:5]} other answers are kept than were given")
        wrong = [*unsound(self._registry), *(ailments(self._registry, datetime.now(UTC)) - self._ill)]
        self._hold(not wrong, "; ".join(wrong))

    def _hold(self, true: bool, otherwise: str) -> None:
        if not true:
            raise AssertionError(f"seed {self._seed}: {otherwise}")
