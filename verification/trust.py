"""What a verifier believes and since when: keys, organisations, schemes, mandates, status lists.

The registry makes one from its records for every question; a laptop reads an older one from a file. The
functions that judge do not know the difference.
"""

import json
from collections.abc import Hashable, Iterable, Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from levels.level import Level
from verification.certificate import Code, Lang, Moment, Name, Number, Text, TimeZone, did_web
from verification.envelopes.jws import encode_base64url
from verification.status_list import MalformedStatusList, StatusList, decode_token_list, encode_token_list

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# y of the points of order 1, 2, 4 and 8; with either sign and with y + p these are the 14 weak encodings.
_WEAK_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    }
)
KEY_BYTES = 32


class WeakKey(Exception):
    """A public key under which anybody could sign, or that is none."""


class MalformedTrust(Exception):
    """A trust file that cannot be read."""


@lru_cache(maxsize=4096)
def check_public_key(raw: bytes) -> None:
    """Refuse what is no sound Ed25519 public key: length, non-canonical, not on the curve, small order.

    raw  the 32 bytes of RFC 8032 section 5.1.2

    Raises WeakKey. Libraries load all of these; with twelve of the fourteen small-order encodings a signature
    over any message can be made without a private key.
    """
    if len(raw) != KEY_BYTES:
        raise WeakKey("an Ed25519 public key has 32 bytes")
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _P:
        raise WeakKey("the key is not written canonically")
    if y in _WEAK_Y:
        raise WeakKey("the key is of small order: anybody could sign with it")
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise WeakKey("the key is no point of the curve")


def _sound(raw: bytes) -> bytes:
    try:
        check_public_key(raw)
    except WeakKey as fault:
        raise ValueError(str(fault)) from fault
    return raw


def _list_from_file(given: object) -> object:
    if isinstance(given, dict):
        try:
            return decode_token_list(given["lst"], given["bits"])
        except (MalformedStatusList, KeyError) as fault:
            raise ValueError("is no status list") from fault
    return given


PublicKey = Annotated[bytes, AfterValidator(_sound)]
_PackedList = Annotated[
    StatusList,
    BeforeValidator(_list_from_file),
    PlainSerializer(
        lambda given: {"bits": given.bits, "lst": encode_token_list(given)},
        return_type=dict[str, int | str],
        when_used="json",
    ),
]


