"""What a verifier believes and since when: keys, organisations, schemes, mandates, recognitions, status lists.

The registry makes one from its records for every question; a laptop reads an older one from a file. The
functions that judge do not know the difference.
"""

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

from levels.level import Level
from verification.certificate import Code, Lang, Moment, Name, Number, Text, TimeZone, did_web
from verification.envelopes.cwt import CODE_DIGEST_BYTES
from verification.keys import Algorithm, WeakKey, algorithm_of, check_public_key, public_jwk, public_key_from_jwk
from verification.log.note import NoteKey
from verification.status_list import MalformedStatusList, StatusList, decode_token_list, encode_token_list
from verification.strict import NotStrict, decode_base64url, encode_base64url

MOST_ENDED = 100  # root keys that were stolen, of one registry


def _key_from_file(given: object, info: ValidationInfo) -> object:
    """In a file a key is a JSON Web Key, and nothing else stands in it."""
    if info.mode != "json":
        return given
    try:
        public_key = public_key_from_jwk(given)
    except WeakKey as fault:
        raise ValueError(str(fault)) from fault
    if given != public_jwk(public_key):
        raise ValueError("the key has members beside kty, crv, x and y")
    return public_key


def _sound(raw: bytes) -> bytes:
    try:
        check_public_key(raw)
    except WeakKey as fault:
        raise ValueError(str(fault)) from fault
    return raw


def _ed25519(raw: bytes) -> bytes:
    if algorithm_of(raw) != "EdDSA":
        raise ValueError("is no key of Ed25519, which alone signs codes and status lists")
    return raw


def _list_from_file(given: object) -> object:
    if not isinstance(given, dict):
        return given
    if given.keys() != {"bits", "lst"}:
        raise ValueError("is no status list: it has not bits and lst")
    try:
        return decode_token_list(given["lst"], given["bits"])
    except MalformedStatusList as fault:
        raise ValueError(f"is no status list: {fault}") from fault


PublicKey = Annotated[
    bytes,
    BeforeValidator(_key_from_file),
    AfterValidator(_sound),
    PlainSerializer(public_jwk, return_type=dict[str, str], when_used="json"),
]
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
        populate_by_name=True,
    )


class Organisation(_Known):
    """id is the public one; from `registered_on` until the day before `struck_off_on` or `closed_on` it may act.

    closed_on  the day it closed of its own; what becomes of what it issued, the scheme says
    """

    id: Code
    name: Name
    registered_on: date
    struck_off_on: date | None = None
    closed_on: date | None = None
    sector_body: bool = False

    def active_on(self, day: date) -> bool:
        """Whether it may act that day."""
        return self.registered_on <= day and all(
            end is None or day < end for end in (self.struck_off_on, self.closed_on)
        )


Span = Annotated[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]], Field(strict=False)]


class Key(_Known):
    """An organisation's signing key, kept for ever. kid is what follows # in its did URL; see `keys` for the bytes.

    sound_below  of a compromised key: what stands in the log before that entry was there before the theft
    spoilt       entries of the log, from the first to the last of each span, that it signed and that are not sound
    """

    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    organisation: Code
    public_key: PublicKey = Field(alias="jwk")
    not_before: Moment
    retired_at: Moment | None = None
    compromised_since: Moment | None = None
    sound_below: Annotated[int, Field(ge=0)] | None = None
    spoilt: tuple[Span, ...] = ()

    @property
    def algorithm(self) -> Algorithm:
        """Its one algorithm."""
        return algorithm_of(self.public_key)

    def spoils(self, log_index: int) -> bool:
        """Whether the entry there is one that it signed when it was no longer its owner's alone."""
        return any(first <= log_index <= last for first, last in self.spoilt)


def _bytes_from_file(given: object, info: ValidationInfo) -> object:
    """In a file bytes are base64url."""
    if info.mode != "json":
        return given
    try:
        return decode_base64url(given) if isinstance(given, str) else given
    except NotStrict as fault:
        raise ValueError(str(fault)) from fault


