"""Every operation × everybody: nobody, each role in the own and in another organisation and in the registry itself,
a key that expired, a key that was revoked. Made from the API's description, so that a route without a row fails.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.statements import NewAudit, state
from registry.issuing.people.duplicates import suspicion
from registry.records.accreditation.applications import NewApplication, apply_for
from registry.records.actors.access import ROLES, Actor, Role, actions
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import create_api_key, revoke_api_key
from registry.records.actors.approvals import request_approval
from registry.records.issued.batches import batches
from registry.records.issued.certificates import certificates
from registry.records.issued.person_organisations import note_organisation
from registry.records.issued.reports import NewReport, add_report
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.parties.organisations import declarations_of
from registry.records.parties.signing_keys import keys_of
from registry.records.persons.duplicates import queue_pairs
from registry.records.persons.people import Changes, add_person
from registry.records.sector.extensions import NewExtension, extend_scheme
from registry.records.sector.recognitions import NewRecognition, grant_recognition
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.scheme_drafts import add_scheme, draft_scheme
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import open_registry
from registry.signing.keys import Keyring, open_keyring
from registry.web.app import create_app, openapi_document
from registry.web.settings import Settings
from tests.contract.conftest import NOW, UNLIMITED
from tests.contract.rows import DRAFT, EITHER, OCCASION, OTHER, OWN, ROWS, THIRD, Row
from verification.certificate import display_number

METHODS = {"get", "put", "post", "delete", "patch"}
OPERATIONS: dict[str, tuple[str, Mapping[str, Any]]] = {
    operation["operationId"]: (method.upper(), operation)
    for item in json.loads(json.dumps(openapi_document()))["paths"].values()
    for method, operation in item.items()
    if method in METHODS
}
FOR_SOME = {name: found for name, found in OPERATIONS.items() if found[1].get("x-action") != "public"}
PLACES = {"own": OWN, "other": OTHER, "registry": None}
A_REPORT = {
    "id": "0b9f4dd2-6a51-4f0e-9a55-1f3b9a3f7d10",
    "noticed_at": "2026-11-20T11:00:00Z",
    "reason": "looks_forged",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class World:
    """A client, a key for each cell of the matrix, and the ids that rows name."""

    client: TestClient
    keys: Mapping[tuple[Role, str], str]
    expired: str
    revoked: str
    ids: Mapping[str, str]

    def ask(self, name: str, key: str | None, turn: str, others: Mapping[str, str] | None = None) -> Any:
        """others: ids in place of those that the row names, as they stand in what is sent."""
        method, row = FOR_SOME[name][0], ROWS[name]
        headers = {"Idempotency-Key": f"{name}-{turn}", **row.headers}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if row.body is not None:
            headers.setdefault("Content-Type", "text/csv" if isinstance(row.body, str) else "application/json")
        content = row.body if row.body is None or isinstance(row.body, str) else _filled(row.body, self.ids)
        path = row.path.format_map(self.ids)
        for one, other in (others or {}).items():
            path, content = path.replace(one, other), content and content.replace(one, other)
        return self.client.request(method, f"/api/v1{path}", content=content, headers=headers)

    def nothing_like(self) -> Mapping[str, str]:
        """For each thing of an organisation, an id that nothing has."""
        made = {
            OCCASION: "never-held",
            self.ids["batch"]: "batch-000000000000",
            self.ids["approval"]: f"approval-{'0' * 16}",
            self.ids["mass_change"]: f"approval-{'0' * 16}",
            self.ids["reissue"]: f"approval-{'0' * 16}",
            self.ids["accredits"]: f"accreditation-{'0' * 16}",
            self.ids["applied"]: f"accreditation-{'0' * 16}",
        }
        return made | {self.ids["certificate"]: "0" * 16}


def _filled(body: Mapping[str, Any], ids: Mapping[str, str]) -> str:
    """The body with the ids it names in braces."""
    return json.dumps({name: ids.get(str(value).strip("{}"), value) for name, value in body.items()})


@pytest.fixture(scope="module")
def world(demo: tuple[Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = Path(shutil.copytree(demo[0], tmp_path_factory.mktemp("roles") / "demo"))
    registry = open_registry(place)
    keys: dict[tuple[Role, str], str] = {}

    def account(slug: str, name: str, organisation: str | None, role: Role, **more: Any) -> str:
        at: dict[str, Any] = {"now": NOW - timedelta(days=30), "actor": "vera"}
        add_account(db, parse({"id": slug, "name": name}, NewAccount), at["now"], "vera")
        grant_role(db, slug, organisation, role, **at)
        return create_api_key(db, account=slug, organisation=organisation, roles=[role], **at, **more)[1]

    with registry.writing() as db:
        for number, (role, where) in enumerate(product(ROLES, PLACES)):
            name = f"Prov{LETTERS[number % 26]}{LETTERS[number // 26]} Person"
            keys[role, where] = account(f"{role.replace('_', '-')}-{where}", name, PLACES[where], role)
        subjects = account("subject", "Sara Subjekt", OWN, "requester")
        expired = account("expired", "Elof Utgången", None, "operator", days=20)
        revoked = account("revoked", "Rut Indragen", None, "operator")
        revoke_api_key(db, revoked[4:12], NOW, "vera")
        subject = Actor("subject", frozenset({(OWN, "requester")}), proven=True)
        asked = request_approval(
            db, kind="batch", subject="b1", organisation=OWN, content={"people": 1}, actor=subject, now=NOW
        )
        number = next(row.number for row in certificates(db) if row.issuer == OWN and row.state == "issued")
        mass = request_approval(
            db,
            kind="mass_change",
            subject="m1",
            organisation=OWN,
            content={"certificates": [display_number(number)]},
            actor=subject,
            now=NOW,
        )
        anew = request_approval(
            db,
            kind="reissue",
            subject=keys_of(db, OWN)[0].kid,
            organisation=OWN,
            content={"key": keys_of(db, OWN)[0].kid, "certificates": [display_number(number)]},
            actor=subject,
            now=NOW,
        )
        draft = parse(DRAFT, NewScheme)
        for code in ("drafted", "given-up", "published"):
            sources = draft.source if code == "drafted" else ()
            new = draft.model_copy(update={"code": code, "source": sources})
            (add_scheme if code == "published" else draft_scheme)(db, new, NOW, "vera")
        mandate = {"scheme": "published", "issuer": OTHER, "max_level": "D", "since": "2026-11-01"}
        accepted = {"scheme": "published", "accepts": "fork-lift", "accepted_from": "2026-11-01"}
        longer = dict(ROWS["extendScheme"].body or {}, scheme="published")
        ids = {
            "mandate": grant_mandate(db, parse(mandate, NewMandate), NOW, "vera").public_id,
            "recognition": grant_recognition(db, parse(accepted, NewRecognition), NOW, "vera").public_id,
            "extension": extend_scheme(db, parse(longer, NewExtension), NOW, "vera").public_id,
            "report": str(add_report(db, parse(A_REPORT, NewReport), NOW).id),
            "key": subjects[4:12],
            "approval": asked.public_id,
            "kid": keys_of(db, OWN)[0].kid,
            "mass_change": mass.public_id,
            "reissue": anew.public_id,
            "certificate": number,
            "batch": next(row.public_id for row in batches(db, issuers=[OWN])),
            "certified": _audited(db, open_keyring(place / "master.key")),
            "accredits": _applied(db, THIRD, OWN),
            "applied": _applied(db, OWN, THIRD),
            "declaration": str(declarations_of(db, OWN)[0].id),
            **_two_people(db),
        }
    registry.close()
    app = create_app(Settings.read(place, env=UNLIMITED | {"BEVIS_REQUESTS_PER_MINUTE": "0"}), clock=lambda: NOW)
    with TestClient(app, base_url="https://bevis.example") as client:
        yield World(client, keys, expired, revoked, ids)


def _audited(db: Database, keyring: Keyring) -> str:
    """The number of a certificate that OWN issued about OTHER: an audit with a finding."""
    found = {"ref": "A-1", "grade": "minor"}
    new = {**(ROWS["certifyAudit"].body or {}), "findings": [found]}
    return state(db, Office(keyring, "https://bevis.example"), parse(new, NewAudit), NOW, "vera").number


def _applied(db: Database, applicant: str, body: str) -> str:
    told = {**(ROWS["applyForAccreditation"].body or {}), "applicant": applicant, "body": body}
    return apply_for(db, parse(told, NewApplication), NOW, "vera").public_id


def _two_people(db: Database) -> dict[str, str]:
    """Two records that one organisation knows, and that may be one person."""
    one, other = (add_person(db, Changes(name=name), NOW, "vera") for name in ("Per Sandberg", "Per Sandborg"))
    for person in (one, other):
        note_organisation(db, person.id, OWN, NOW, "vera")
    (pair,) = queue_pairs(db, [suspicion(one.id, other.id, "same_email")], NOW, "vera")
    return {"person": str(one.id), "other": str(other.id), "pair": str(pair.id)}


def test_every_operation_is_public_or_has_a_row() -> None:
    assert all("x-action" in operation for _, operation in OPERATIONS.values()), "name an action in the signature"
    assert set(FOR_SOME) == set(ROWS), "each operation that is not public needs a row in rows.py"
    assert {operation["x-action"] for _, operation in FOR_SOME.values()} <= {"anybody", *actions()}


@pytest.mark.parametrize("name", [name for name, found in OPERATIONS.items() if found[1].get("x-action") == "public"])
def test_what_is_public_asks_for_no_key(name: str) -> None:
    assert "security" not in OPERATIONS[name][1]
    assert "401" not in OPERATIONS[name][1]["responses"]


def allowed(row: Row, action: str, role: Role, where: str) -> bool:
    """By the table of roles alone."""
    decides = row.action or action
    actor = Actor("x", frozenset({(PLACES[where], role)}), proven=True)
    if row.somewhere:
        return actor.may_somewhere(decides)
    return decides == "anybody" or any(actor.may(one, row.organisation) for one in EITHER.get(decides, (decides,)))


def is_unseen(name: str, action: str, role: Role, where: str) -> bool:
    """Whether it is about a thing of an organisation in which somebody has no role: to them it is not there."""
    row = ROWS[name]
    about = re.search(r"/(occasions|batches|certificates|approvals|accreditations)/|occasion=", row.path) or name in {
        "issueCertificate",
        "askForMassReinstatement",
        "carryOutMassChange",
        "carryOutReissue",
        "getReissueSigningRequest",
        "handInReissue",
    }
    actor = Actor("x", frozenset({(PLACES[where], role)}), proven=True)
    let_in = action == "anybody" or actor.may_somewhere(action)
    return bool(about) and let_in and not actor.knows(row.organisation)


@pytest.mark.parametrize("name", ROWS)
def test_who_may(world: World, name: str) -> None:
    method, operation = FOR_SOME[name]
    for key, type_ in (
        (None, "key-missing"),
        (world.expired, "api-key-rejected"),
        (world.revoked, "api-key-rejected"),
        (world.revoked[:-1] + "!", "api-key-rejected"),
    ):
        answer = world.ask(name, key, "nobody")
        assert (answer.status_code, answer.json()["type"]) == (401, f"/problems/{type_}"), (method, key)
    # Those who may not come first: what the others change would else be what they are told of.
    cells = sorted(world.keys, key=lambda cell: allowed(ROWS[name], operation["x-action"], *cell))
    for role, where in cells:
        answer = world.ask(name, world.keys[role, where], f"{role}-{where}")
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if allowed(ROWS[name], operation["x-action"], role, where):
            # Another row may have retired the key that a mandate would be signed with: that is told, and is no 500.
            keyless = told.get("type") == "/problems/no-signing-key"
            assert answer.status_code < 500 or keyless, (role, where, told)
            refused_for_who = answer.status_code in {401, 403}
            assert not refused_for_who, (role, where, told)
        elif is_unseen(name, operation["x-action"], role, where):
            missing = world.ask(name, world.keys[role, where], f"{role}-{where}-missing", world.nothing_like())
            said = answer.text.replace(display_number(world.ids["certificate"]), display_number("0" * 16))
            for one, other in world.nothing_like().items():
                said = said.replace(one, other)
            assert (answer.status_code, said) == (404, missing.text), (role, where)
        else:
            assert (answer.status_code, told.get("type")) == (403, "/problems/not-allowed"), (role, where, told)


def test_some_may_and_some_may_not(world: World) -> None:
    """The matrix is worth something: neither nobody nor everybody."""
    for name, (_, operation) in FOR_SOME.items():
        may = {cell for cell in world.keys if allowed(ROWS[name], operation["x-action"], *cell)}
        everybody = (ROWS[name].action or operation["x-action"]) == "anybody"
        assert may
        assert (may == set(world.keys)) == everybody, name