class _Known(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        arbitrary_types_allowed=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Organisation(_Known):
    """id is the public one; from `registered_on` until the day before `struck_off_on` it may act."""

    id: Code
    name: Name
    registered_on: date
    struck_off_on: date | None = None
    sector_body: bool = False

    def active_on(self, day: date) -> bool:
        """Whether it may act that day."""
        return self.registered_on <= day and (self.struck_off_on is None or day < self.struck_off_on)


class Key(_Known):
    """An organisation's signing key, kept for ever. kid is what follows # in its did URL."""

    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    organisation: Code
    public_key: PublicKey
    not_before: Moment
    retired_at: Moment | None = None
    compromised_since: Moment | None = None


class AttestationKey(_Known):
    """The registry's key for QR codes, or for status lists. kid is four bytes, as eight hexadecimal digits."""

    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    public_key: PublicKey
    not_before: Moment
    retired_at: Moment | None = None
    compromised_since: Moment | None = None


class Scheme(_Known):
    """What is certified; `versions` are those published so far, `max_level` the highest any of them allows."""

    code: Code
    owner: Code
    title: Annotated[Mapping[Lang, Text], Field(min_length=1)]
    max_level: Level
    time_zone: TimeZone
    versions: tuple[Code, ...]


class Mandate(_Known):
    """A scheme owner lets an issuer issue, up to a level. Days are inclusive; versions None = all.

    withdrawn_from  the first day it no longer holds
    """

    id: Code
    issuer: Code
    scheme: Code
    versions: tuple[Code, ...] | None = None
    max_level: Level
    since: date
    until: date | None = None
    withdrawn_from: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force that day."""
        return (
            self.since <= day
            and (self.until is None or day <= self.until)
            and (self.withdrawn_from is None or day < self.withdrawn_from)
        )


class KnownList(_Known):
    """A status list and when it was rendered; `ttl` seconds it may be kept before one asks again.

    expires_at  from when it is not to be believed any more; None = its maker set no end
    """

    statuses: _PackedList
    issued_at: Moment
    ttl: Annotated[int, Field(ge=0)] = 3600
    expires_at: Moment | None = None


class StatusEvent(_Known):
    """One event in a certificate's history. reason is one of the registry's closed list of codes.

    kid        of `issued`: which of the issuer's keys signed the full certificate; the code does not say
    successor  of `superseded`: the number of the certificate that came in its place
    """

    kind: Literal["issued", "suspended", "reinstated", "revoked", "annulled", "superseded"]
    effective_from: Moment
    reason: Code | None = None
    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    successor: Number | None = None


class Trust(_Known):
    """All that is believed, as of one moment. Immutable.

    public_url    where the registry is reached, without a slash at the end
    events        history of single certificates, oldest first, for those that were asked about; an empty
                  history = asked, and the registry has no such certificate. Not asked = not in the mapping.
    """

    as_of: Moment
    public_url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~-]+)*$", max_length=200)]
    organisations: Mapping[str, Organisation] = Field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    attestation_keys: tuple[AttestationKey, ...] = ()
    schemes: Mapping[str, Scheme] = Field(default_factory=dict)
    mandates: tuple[Mandate, ...] = ()
    status_lists: Mapping[int, KnownList] = Field(default_factory=dict)
    editions: tuple[str, ...] = ()
    events: Mapping[Number, tuple[StatusEvent, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        names = [(key.organisation, key.kid) for key in self.keys]
        if len(set(names)) != len(names) or len({key.kid for key in self.attestation_keys}) != len(
            self.attestation_keys
        ):
            raise ValueError("two keys have one name")
        everyone = [*(key.public_key for key in self.keys), *(key.public_key for key in self.attestation_keys)]
        if len(set(everyone)) != len(everyone):
            raise ValueError("one public key stands under two names")
        for members, name in ((self.organisations, "id"), (self.schemes, "code")):
            if any(getattr(member, name) != key for key, member in members.items()):
                raise ValueError(f"an entry stands under another {name} than its own")
        return self

    @cached_property
    def host(self) -> str:
        """The registry's address without http:// or https://."""
        return self.public_url.split("//", 1)[1]

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """What steps have worked out from keys, organisations, schemes and mandates alone, by what they asked."""
        return {}

    @cached_property
    def _keys_by_url(self) -> Mapping[str, Key]:
        return {f"{did_web(self.public_url, key.organisation)}#{key.kid}": key for key in self.keys}

    @cached_property
    def _mandates_by_issuer(self) -> Mapping[tuple[str, str], tuple[Mandate, ...]]:
        found: dict[tuple[str, str], tuple[Mandate, ...]] = {}
        for mandate in self.mandates:
            pair = (mandate.issuer, mandate.scheme)
            found[pair] = (*found.get(pair, ()), mandate)
        return found

    def issuer_key(self, kid: str) -> Key | None:
        """The key a `vc+jwt` names: did, #, kid."""
        return self._keys_by_url.get(kid)

    def key_of(self, organisation: str, kid: str) -> Key | None:
        """An organisation's key by its own name."""
        return self.issuer_key(f"{did_web(self.public_url, organisation)}#{kid}")

    def attestation_key(self, kid: bytes) -> AttestationKey | None:
        """The key a compact token names by four bytes."""
        return next((key for key in self.attestation_keys if key.kid == kid.hex()), None)

    def mandates_of(self, issuer: str, scheme: str) -> tuple[Mandate, ...]:
        """Every mandate that issuer ever had for that scheme."""
        return self._mandates_by_issuer.get((issuer, scheme), ())


class TrustSource(Protocol):
    """Where the registry's knowledge and the clock come from. Called for every question; quick, or cached."""

    def now(self) -> datetime:
        """The moment, with its time zone."""
        ...

    def trust(self, number: str | None = None) -> Trust:
        """What is trusted now; with the history of that certificate among its `events` where a number is given.

        A number the register does not have gets an empty history, so that it can be told.
        """
        ...

    def token_by_number(self, number: str) -> str | None:
        """The stored `vc+jwt` of a certificate, by its 16 characters without dashes; None if there is none."""
        ...


def trust_to_json(trust: Trust) -> bytes:
    """The trust as a file (JSON, UTF-8); `trust_from_json` reads it back."""
    return trust.model_dump_json().encode()


def trust_from_json(data: bytes) -> Trust:
    """Read a trust file. Raises MalformedTrust, naming the first fault."""
    try:
        json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        return Trust.model_validate_json(data)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "trust"
        raise MalformedTrust(f"{where}: {first['msg']}") from fault
    except (ValueError, RecursionError) as fault:
        raise MalformedTrust("this is no trust file: not JSON in UTF-8, or a member stands there twice") from fault


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands there twice")
    return members


def public_jwk(public_key: bytes, kid: str) -> dict[str, str]:
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": encode_base64url(public_key),
        "kid": kid,
        "alg": "EdDSA",
        "use": "sig",
    }


def did_document(public_url: str, organisation: str | None, keys: Iterable[Key | AttestationKey]) -> dict[str, Any]:
    """The did:web document of an organisation, or of the registry itself (None), retired keys included.

    A retired key still proves what it signed; one that is known to be compromised proves nothing to those who
    read no more than this document, so it is shown as revoked and no longer stands under `assertionMethod`.
    """
    did = did_web(public_url, organisation)
    methods: list[dict[str, Any]] = []
    sound: list[str] = []
    for key in keys:
        method: dict[str, Any] = {
            "id": f"{did}#{key.kid}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": public_jwk(key.public_key, key.kid),
        }
        if key.retired_at is not None:
            method["expires"] = _stamp(key.retired_at)
        if key.compromised_since is not None:
            method["revoked"] = _stamp(key.compromised_since)
        else:
            sound.append(method["id"])
        methods.append(method)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/cid/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": sound,
    }


def jwks(keys: Iterable[Key | AttestationKey]) -> dict[str, Any]:
    """A JSON Web Key Set (RFC 7517), retired keys included; `nbf`, `exp`, `revoked` as in OpenID Federation."""
    entries: list[dict[str, Any]] = []
    for key in keys:
        entry: dict[str, Any] = {**public_jwk(key.public_key, key.kid), "nbf": int(key.not_before.timestamp())}
        if key.retired_at is not None:
            entry["exp"] = int(key.retired_at.timestamp())
        if key.compromised_since is not None:
            entry["revoked"] = {"revoked_at": int(key.compromised_since.timestamp())}
        entries.append(entry)
    return {"keys": entries}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