class Survivors(_Known):
    """All codes that a compromised key may have signed for the registry: a digest of each, by its place in the log.

    spans    places, from the first to the last of each run; runs and places rise
    digests  see `envelopes.cwt.code_digest`; in a file base64url
    """

    spans: tuple[Span, ...]
    digests: Annotated[
        bytes,
        BeforeValidator(_bytes_from_file),
        PlainSerializer(encode_base64url, return_type=str, when_used="json"),
    ]

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        before = -1
        for first, last in self.spans:
            if not before < first <= last:
                raise ValueError("the places in the log do not rise")
            before = last
        places = sum(last - first + 1 for first, last in self.spans)
        if places * CODE_DIGEST_BYTES != len(self.digests):
            raise ValueError("there is not one digest for each place in the log")
        return self

    def have(self, log_index: int, digest: bytes) -> bool:
        """Whether that is the code which the registry would make for that place."""
        run = bisect_right(self._firsts, log_index) - 1
        if run < 0 or log_index > self.spans[run][1]:
            return False
        begin = (self._before[run] + log_index - self.spans[run][0]) * CODE_DIGEST_BYTES
        return self.digests[begin : begin + CODE_DIGEST_BYTES] == digest

    @cached_property
    def _firsts(self) -> list[int]:
        return [first for first, _ in self.spans]

    @cached_property
    def _before(self) -> list[int]:
        return [0, *accumulate(last - first + 1 for first, last in self.spans)]


SealRoot = Annotated[
    bytes,
    BeforeValidator(_bytes_from_file),
    Field(min_length=1, max_length=8192),
    PlainSerializer(encode_base64url, return_type=str, when_used="json"),
]


class AttestationKey(_Known):
    """The registry's key for QR codes, or for status lists. kid is four bytes, as eight hexadecimal digits.

    signs_below  of a key for codes that has ended: how many entries the log had then; it signed for no later one
    survivors    of one that was compromised: what it may have signed truly; None = nothing it signed is believed
    """

    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    public_key: Annotated[PublicKey, AfterValidator(_ed25519)] = Field(alias="jwk")
    not_before: Moment
    retired_at: Moment | None = None
    compromised_since: Moment | None = None
    signs_below: Annotated[int, Field(ge=0)] | None = None
    survivors: Survivors | None = None

    @property
    def algorithm(self) -> Algorithm:
        """Its one algorithm."""
        return algorithm_of(self.public_key)


class Scheme(_Known):
    """What is certified; `versions` are those published so far, `max_level` the highest any of them allows.

    closing  what becomes of a certificate when its issuer closes, by version: its owner must confirm it from then on,
             or it ends; under a version that is not named it stands
    """

    code: Code
    owner: Code
    title: Annotated[Mapping[Lang, Text], Field(min_length=1)]
    max_level: Level
    time_zone: TimeZone
    versions: tuple[Code, ...]
    closing: Mapping[Code, Literal["confirm", "end"]] = Field(default_factory=dict)

    def on_closing(self, version: str | None) -> Literal["stand", "confirm", "end"]:
        """What becomes of a certificate when its issuer closes; where the version is not known, and it matters: ask."""
        asked = self.versions if version is None else (version,)
        told: set[Literal["stand", "confirm", "end"]] = {self.closing.get(one, "stand") for one in asked}
        return told.pop() if len(told) == 1 else "confirm"


