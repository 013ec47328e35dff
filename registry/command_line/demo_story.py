"""The sample sector comes to life: its data (`registry/demo/`) recorded and issued from, each thing at its own time.

`now` is the day the demo is made on; the story's older certificates are issued at an older moment. Nothing here
is reachable from a command that works on somebody's real registry.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from importlib import resources
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from levels.evidence import add_months
from registry.command_line.place import personal_data_of
from registry.errors import MalformedInput
from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.batches.run import run_batch
from registry.issuing.changes.deciding import decide_on
from registry.issuing.changes.withdraw import revoke, suspend
from registry.issuing.decisions.wish import Wish
from registry.issuing.documents.codes import qr_png, qr_svg, qr_text
from registry.issuing.lists.class_list import ListKeys, read_class_list
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.organisations.accredit import issue_accreditation
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.mandates import grant
from registry.issuing.organisations.statements import FollowUp, NewAudit, follow_up, state
from registry.issuing.sittings.recording import record_results, record_sheet
from registry.records.accreditation.applications import NewApplication, NewDocument, add_document, apply_for
from registry.records.accreditation.proposals import Proposal, propose
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import NewAccount, add_account, grant_role, memberships_held
from registry.records.actors.api_keys import MOST_DAYS, actor_of_key, create_api_key, revoke_keys_of
from registry.records.actors.approvals import approval_by_id, decide
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.mandates.mandate_decisions import NewMandate
from registry.records.parties.organisations import (
    NewDeclaration,
    NewOrganisation,
    NewTie,
    add_organisation,
    add_tie,
    declare,
)
from registry.records.sector.catalogue import catalogue_entry
from registry.records.sector.recognitions import NewRecognition, grant_recognition
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.scheme_drafts import approve_draft, draft_scheme, publish_draft, submit_draft, takes_two
from registry.records.sector.schemes import scheme_owner
from registry.records.sittings.occasions import NewOccasion, add_occasion
from registry.records.store.database import Database
from registry.records.strict_input import parse, read_toml
from registry.records.whole.directory import Registry, create_registry
from registry.signing.keys import Keyring, create_master_key, open_keyring
from registry.signing.log.keeper import LogKeeper
from verification.certificate import display_number
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.qr import pack

OPERATOR = "vera"  # who runs the registry of the demo: the first of accounts.toml
NOON = time(12)
WITHDRAW = {"revoke": revoke, "suspend": suspend}
_HOLDS = re.compile(r"\{([^{}]+)\}")  # in a workforce: {scheme: holder}, or {code of scheme: holder}
_RELATIVE = re.compile(r'"@(?:([+-]\d+)m)?(?:([+-]\d+)d)?"')


@dataclass
class Story:
    """One telling: the registry it is told in, its keys, and what became of each class list."""

    registry: Registry
    keyring: Keyring
    today: date
    results: list[BatchResult] = field(default_factory=list)
    keys: dict[tuple[str, str | None], str] = field(default_factory=dict)
    accredited: dict[str, str] = field(default_factory=dict)  # ids and numbers, as the accreditation goes on

    def by(self, db: Database, role: Role, organisation: str | None, at: datetime) -> Actor:
        """Whoever holds that role there, proven by a key that lives as long as the story is told."""
        here = [one for one in memberships_held(db, at) if one.organisation == organisation]
        account = next(one.account for one in here if one.role == role)
        if (account, organisation) not in self.keys:
            held: list[Any] = [one.role for one in here if one.account == account]
            _, self.keys[account, organisation] = create_api_key(
                db, account=account, organisation=organisation, roles=held, days=MOST_DAYS, now=at, actor=OPERATOR
            )
        return actor_of_key(db, self.keys[account, organisation], at)

    def end(self, db: Database, at: datetime) -> None:
        """The keys of the story open nothing after it: their texts are nowhere."""
        for account, _ in self.keys:
            revoke_keys_of(db, account, at, OPERATOR)


Event = Callable[[Story, Database, datetime], Callable[[], None] | None]  # gives what is to be done after it


def tell(registry: Registry, keyring: Keyring, now: datetime) -> list[BatchResult]:
    """Everything in the sample sector, in order of time, the last of it before `now`. Returns the answers given."""
    story = Story(registry, keyring, now.date())
    for at, event in sorted(_events(now), key=lambda entry: entry[0]):
        with registry.writing() as db:
            keyring.prepare(db, at, OPERATOR)
            then = event(story, db, at)
        if then is not None:
            then()
        LogKeeper(registry, lambda: keyring, partial(_this, at)).advance()
    with registry.writing() as db:
        keyring.prepare(db, now, OPERATOR)
        story.end(db, now)
    return story.results


def _this(moment: datetime) -> datetime:
    return moment


def draw_codes(registry: Registry, keyring: Keyring, directory: Path, now: datetime) -> dict[str, str]:
    """Write the QR image of every certificate, SVG and PNG. Returns the text of each code by certificate number."""
    directory.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    with registry.reading() as db:
        for row in certificates(db):
            text = qr_text(db, keyring, row, registry.public_url, now)
            name = f"{row.level}-{row.scheme}-{row.number}"
            (directory / f"{name}.svg").write_bytes(qr_svg(text))
            (directory / f"{name}.png").write_bytes(qr_png(text))
            drawn[row.number] = text
    return drawn


def write_workforces(registry: Registry, codes: Mapping[str, str], place: Path) -> list[tuple[Path, Path]]:
    """Write the profiles, and for each a workforce with the numbers of this demo. Returns pairs of workforce, profile.

    What is there already is left as it is: somebody may have tried something in it.
    """
    with registry.reading() as db:
        numbers = {f"{row.scheme}: {row.holder_name}": row.number for row in certificates(db)}
    shown = {name: display_number(number) for name, number in numbers.items()}
    shown |= {f"code of {name}": codes[number] for name, number in numbers.items()}
    pairs: list[tuple[Path, Path]] = []
    for name in _files("profiles"):
        profile = place / name
        workforce = place / "workforces" / f"{profile.stem}.csv"
        source = resources.files("registry") / "demo"
        listed = (source / "workforces" / workforce.name).read_text(encoding="utf-8")
        _write_new(profile, (source / name).read_text(encoding="utf-8"))
        # With the mark that spreadsheet programs know UTF-8 by.
        _write_new(workforce, "\ufeff" + _HOLDS.sub(lambda found: shown[found[1]], listed))
        pairs.append((workforce, profile))
    return pairs


def _write_new(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def code_of_another_registry(row: IssuedCertificate, public_url: str, now: datetime) -> str:
    """A well-formed code that says what `row` says, signed with the key of a registry that lives for this call only."""
    with TemporaryDirectory() as place:
        there = Path(place) / "other"
        other = create_registry(there, public_url=public_url, name="Another registry", environment={})
        try:
            create_master_key(other.master_key_file())
            keyring = open_keyring(other.master_key_file())
            with other.writing() as db:
                keyring.prepare(db, now, OPERATOR)
                signer = keyring.attestation_signer(db, now)
        finally:
            other.close()
        return pack(seal_cwt(compact_token(row.certificate()), bytes.fromhex(signer.key().kid), signer), public_url)


# ------------------------------------------------------------------ the data


def _read(name: str, today: date) -> bytes:
    """A file of the sample sector, its relative days put into the calendar."""

    def day(found: re.Match[str]) -> str:
        months, days = (int(part or 0) for part in found.groups())
        return (add_months(today, months) + timedelta(days=days)).isoformat()

    text = (resources.files("registry") / "demo" / name).read_text(encoding="utf-8")
    return _RELATIVE.sub(day, text).encode()


def _tables(name: str, today: date) -> Mapping[str, Any]:
    return tomllib.loads(_read(name, today).decode())


def _files(folder: str) -> Iterator[str]:
    for entry in sorted((resources.files("registry") / "demo" / folder).iterdir(), key=lambda entry: entry.name):
        yield f"{folder}/{entry.name}"


# ------------------------------------------------------------------ what happens when


def _events(now: datetime) -> Iterator[tuple[datetime, Event]]:
    today = now.date()
    story, sector = _tables("story.toml", today), _tables("sector.toml", today)
    opens = date.fromisoformat(str(story["opens"]))

    def at(day: object, minute: int = 0) -> datetime:
        """Noon of that day or of the first day, whichever is later; never after now."""
        wanted = max(date.fromisoformat(str(day)), opens)
        return min(datetime.combine(wanted, NOON, now.tzinfo) + timedelta(minutes=minute), now)

    people = _tables("accounts.toml", today)["account"]
    yield at(opens), partial(_accounts, people)
    for given in sector["organisation"]:
        organisation = parse(given, NewOrganisation)
        yield at(opens), partial(_organisation, organisation, signs=organisation.kind != "person")
    yield at(opens), partial(_roles, people)
    for given in sector["tie"]:
        yield at(opens, 1), partial(_tie, parse(given, NewTie))
    for given in sector["declaration"]:
        for organisation_id, kind in product(_each(given["organisation"]), _each(given["kind"])):
            new = parse({**given, "organisation": organisation_id, "kind": kind}, NewDeclaration)
            yield at(new.on, 2), partial(_declaration, new)
    yield from _schemes_and_mandates(story, today, at)
    desk = _tables("accreditation.toml", today)
    for when, event in (
        ("applied_on", _application),
        ("audited_on", _audit),
        ("followed_up_on", _follow_up),
        ("decided_on", _decision),
    ):
        yield at(desk[when], 4), partial(event, desk)
    for given in story["batch"]:
        occasion = read_toml(_read(f"occasions/{given['occasion']}.toml", today), NewOccasion)
        yield at(given["at"], 5), partial(_batch, occasion, good_rows=given.get("issue_good_rows", False))
    for given in story["withdrawal"]:
        yield at(given["at"], 6), partial(_withdrawal, given)


def _schemes_and_mandates(
    story: Mapping[str, Any], today: date, at: Callable[[object, int], datetime]
) -> Iterator[tuple[datetime, Event]]:
    opens = story["opens"]
    for name in _files("schemes"):
        yield at(opens, 3), partial(_scheme, read_toml(_read(name, today), NewScheme))
    for given in _tables("mandates.toml", today)["mandate"]:
        yield at(opens, 4), partial(_mandate, parse(given, NewMandate))
    for given in _tables("recognitions.toml", today)["recognition"]:
        yield at(opens, 4), partial(_recognition, parse(given, NewRecognition))
    for given in story["draft"]:
        yield at(given["at"], 4), partial(_draft, catalogue_entry(given["id"]).draft_for(given["owner"]))


def _each(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _organisation(new: NewOrganisation, story: Story, db: Database, at: datetime, *, signs: bool) -> None:
    operator = story.by(db, "operator", None, at).account
    add_organisation(db, new, at, operator)
    if signs:
        story.keyring.create_organisation_key(db, new.id, at, operator)


def _accounts(people: Sequence[Mapping[str, Any]], _: Story, db: Database, at: datetime) -> None:
    for given in people:
        about = {name: given[name] for name in ("id", "name", "birth_date")}
        add_account(db, parse(about, NewAccount), at, OPERATOR)


def _roles(people: Sequence[Mapping[str, Any]], _: Story, db: Database, at: datetime) -> None:
    for given in people[1:]:  # the first account is the operator already
        for role in given["role"]:
            grant_role(db, given["id"], given["organisation"], role, now=at, actor=OPERATOR)


def _tie(new: NewTie, story: Story, db: Database, at: datetime) -> None:
    add_tie(db, new, at, story.by(db, "operator", None, at).account)


def _declaration(new: NewDeclaration, story: Story, db: Database, at: datetime) -> None:
    declare(db, new, at, story.by(db, "operator", None, at).account)


def _scheme(new: NewScheme, story: Story, db: Database, at: datetime) -> None:
    author = story.by(db, "scheme_author", new.owner, at)
    draft = draft_scheme(db, new, at, author.account)
    if takes_two(new):
        submit_draft(db, new.code, new.version, actor=author, now=at)
        approver = story.by(db, "scheme_approver", new.owner, at)
        approve_draft(db, new.code, new.version, digest=draft.digest, actor=approver, now=at)
    publish_draft(db, new.code, new.version, from_day=None, now=at, actor=author.account)


def _draft(new: NewScheme, story: Story, db: Database, at: datetime) -> None:
    draft_scheme(db, new, at, story.by(db, "scheme_author", new.owner, at).account)


def _mandate(new: NewMandate, story: Story, db: Database, at: datetime) -> None:
    grant(db, _office(story), new, at, story.by(db, "scheme_approver", scheme_owner(db, new.scheme), at).account)


def _application(desk: Mapping[str, Any], story: Story, db: Database, at: datetime) -> None:
    new = parse(desk["application"], NewApplication)
    applicant = story.by(db, "requester", new.applicant, at).account
    public_id = story.accredited["id"] = apply_for(db, new, at, applicant).public_id
    for given in desk["document"]:
        # What they hold is nowhere: the digest is that of their name.
        known_by = sha256(given["name"].encode()).hexdigest()
        add_document(db, public_id, parse({**given, "sha256": known_by}, NewDocument), at, applicant)


def _audit(desk: Mapping[str, Any], story: Story, db: Database, at: datetime) -> None:
    new = parse(desk["audit"], NewAudit)
    auditor = story.by(db, "approver", new.issuer, at).account
    story.accredited["audit"] = state(db, _office(story), new, at, auditor).number


def _follow_up(desk: Mapping[str, Any], story: Story, db: Database, at: datetime) -> None:
    auditor = story.by(db, "approver", desk["audit"]["issuer"], at).account
    follow_up(db, _office(story), story.accredited["audit"], parse(desk["follow_up"], FollowUp), at, auditor)


def _decision(desk: Mapping[str, Any], story: Story, db: Database, at: datetime) -> None:
    """One person of the body reviews, another decides; and a declaration rests on the certificate."""
    public_id, body = story.accredited["id"], desk["application"]["body"]
    reviewer, decider = (story.by(db, role, body, at) for role in ("requester", "approver"))
    asked = propose(db, public_id, parse(desk["proposal"], Proposal), reviewer, at)
    decide_on(db, asked.public_id, approve=True, digest=asked.digest, actor=decider, now=at)
    row = issue_accreditation(db, _office(story), public_id, at, reviewer.account)
    declared = {"organisation": row.applicant, "kind": "accredited", "on": at.date(), "certificate": row.certificate}
    _declaration(parse(declared, NewDeclaration), story, db, at)


def _office(story: Story) -> Office:
    return Office(story.keyring, story.registry.public_url)


def _recognition(new: NewRecognition, story: Story, db: Database, at: datetime) -> None:
    grant_recognition(db, new, at, story.by(db, "scheme_approver", scheme_owner(db, new.scheme), at).account)


def _batch(occasion: NewOccasion, story: Story, db: Database, at: datetime, *, good_rows: bool) -> Callable[[], None]:
    """One person asks, where needed another approves, and then it is issued."""
    requester = story.by(db, "requester", occasion.issuer, at)
    add_occasion(db, occasion, at, requester.account)
    for record, folder in ((record_sheet, "sheets"), (record_results, "results")):
        handed_in = resources.files("registry") / "demo" / folder / f"{occasion.id}.csv"
        if handed_in.is_file():
            recorded = record(db, str(occasion.id), handed_in.read_bytes(), now=at, actor=requester.account)
            told = [f"row {row}: {each.says['en']}" for row, wrong in recorded.faults.items() for each in wrong]
            if told:
                raise MalformedInput([(handed_in.name, says) for says in told])
    data = (resources.files("registry") / "demo" / "rosters" / f"{occasion.id}.csv").read_bytes()
    # The people are made up, and so are their numbers.
    keys = ListKeys(lambda: personal_data_of(story.registry), synthetic_too=True)
    people = read_class_list(db, str(occasion.id), data, keys=keys, now=at, keyring=story.keyring)
    wish = Wish(issue_good_rows=good_rows)
    asked = request_batch(db, str(occasion.id), people, wish, actor=requester, now=at, keys=keys)
    if asked.approval is not None:
        approver = story.by(db, "approver", occasion.issuer, at)
        digest = approval_by_id(db, asked.approval).digest
        decide(db, asked.approval, approve=True, digest=digest, actor=approver, now=at)
    return lambda: story.results.append(run_batch(story.registry, story.keyring, str(asked.batch), lambda: at))


def _withdrawal(given: Mapping[str, str], story: Story, db: Database, at: datetime) -> None:
    found = next(
        row
        for row in certificates(db)
        if row.scheme == given["scheme"] and row.holder_name == given["holder"] and row.state == "issued"
    )
    actor = story.by(db, "requester", found.issuer, at).account
    WITHDRAW[given["kind"]](db, found.number, reason=given["reason"], now=at, actor=actor, note=given["note"])
