"""Those who press certificates: this process and others make the same; one that ends takes nothing with it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from registry.errors import OwnProofFailed
from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.batches.run import BatchRun
from registry.issuing.decisions.decide import decide_roster
from registry.issuing.decisions.desk import Desk
from registry.issuing.decisions.wish import Wish
from registry.issuing.pressing.hand import Lent
from registry.issuing.pressing.hands import WORTH_IT, Hands, OtherHands, OwnHands, hands_for, lent
from registry.issuing.pressing.press import Job, Pressed, Signers
from registry.issuing.pressing.prove import objections
from registry.issuing.pressing.sign import line_of
from registry.records.issued.certificates import certificates, state_mismatches
from registry.records.sittings.occasions import occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import KeySigner
from registry.signing.published import build_trust
from tests.registry.conftest import NOW, ON_SQLITE, PUBLIC_URL, actor, issue, person, roster
from verification.certificate import Certificate
from verification.envelopes.signer import KeyRef, Signer
from verification.trust import StatusEvent
from verification.verify import verify

MANY = 300  # lines, so that there are several parts


@pytest.fixture
def signers(registry: Registry, keyring: Keyring) -> Signers:
    with registry.writing() as db:
        return Signers(
            "issuer",
            PUBLIC_URL,
            build_trust(db, PUBLIC_URL, NOW),
            keyring.organisation_signer(db, "issuer", NOW),
            keyring.attestation_signer(db, NOW),
        )


@pytest.fixture
def job(registry: Registry, signers: Signers) -> Job:
    people = (person(row, f"Person {row}", f"19{row % 60 + 30}-05-17") for row in range(2, 2 + MANY))
    with registry.reading() as db:
        desk = Desk(db, occasion_by_id(db, "hot-work-march"), NOW)
        decided = [each.decided for each in decide_roster(desk, roster(*people), Wish()) if each.decided]
    lines = [line_of(each, each.base, (0, place)) for place, each in enumerate(decided)]
    return Job(signers, {each.base: each.shared for each in decided}, lines, NOW)


@pytest.fixture
def others() -> Iterator[OtherHands]:
    with closing(OtherHands(2)) as hands:
        yield hands
        assert len(processes()) == 2, "one has ended, and this process has done its work"


def processes(number: int = os.getpid()) -> set[int]:
    """Those that press for this one."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            said = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == number and b"registry.issuing.pressing.hand" in said:
            found.add(int(place.name))
    return found


def hold(job: Job, made: list[Pressed]) -> None:
    """Each says what its line says, and is proved by anybody."""
    assert [(each.row, each.place) for each in made] == [(line.row, line.place) for line in job.lines]
    assert len({each.number for each in made}) == len(made)
    events = {each.number: (StatusEvent(kind="issued", effective_from=NOW),) for each in made}
    trust = job.signers.trust.model_copy(update={"events": events})
    for each, line in zip(made, job.lines, strict=True):
        said = Certificate.model_validate_json(each.facts)
        found = verify(each.vc_jwt, trust, NOW)
        assert objections(found) == []
        assert found.certificate is not None
        assert found.certificate.full == said
        assert json.loads(each.facts) == json.loads(said.model_dump_json(exclude_defaults=True))
        assert (said.holder_name, said.birth_date) == (line.name, line.born)


@ON_SQLITE
def test_other_processes_make_what_this_one_makes(job: Job, others: OtherHands) -> None:
    for hands in (OwnHands(), others):
        hold(job, hands.press(job).result())


@ON_SQLITE
def test_what_is_asked_first_is_answered_first(job: Job, others: OtherHands) -> None:
    first, second = others.press(job._replace(lines=job.lines[:150])), others.press(job._replace(lines=job.lines[150:]))
    hold(job, [*first.result(), *second.result()])
    assert first.result() == first.result()


@ON_SQLITE
def test_what_they_believe_follows_the_signers(job: Job, others: OtherHands) -> None:
    others.press(job).result()
    trust = job.signers.trust.model_copy(update={"attestation_keys": ()})
    wrong = job._replace(signers=replace(job.signers, trust=trust))
    for hands in (OwnHands(), others):
        with pytest.raises(OwnProofFailed, match=r"row \d+: compact form: key_unknown"):
            hands.press(wrong).result()
    hold(job, others.press(job).result())


@ON_SQLITE
def test_a_process_that_is_killed_takes_nothing_with_it(job: Job) -> None:
    with closing(OtherHands(2)) as hands:
        before = processes()
        assert len(before) == 2
        for number in before:
            os.kill(number, signal.SIGKILL)
        hold(job, hands.press(job).result())