class Mandate(_Known):
    """A scheme owner lets an issuer issue, up to a level. Days are inclusive; versions None = all.

    withdrawn_from  the first day it no longer holds
    certificate     number of the certificate by which the scheme's owner granted it; the first mandates had none
    """

    id: Code
    issuer: Code
    scheme: Code
    versions: tuple[Code, ...] | None = None
    max_level: Level
    since: date
    until: date | None = None
    withdrawn_from: date | None = None
    certificate: Number | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force that day."""
        return (
            self.since <= day
            and (self.until is None or day <= self.until)
            and (self.withdrawn_from is None or day < self.withdrawn_from)
        )


class KnownCertificate(_Known):
    """A certificate that others rest on, as it was signed. log_index: its place in the log, once it has one."""

    vc_jwt: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length=81_920)]
    log_index: Annotated[int, Field(ge=0)] | None = None


class Recognition(_Known):
    """A scheme's owner accepts another scheme's certificates as equal to its own. Days are inclusive; None = no limit.

    scheme, accepts          whose owner decided it, and whose certificates are accepted
    versions                 of the accepted scheme; None = all
    min_level                a demand as `satisfies` reads it
    issued_from, _until      days on which the certificate may have been issued
    accepted_from, _until    days on which it may be relied upon
    required_classes         all of these must stand on the certificate
    class_map                which class of the scheme a class of the accepted one counts as; one not named, as none
    condition                what a person has to see to, since nothing here can tell
    withdrawn_from           the first day it no longer holds
    """

    id: Code
    scheme: Code
    accepts: Code
    versions: tuple[Code, ...] | None = None
    min_level: Level | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    accepted_from: date
    accepted_until: date | None = None
    required_classes: tuple[Name, ...] = ()
    class_map: Mapping[Name, Name] = Field(default_factory=dict)
    condition: Annotated[Mapping[Lang, Text], Field(min_length=1)] | None = None
    withdrawn_from: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which a certificate may be relied upon by it."""
        ended = None
        if self.withdrawn_from is not None:
            # The calendar has no day before its first.
            ended = self.withdrawn_from - timedelta(days=self.withdrawn_from > date.min)
        return min((day for day in (self.accepted_until, ended) if day is not None), default=None)


class KnownList(_Known):
    """A status list and when it was rendered; `ttl` seconds it may be kept before one asks again.

    expires_at  from when it is not to be believed any more; None = its maker set no end
    """

    statuses: _PackedList
    issued_at: Moment
    ttl: Annotated[int, Field(ge=0)] = 3600
    expires_at: Moment | None = None


class KnownLog(_Known):
    """One of the registry's logs: what its checkpoints are called, and the key that signs them.

    closed_at  how many entries it has, where it goes on no more
    """

    origin: Annotated[Text, Field(max_length=300)]
    public_key: Annotated[PublicKey, AfterValidator(_ed25519)] = Field(alias="jwk")
    closed_at: Annotated[int, Field(ge=0)] | None = None

    @property
    def note_key(self) -> NoteKey:
        """The key as notes name it."""
        return NoteKey(self.origin, self.public_key)


class StatusEvent(_Known):
    """One event in a certificate's history. reason is one of the registry's closed list of codes.

    kid        of `issued`: which of the issuer's keys signed the full certificate; the code does not say
    log_index  of `issued`: where the certificate stands in the log; None = it has no place there yet
    successor  of `superseded`: the number of the certificate that came in its place
    """

    kind: Literal["issued", "suspended", "reinstated", "revoked", "annulled", "superseded"]
    effective_from: Moment
    reason: Code | None = None
    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    successor: Number | None = None
    log_index: Annotated[int, Field(ge=0)] | None = None


class StatusChange(_Known):
    """One thing that happened to a certificate since it was issued, as `StatusEvent` has it; no number stands here."""

    kind: Literal["suspended", "reinstated", "revoked", "annulled", "superseded"]
    effective_from: Moment
    reason: Code | None = None


class LogAt(_Known):
    """How many entries the log had when it was last signed on some day: what stands below was there by that moment."""

    size: Annotated[int, Field(ge=1)]
    at: Moment


class StatusHistory(_Known):
    """What has happened to every certificate there is, told by its place in a status list: a crowd, and no names.

    changes  by status list and place, oldest first; a list that is not here is not told of, and of a place that is not
             here nothing has ever been changed
    logged   of the log that is written to, where there is but one, in order
    """

    changes: Mapping[Annotated[int, Field(ge=0)], Mapping[Annotated[int, Field(ge=0)], tuple[StatusChange, ...]]]
    logged: tuple[LogAt, ...] = ()

    def there_by(self, log_index: int) -> datetime | None:
        """A moment by which the log had that entry; None where none is known."""
        return next((head.at for head in self.logged if log_index < head.size), None)


