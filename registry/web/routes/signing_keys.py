"""The keys that organisations sign with: which there are, a new one, and what to do with one that is no longer good.

Private halves are nowhere here. What is published of them for verifiers is at /o/{organisation}/did.json.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import BackgroundTasks, Path, Request
from pydantic import AwareDatetime, BaseModel, Field

from registry.errors import MalformedInput, OrganisationRejected
from registry.records.actors.access import Actor
from registry.records.parties.organisations import organisation_by_slug
from registry.records.parties.signing_keys import SigningKey, key_by_kid, keys_of, mark_compromised, retire_key
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.signing.keys import check_may_sign
from registry.signing.possession import Challenge, SignedChallenge, check_possession, new_challenge, sound_key
from registry.signing.root import PURPOSE as ROOT
from registry.signing.root import root_now
from registry.signing.survivors import work_out_survivors
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router, keep_nothing
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.request_body import Given
from registry.web.routes.organisations import OrganisationId
from verification.keys import Algorithm

of_organisation = api_router("/organisations/{organisation}/signing-keys", "organisations")
router = api_router("/signing-keys", "organisations")

MOST_OVERLAP_HOURS = 31 * 24
A_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # RFC 8037, A.2
Kid = Annotated[str, Path(pattern=r"^[0-9a-z]{4,32}$", description="Id of the key.", examples=["k1f2e3d4c5b6a"])]


class SigningKeyOut(BaseModel):
    """A key without its private half."""

    kid: str = Field(examples=["k1f2e3d4c5b6a"])
    purpose: Literal["organisation", "attestation", "status", "root", "log"]
    organisation: str | None = Field(description="Whose; null = the registry's own.")
    algorithm: Algorithm
    held_by_owner: bool = Field(
        description="The organisation holds the private half itself; nobody here signs with it."
    )
    not_before: datetime
    not_after: datetime | None = Field(description="Last moment it may sign.")
    retired_at: datetime | None = Field(description="From then on it signs nothing; what it signed stays good.")
    compromised_since: datetime | None = Field(description="What it signed from then on does not count.")


class EndedKey(SigningKeyOut):
    """A key that signs no more, and which one is to be handed out where it was the one that signs trust files."""

    new_root: str | None = Field(
        description="Where it was the root key: the one that signs trust files from now on. Whoever verifies offline "
        "is given it in the former one's place, by another way than a file; until then they believe the thief's files.",
        examples=["bevis.example/root+62a0d09b+AaULEHs2J5L3rnTKxJjNJR0WxNWh0brnJ1d0gHqJ5U0d"],
    )


class SigningKeyList(BaseModel):
    """All keys that one organisation ever had, the newest first."""

    items: list[SigningKeyOut]


OverlapHours = Annotated[int, Field(ge=0, le=MOST_OVERLAP_HOURS)]


class NewSigningKey(StrictInput):
    """EdDSA (Ed25519), unless somebody who reads the certificates, such as a wallet, knows ES256 (P-256) only.

    overlap_hours  how much longer the former key may sign
    """

    algorithm: Algorithm = "EdDSA"
    overlap_hours: OverlapHours = 0


class Renewal(StrictInput):
    """purpose: attestation (for codes) or status (for lists); at_once: it signs from now on, not in a week."""

    purpose: Literal["attestation", "status"]
    at_once: bool = False


class KeyToProve(StrictInput):
    """jwk: the public half as a JSON Web Key, Ed25519 or P-256."""

    jwk: Annotated[dict[str, str], Field(max_length=10, examples=[A_JWK])]


class ProvenKey(StrictInput):
    """proof: what was to be signed, with its signature; overlap_hours: how much longer the former key may sign."""

    proof: SignedChallenge
    overlap_hours: OverlapHours = 0


class Compromise(StrictInput):
    """since: from when somebody else may have had it."""

    since: AwareDatetime


@of_organisation.get("", operation_id="listSigningKeys", summary="The keys an organisation signs with")
def list_signing_keys(
    organisation: OrganisationId, db: Reading, _: Annotated[Actor, Acting("organisation.read", of="organisation")]
) -> SigningKeyList:
    """Every key it ever had."""
    organisation_by_slug(db, organisation)
    return SigningKeyList(items=[_of(key) for key in keys_of(db, organisation)])


@of_organisation.post("", operation_id="rotateSigningKey", summary="Give an organisation a new key", status_code=201)
def rotate(
    organisation: OrganisationId,
    new: Annotated[NewSigningKey, Given(NewSigningKey)],
    db: Writing,
    who: Annotated[Actor, Acting("signing_key.rotate", of="organisation")],
    now: Now,
    office: TheOffice,
) -> SigningKeyOut:
    """The former one signs no more; what it signed stays good."""
    if organisation_by_slug(db, organisation).kind == "person":
        raise OrganisationRejected(f"{organisation} is a natural person and signs nothing here")
    overlap = timedelta(hours=new.overlap_hours)
    return _of(
        office.keyring.create_organisation_key(db, organisation, now, who.account, new.algorithm, overlap=overlap)
    )


@of_organisation.post(
    "/challenge", operation_id="challengeSigningKey", summary="What proves that a key is held", status_code=200
)
def challenge(
    organisation: OrganisationId,
    given: Annotated[KeyToProve, Given(KeyToProve)],
    db: Writing,
    _: Annotated[Actor, Acting("signing_key.register", of="organisation")],
    request: Request,
    now: Now,
    office: TheOffice,
) -> Challenge:
    """To be signed with `bevis sign` where the private half lies, within a day. Nothing is kept."""
    keep_nothing(request)
    check_may_sign(db, organisation, now)
    return new_challenge(office.keyring, office.registry.public_url, organisation, sound_key(given.jwk), now)


@of_organisation.post(
    "/own", operation_id="registerSigningKey", summary="Register a key it holds itself", status_code=201
)
def register(
    organisation: OrganisationId,
    given: Annotated[ProvenKey, Given(ProvenKey)],
    db: Writing,
    who: Annotated[Actor, Acting("signing_key.register", of="organisation")],
    now: Now,
    office: TheOffice,
) -> SigningKeyOut:
    """From then on what it issues waits for signatures that are made with it, elsewhere. A key is registered once."""
    if organisation_by_slug(db, organisation).kind == "person":
        raise OrganisationRejected(f"{organisation} is a natural person and signs nothing here")
    key = check_possession(office.keyring, office.registry.public_url, organisation, given.proof, now)
    overlap = timedelta(hours=given.overlap_hours)
    return _of(office.keyring.keep_organisation_key(db, organisation, key, now, who.account, overlap=overlap))


@router.post("/{kid}/retirement", operation_id="retireSigningKey", summary="Retire a key", status_code=200)
def retire(
    kid: Kid, db: Writing, who: Annotated[Actor, Acting("signing_key.retire")], now: Now, office: TheOffice
) -> EndedKey:
    """It signs no more. It stays published, and what it signed stays good."""
    who.require("signing_key.retire", key_by_kid(db, kid).organisation)
    return _ended(db, _of(retire_key(db, kid, now, who.account)), who, now, office)


@router.post("/{kid}/compromise", operation_id="reportSigningKey", summary="Say that a key leaked", status_code=200)
def compromise(
    kid: Kid,
    given: Annotated[Compromise, Given(Compromise)],
    db: Writing,
    who: Annotated[Actor, Acting("signing_key.compromise")],
    now: Now,
    office: TheOffice,
    afterwards: BackgroundTasks,
) -> EndedKey:
    """What it signed since then counts no more, and it signs no more. An earlier moment may replace a later one.

    Of the registry's own key for codes, what it may have signed truly is worked out: those codes live on. Of its root
    key, the answer has the new one, which has to be carried to whoever verifies offline.
    """
    key = key_by_kid(db, kid)
    who.require("signing_key.compromise", key.organisation)
    if not key.not_before <= given.since <= now:
        raise MalformedInput([("since", "must lie between the key's first moment and now")])
    found = _of(mark_compromised(db, kid, given.since.astimezone(UTC), who.account, now=now))
    if found.organisation is None:
        office.keyring.prepare(db, now, who.account)  # codes, lists, trust files are signed by another from now on
        afterwards.add_task(work_out_survivors, office.registry, now)
    return _ended(db, found, who, now, office)


def _ended(db: Database, found: SigningKeyOut, who: Actor, now: datetime, office: Office) -> EndedKey:
    root: str | None = None
    if found.purpose == ROOT:
        office.keyring.prepare(db, now, who.account)
        root = root_now(db, office.keyring, office.registry.public_url, now)
    return EndedKey(**found.model_dump(), new_root=root)


@router.post("", operation_id="renewSigningKey", summary="Give the registry itself a new key", status_code=201)
def renew(
    given: Annotated[Renewal, Given(Renewal)],
    db: Writing,
    who: Annotated[Actor, Acting("signing_key.renew", of=REGISTRY)],
    now: Now,
    office: TheOffice,
) -> SigningKeyOut:
    """It is published at once and signs in a week; until then the former one does. It happens by itself in time."""
    return _of(office.keyring.renew(db, given.purpose, now, who.account, at_once=given.at_once))


def _of(row: SigningKey) -> SigningKeyOut:
    return SigningKeyOut.model_validate(row, from_attributes=True)