@ON_SQLITE
def test_a_process_that_hangs_is_not_waited_for_long(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    before = processes()
    with closing(OtherHands(2)) as hands:
        hung = (processes() - before).pop()
        os.kill(hung, signal.SIGSTOP)
        monkeypatch.setattr("registry.issuing.pressing.hands.PATIENCE_SECONDS", 0.5)
        hold(job, hands.press(job).result())


@ON_SQLITE
def test_what_is_proved_later_is_proved_as_of_then(job: Job, others: OtherHands) -> None:
    """Nothing changed for a quarter of an hour: what was believed is not out of date."""
    later = job._replace(now=NOW + timedelta(minutes=14))
    for hands in (OwnHands(), others):
        assert len(hands.press(later).result()) == MANY


@ON_SQLITE
def test_processes_end_with_whoever_started_them(job: Job) -> None:
    hands = OtherHands(2)
    hands.press(job)
    started = processes()
    hands.close()
    assert len(started) == 2
    assert processes() == set()


def test_a_process_that_nobody_feeds_ends() -> None:
    told = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-c", "from registry.issuing.pressing.hand import main; main()"]
    assert subprocess.run(command, input=b"", env=told, check=True, capture_output=True, timeout=60).stdout == b""


@ON_SQLITE
def test_keys_go_through_pipes_alone(
    signers: Signers, job: Job, monkeypatch: pytest.MonkeyPatch, registry: Registry
) -> None:
    monkeypatch.setenv("BEVIS_KEY", "bvs_of_somebody")
    through = lent(signers)
    assert isinstance(through, Lent)
    secrets = [through.issuer.secret, through.attestation.secret]
    with closing(OtherHands(2)) as hands:
        hands.press(job).result()
        for number in processes():
            place = Path("/proc") / str(number)
            for told in ("environ", "cmdline"):
                said = (place / told).read_bytes()
                assert b"BEVIS_" not in said
                assert not any(secret in said or secret.hex().encode() in said for secret in secrets)
            opened = {str(each.resolve()) for each in (place / "fd").iterdir()}
            assert not any(str(registry.directory) in each for each in opened)
    assert not any(str(secret) in repr(through) for secret in secrets)


@dataclass(frozen=True)
class Elsewhere:
    """A key in a box that gives nobody its key."""

    inner: KeySigner

    def key(self) -> KeyRef:
        return self.inner.key()

    def sign(self, data: bytes) -> bytes:
        return self.inner.sign(data)


@ON_SQLITE
def test_who_presses(signers: Signers, job: Job) -> None:
    def kind(rows: int, cores: int) -> type[Hands]:
        with closing(hands_for(rows, cores)) as hands:
            return type(hands)

    assert kind(WORTH_IT, 2) is OtherHands
    assert kind(WORTH_IT - 1, 2) is OwnHands
    assert kind(WORTH_IT, 1) is OwnHands
    assert isinstance(signers.issuer, KeySigner)
    boxed = replace(signers, issuer=Elsewhere(signers.issuer))
    with closing(hands_for(WORTH_IT, 2)) as hands:
        hold(job, hands.press(job._replace(signers=boxed)).result())


def test_a_long_list_on_two_cores(registry: Registry, keyring: Keyring) -> None:
    people = roster(*(person(row, f"Person {row}") for row in range(2, 12 + WORTH_IT)))
    rita = actor(registry, "rita")
    result = issue(registry, keyring, "own-course-march", roster(person(2, "Person 2")))
    assert result.issued == 1
    with registry.writing() as db:
        asked = request_batch(db, "own-course-march", people, Wish(), actor=rita, now=NOW)
    run = BatchRun(registry, keyring, str(asked.batch), lambda: NOW, rows=300, cores=2)
    progress = run.begin()
    while progress.state == "issuing":
        progress = run.chunk()
        assert len(processes()) == 2
    run.close()
    assert processes() == set()
    assert (progress.state, progress.issued) == ("done", WORTH_IT + 9)
    with registry.reading() as db:
        assert state_mismatches(db) == []
        assert len(certificates(db)) == WORTH_IT + 10


@dataclass(frozen=True)
class Slips:
    """Signs as another does, and once writes a wrong bit."""

    signer: Signer
    wrong: int
    signed: list[bytes] = field(default_factory=list)

    def key(self) -> KeyRef:
        return self.signer.key()

    def sign(self, data: bytes) -> bytes:
        self.signed.append(data)
        made = self.signer.sign(data)
        return made[:-1] + bytes([made[-1] ^ 1]) if len(self.signed) == self.wrong else made


@ON_SQLITE
def test_every_signature_is_checked(job: Job) -> None:
    slips = replace(job.signers, issuer=Slips(job.signers.issuer, wrong=200))
    with pytest.raises(OwnProofFailed, match=rf"row {job.lines[199].row}: full form: signature_invalid"):
        OwnHands().press(job._replace(signers=slips)).result()


@ON_SQLITE
@pytest.mark.parametrize("name", ["", "x" * 121, "Ann\u202eB", "Ann\x00", " Ann"])
def test_every_holder_is_held_against_the_rules(job: Job, name: str) -> None:
    lines = [line._replace(name=name) if line is job.lines[7] else line for line in job.lines]
    with pytest.raises(OwnProofFailed, match=rf"row {job.lines[7].row}: "):
        OwnHands().press(job._replace(lines=lines)).result()


@ON_SQLITE
@pytest.mark.parametrize(("restrictions", "said"), [(1, True), (5, True), (7, False)])
def test_no_certificate_is_made_whose_code_cannot_be(job: Job, restrictions: int, said: bool) -> None:
    """The first with a short name fits where another with a long one does not."""
    number, draft = next(iter(job.drafts.items()))
    limited = {
        number: draft.model_copy(update={"restrictions": tuple(f"{n}" + "x" * 100 for n in range(restrictions))})
    }
    lines = [job.lines[0], *(line._replace(draft=number, name="\U00020000" * 120) for line in job.lines[1:3])]
    awaited = OwnHands().press(job._replace(lines=[line._replace(draft=number) for line in lines], drafts=limited))
    if said:
        assert len(awaited.result()) == len(lines)
    else:
        with pytest.raises(OwnProofFailed, match=rf"row {lines[1].row}: longer than 1200 bytes"):
            awaited.result()