class Trust(_Known):
    """All that is believed, as of one moment. Immutable.

    public_url    where the registry is reached, without a slash at the end
    status_keys   the registry's keys that sign status lists
    certificates  those that mandates rest on, by their numbers
    logs          the registry's logs, the one that is written to last; none = nothing is asked of a log
    seal_roots    certificates (X.509, DER) that the seal on a document of the registry leads to
    stolen_seals  SHA-256 of certificates below them whose key was stolen: nobody knows who sealed with it, and when
    events        history of single certificates, oldest first, for those that were asked about; an empty
                  history = asked, and the registry has no such certificate. Not asked = not in the mapping.
    history       what has happened to all of them until `as_of`; None = not told
    ended_roots   what former root keys that were stolen say of themselves; see `trust_file.end_of_root`
    """

    as_of: Moment
    public_url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~-]+)*$", max_length=200)]
    organisations: Mapping[str, Organisation] = Field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    attestation_keys: tuple[AttestationKey, ...] = ()
    status_keys: tuple[AttestationKey, ...] = ()
    schemes: Mapping[str, Scheme] = Field(default_factory=dict)
    mandates: tuple[Mandate, ...] = ()
    certificates: Mapping[Number, KnownCertificate] = Field(default_factory=dict)
    recognitions: tuple[Recognition, ...] = ()
    status_lists: Mapping[int, KnownList] = Field(default_factory=dict)
    editions: tuple[str, ...] = ()
    seal_roots: tuple[SealRoot, ...] = ()
    stolen_seals: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    logs: tuple[KnownLog, ...] = ()
    events: Mapping[Number, tuple[StatusEvent, ...]] = Field(default_factory=dict)
    history: StatusHistory | None = None
    ended_roots: Annotated[tuple[Annotated[str, Field(max_length=2000)], ...], Field(max_length=MOST_ENDED)] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        own = (*self.attestation_keys, *self.status_keys)
        names = [*((key.organisation, key.kid) for key in self.keys), *((None, key.kid) for key in own)]
        if len(set(names)) != len(names):
            raise ValueError("two keys have one name")
        everyone = [*(key.public_key for key in self.keys), *(key.public_key for key in own)]
        everyone += [log.public_key for log in self.logs]
        if len({log.origin for log in self.logs}) != len(self.logs):
            raise ValueError("two logs have one name")
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
    def _attestation_keys_by_kid(self) -> Mapping[bytes, AttestationKey]:
        return {bytes.fromhex(key.kid): key for key in self.attestation_keys}

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

    @cached_property
    def _keys_by_organisation(self) -> Mapping[str, tuple[Key, ...]]:
        found: dict[str, tuple[Key, ...]] = {}
        for key in self.keys:
            found[key.organisation] = (*found.get(key.organisation, ()), key)
        return found

    @cached_property
    def _stolen(self) -> frozenset[str]:
        return frozenset(key.organisation for key in self.keys if key.compromised_since is not None)

    def keys_of(self, organisation: str) -> tuple[Key, ...]:
        """Every key that organisation ever had."""
        return self._keys_by_organisation.get(organisation, ())

    def had_key_stolen(self, organisation: str) -> bool:
        """Whether one of its keys is known to have been compromised."""
        return organisation in self._stolen

    def attestation_key(self, kid: bytes) -> AttestationKey | None:
        """The key a compact token names by four bytes."""
        return self._attestation_keys_by_kid.get(kid)

    def status_key(self, kid: bytes) -> AttestationKey | None:
        """The key a status list names by four bytes."""
        return next((key for key in self.status_keys if key.kid == kid.hex()), None)

    @cached_property
    def _recognitions_by_scheme(self) -> Mapping[str, tuple[Recognition, ...]]:
        found: dict[str, tuple[Recognition, ...]] = {}
        for recognition in self.recognitions:
            found[recognition.accepts] = (*found.get(recognition.accepts, ()), recognition)
        return found

    def recognitions_of(self, scheme: str) -> tuple[Recognition, ...]:
        """Every decision by which another scheme accepts, or accepted, that scheme's certificates."""
        return self._recognitions_by_scheme.get(scheme, ())

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
