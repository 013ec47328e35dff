"""The rules of shape of Verifiable Credentials 2.0, Bitstring Status List 1.0 and Open Badges 3.0, one by one.

Each rule is a question of its own, asked of the bare claims. What we write obeys all of them; and whatever breaks one,
signed with the right key, is not a valid certificate here.
"""

import copy
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from verification.certificate import Certificate
from verification.claims import BADGE_CONTEXT, VC_CONTEXT, to_claims
from verification.envelopes.jws import MalformedJws, seal_jws
from verification.judge import judge
from verification.situation import situation
from verification.verify import verify

Claims = dict[str, Any]
Change = Callable[[Claims], object]
DID = "did:web:bevis.example:o:provhuset"
# XML Schema 1.1 dateTimeStamp: a date-time whose zone is not left out.
STAMP = re.compile(
    r"-?[0-9]{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
)
# Terms that the base context protects at its top level, and those it protects inside a credential.
PROTECTED = {"id", "type", "name", "description", "VerifiableCredential", "BitstringStatusListEntry", "issuer"} | {
    *("credentialSubject", "credentialStatus", "validFrom", "validUntil", "evidence", "proof", "termsOfUse"),
    *("credentialSchema", "refreshService", "relatedResource", "digestSRI", "digestMultibase", "mediaType"),
}
TOP = {"@context", "id", "type", "name", "issuer", "awardedDate", "validFrom", "validUntil", "credentialSubject"} | {
    "credentialStatus"
}


def is_url(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s]+", value))


def objects(value: object) -> list[Any] | None:
    """One object or several, each with something in it; None where it is neither."""
    found = value if isinstance(value, list) else [value]
    return found if found and all(isinstance(one, dict) and one for one in found) else None


def is_stamp(value: object) -> bool:
    return isinstance(value, str) and bool(STAMP.fullmatch(value))


def is_text(value: object) -> bool:
    """A text, or language value objects."""
    if isinstance(value, str):
        return True
    return all(
        set(one) <= {"@value", "@language", "@direction"} and isinstance(one.get("@value"), str)
        for one in objects(value) or [{"": 0}]
    )


def has_types(value: object, *wanted: str) -> bool:
    found = [value] if isinstance(value, str) else value
    return isinstance(found, list) and all(isinstance(one, str) for one in found) and set(wanted) <= set(found)


def entries_have_type(claims: Claims, *members: str) -> bool:
    return all(
        member not in claims
        or all(has_types(one.get("type")) and one["type"] for one in objects(claims[member]) or [{}])
        for member in members
    )


def status_entries(claims: Claims) -> list[Any]:
    return objects(claims.get("credentialStatus")) or []


def subject(claims: Claims) -> Claims:
    found = claims.get("credentialSubject")
    return found if isinstance(found, dict) else {}


def achievement(claims: Claims) -> Claims:
    found = subject(claims).get("achievement")
    return found if isinstance(found, dict) else {}


RULES: dict[str, Callable[[Claims], bool]] = {
    "@context is an array that begins with the base context, of addresses and objects": lambda c: (
        isinstance(c.get("@context"), list)
        and c["@context"][:1] == [VC_CONTEXT]
        and all(is_url(one) or isinstance(one, dict) for one in c["@context"])
    ),
    "no protected term is defined again": lambda c: (
        not any(set(one) & PROTECTED for one in c["@context"] if isinstance(one, dict))
    ),
    "type is an array of texts with VerifiableCredential": lambda c: (
        isinstance(c.get("type"), list) and has_types(c["type"], "VerifiableCredential")
    ),
    "every type is known": lambda c: set(c["type"]) <= {"VerifiableCredential", "OpenBadgeCredential"},
    "every member is known": lambda c: set(c) <= TOP,
    "id is one address": lambda c: "id" not in c or is_url(c["id"]),
    "issuer is an address, or an object with one": lambda c: (
        is_url(c["issuer"].get("id")) if isinstance(c.get("issuer"), dict) else is_url(c.get("issuer"))
    ),
    "credentialSubject is an object with something in it, or several": lambda c: (
        objects(c.get("credentialSubject")) is not None
    ),
    "a subject's id is an address": lambda c: "id" not in subject(c) or is_url(subject(c)["id"]),
    "validFrom and validUntil carry their zone": lambda c: all(
        is_stamp(c[name]) for name in ("validFrom", "validUntil") if name in c
    ),
    "validUntil is not before validFrom": lambda c: (
        "validUntil" not in c or datetime.fromisoformat(c["validFrom"]) <= datetime.fromisoformat(c["validUntil"])
    ),
    "name and description are texts": lambda c: all(
        is_text(where[name])
        for where in (c, c["issuer"], achievement(c))
        for name in ("name", "description")
        if name in where
    ),
    "status, schema, refresh, terms and evidence have a type": lambda c: entries_have_type(
        c, "credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence"
    ),
    "a schema has an address": lambda c: (
        "credentialSchema" not in c or all(is_url(one.get("id")) for one in objects(c["credentialSchema"]) or [{}])
    ),
    "a proof has a type": lambda c: entries_have_type(c, "proof"),
    "related resources have an address and a digest, each once": lambda c: (
        "relatedResource" not in c
        or (
            all(
                is_url(one.get("id")) and {"digestSRI", "digestMultibase"} & set(one)
                for one in objects(c["relatedResource"]) or [{}]
            )
            and len({one.get("id") for one in objects(c["relatedResource"]) or []})
            == len(objects(c["relatedResource"]) or [0, 0])
        )
    ),
    "nothing is wrapped in vc or vp": lambda c: not {"vc", "vp"} & set(c),
    "iss, sub, jti, nbf, exp and iat say what the credential says": lambda c: (
        ("iss" not in c or c["iss"] == (c["issuer"]["id"] if isinstance(c["issuer"], dict) else c["issuer"]))
        and not {"sub", "jti", "nbf", "exp", "iat"} & set(c)
    ),
    "a status entry says purpose, place and list": lambda c: all(
        one.get("type") == "BitstringStatusListEntry"
        and isinstance(one.get("statusPurpose"), str)
        and isinstance(one.get("statusListIndex"), str)
        and bool(re.fullmatch("0|[1-9][0-9]*", one["statusListIndex"]))
        and is_url(one.get("statusListCredential"))
        and urlsplit(one["statusListCredential"]).scheme == "https"
        for one in status_entries(c)
    ),
    "a status entry's id is not the list's": lambda c: all(
        is_url(one.get("id")) and one["id"] != one.get("statusListCredential") for one in status_entries(c)
    ),
    "a badge is an AchievementSubject with an achievement": lambda c: (
        has_types(subject(c).get("type"), "AchievementSubject") and has_types(achievement(c).get("type"), "Achievement")
    ),
    "a badge's subject has an id or an identity": lambda c: (
        "id" in subject(c)
        or all(
            one.get("type") == "IdentityObject"
            and type(one.get("hashed")) is bool
            and isinstance(one.get("identityHash"), str)
            and isinstance(one.get("identityType"), str)
            for one in objects(subject(c).get("identifier")) or [{}]
        )
    ),
    "an achievement has id, name, description and criteria": lambda c: (
        is_url(achievement(c).get("id"))
        and all(isinstance(achievement(c).get(name), str) for name in ("name", "description"))
        and isinstance(achievement(c).get("criteria"), dict)
        and bool({"id", "narrative"} & set(achievement(c)["criteria"]))
    ),
    "a badge's issuer is a Profile": lambda c: (
        isinstance(c["issuer"], dict) and has_types(c["issuer"].get("type"), "Profile")
    ),
    "a badge has a name, and awardedDate with its zone": lambda c: (
        isinstance(c.get("name"), str) and ("awardedDate" not in c or is_stamp(c["awardedDate"]))
    ),
    "a badge names its context": lambda c: BADGE_CONTEXT in c["@context"],
}


def put(*path: str | int, value: object) -> Change:
    def change(claims: Claims) -> None:
        here: Any = claims
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(claims: Claims) -> None:
        here: Any = claims
        for step in path[:-1]:
            here = here[step]
        del here[path[-1]]

    return change


def add(member: str, value: object) -> Change:
    return put(member, value=value)


ENTRY = {"type": "Something"}
RESOURCE = {"id": "https://x.example/r", "digestSRI": "sha384-AAAA"}
BREAKS: dict[str, list[Change]] = {
    "@context is an array that begins with the base context, of addresses and objects": [
        drop("@context"),
        put("@context", value=VC_CONTEXT),
        put("@context", value=[]),
        put("@context", value=None),
        put("@context", value={}),
        put("@context", 0, value=BADGE_CONTEXT),
        put("@context", 0, value="https://www.w3.org/2018/credentials/v1"),
        put("@context", 0, value="https://www.w3.org/ns/credentials/v2 "),
        put("@context", 1, value="https://purl.imsglobal.org/spec/ob/v3p0/context 3.0.3.json"),
        put("@context", 1, value=5),
        put("@context", 1, value=None),
        put("@context", 1, value=[BADGE_CONTEXT]),
        put("@context", 1, value="no address"),
    ],
    "no protected term is defined again": [
        put("@context", 2, "name", value="https://evil.example/name"),
        put("@context", 2, "issuer", value="https://evil.example/issuer"),
        lambda c: c["@context"].append({"VerifiableCredential": "https://evil.example/vc"}),
    ],
    "type is an array of texts with VerifiableCredential": [
        drop("type"),
        put("type", value="VerifiableCredential"),
        put("type", value=[]),
        put("type", value=None),
        put("type", value=["OpenBadgeCredential"]),
        put("type", value=["verifiablecredential", "OpenBadgeCredential"]),
        put("type", value=["VerifiableCredential", 5]),
        put("type", value=["VerifiableCredential", None]),
        put("type", value={"VerifiableCredential": True}),
        put("type", 0, value="EnvelopedVerifiableCredential"),
    ],
    "every type is known": [
        put("type", value=["VerifiableCredential", "OpenBadgeCredential", "Sticker"]),
        put("type", value=["VerifiableCredential", "OpenBadgeCredential", "https://evil.example/type"]),
        put("type", value=["VerifiableCredential", "BitstringStatusListCredential"]),
    ],
    "every member is known": [
        add("favouriteColour", "red"),
        add("holder", DID),
        add("expirationDate", "2031-01-01T00:00:00Z"),
        add("issuanceDate", "2026-01-01T00:00:00Z"),
        add("https://evil.example/term", 1),
        add("@type", "VerifiableCredential"),
        add("@id", "https://evil.example/"),
    ],
    "id is one address": [
        put("id", value=None),
        put("id", value=[]),
        put("id", value=["https://bevis.example/v/x"]),
        put("id", value=5),
        put("id", value={}),
        put("id", value=""),
        put("id", value="no address"),
        put("id", value="/v/0W40-J2GB-1G6G-W3RG"),
    ],
    "issuer is an address, or an object with one": [
        drop("issuer"),
        put("issuer", value=None),
        put("issuer", value=True),
        put("issuer", value=5),
        put("issuer", value=[DID]),
        put("issuer", value="no address"),
        put("issuer", value={}),
        drop("issuer", "id"),
        put("issuer", "id", value=None),
        put("issuer", "id", value="no address"),
        put("issuer", "id", value=[DID]),
    ],
    "credentialSubject is an object with something in it, or several": [
        drop("credentialSubject"),
        *(put("credentialSubject", value=value) for value in (None, True, 5, "x", [], {}, [{}], ["x"])),
        lambda c: c.update(credentialSubject=[c["credentialSubject"], {}]),
    ],
    "a subject's id is an address": [
        *(put("credentialSubject", "id", value=value) for value in (None, [], 5, "no address", {}))
    ],
    "validFrom and validUntil carry their zone": [
        *(
            put(name, value=value)
            for name in ("validFrom", "validUntil")
            for value in (
                None,
                5,
                "",
                "2026-03-01",
                "2026-03-01T00:00:00",
                "2026-03-01 00:00:00Z",
                "2026-02-30T00:00:00",
            )
        ),
        put("validFrom", value="2026-03-01T00:00:00+15:00"),
        put("validFrom", value="2026-03-01T24:00:01Z"),
        put("validFrom", value="2026-13-01T00:00:00Z"),
        put("validFrom", value=["2026-03-01T00:00:00Z"]),
        put("validUntil", value={"@value": "2031-02-28T23:59:59Z"}),
    ],
    "validUntil is not before validFrom": [
        put("validUntil", value="2026-02-28T23:59:59+01:00"),
        put("validFrom", value="2032-03-01T00:00:00+01:00"),
    ],
    "name and description are texts": [
        *(
            put("name", value=value)
            for value in (None, 5, True, [], {}, {"@value": 5}, {"@value": "x", "id": "y"}, [5])
        ),
        put("issuer", "name", value=5),
        put("issuer", "description", value=5),
        put("credentialSubject", "achievement", "name", value={"@language": "en"}),
        put("credentialSubject", "achievement", "description", value=[["x"]]),
    ],
    "status, schema, refresh, terms and evidence have a type": [
        *(
            add(member, value)
            for member in ("credentialSchema", "refreshService", "termsOfUse", "evidence")
            for value in (None, "x", {}, [], {"id": "https://x.example/"}, [ENTRY, {}], {"type": None}, {"type": []})
        ),
        drop("credentialStatus", 0, "type"),
        put("credentialStatus", 0, "type", value=None),
        put("credentialStatus", value="https://bevis.example/status/3"),
        put("credentialStatus", value=None),
        put("credentialStatus", value=[]),
        lambda c: c["credentialStatus"].append({}),
    ],
    "a schema has an address": [
        *(add("credentialSchema", {"type": "JsonSchema", **more}) for more in ({}, {"id": None}, {"id": "no address"})),
        add("credentialSchema", [{"type": "JsonSchema", "id": "https://x.example/"}, {"type": "JsonSchema"}]),
    ],
    "a proof has a type": [add("proof", {}), add("proof", {"cryptosuite": "x"}), add("proof", "x"), add("proof", [])],
    "related resources have an address and a digest, each once": [
        *(
            add("relatedResource", value)
            for value in (None, "x", [], {}, {"id": "https://x.example/r"}, {"digestSRI": "x"})
        ),
        add("relatedResource", [RESOURCE, RESOURCE]),
        add("relatedResource", {**RESOURCE, "id": "no address"}),
    ],
    "nothing is wrapped in vc or vp": [
        lambda c: c.update(vc=copy.deepcopy(c)),
        add("vp", {}),
        lambda c: (
            inner := dict(c),
            c.clear(),
            c.update(vc=inner, issuer=inner["issuer"], **{"@context": [VC_CONTEXT]}),
        ),
    ],
    "iss, sub, jti, nbf, exp and iat say what the credential says": [
        add("iss", "did:web:other.example"),
        add("exp", 1),
        add("nbf", 9_999_999_999),
        add("sub", DID),
        add("jti", "x"),
        add("iat", 1),
    ],
    "a status entry says purpose, place and list": [
        *(
            put("credentialStatus", 0, member, value=value)
            for member, values in {
                "type": ("StatusList2021Entry", "BitstringStatusList", ["BitstringStatusListEntry"]),
                "statusPurpose": (None, 5, ["revocation"]),
                "statusListIndex": (48213, "048213", "-1", "1.0", "", " 48213", None, "٤"),
                "statusListCredential": (
                    None,
                    5,
                    "no address",
                    "http://bevis.example/status/3/revocation",
                    "/status/3",
                ),
            }.items()
            for value in values
        ),
        *(
            drop("credentialStatus", 0, member)
            for member in ("statusPurpose", "statusListIndex", "statusListCredential")
        ),
    ],
    "a status entry's id is not the list's": [
        put("credentialStatus", 0, "id", value="https://bevis.example/status/3/revocation"),
        put("credentialStatus", 0, "id", value=None),
        put("credentialStatus", 1, "id", value=[]),
    ],
    "a badge is an AchievementSubject with an achievement": [
        put("credentialSubject", "type", value=["Person"]),
        drop("credentialSubject", "type"),
        drop("credentialSubject", "achievement"),
        put("credentialSubject", "achievement", "type", value=["Sticker"]),
        put("credentialSubject", "achievement", value="https://bevis.example/schemes/heta-arbeten"),
    ],
    "a badge's subject has an id or an identity": [
        drop("credentialSubject", "identifier"),
        put("credentialSubject", "identifier", value=[]),
        put("credentialSubject", "identifier", 0, "hashed", value="false"),
        put("credentialSubject", "identifier", 0, "hashed", value=0),
        put("credentialSubject", "identifier", 0, "type", value="Person"),
        drop("credentialSubject", "identifier", 0, "identityHash"),
        drop("credentialSubject", "identifier", 0, "identityType"),
    ],
    "an achievement has id, name, description and criteria": [
        *(drop("credentialSubject", "achievement", member) for member in ("id", "name", "description", "criteria")),
        put("credentialSubject", "achievement", "criteria", value={}),
        put("credentialSubject", "achievement", "criteria", value="pass the exam"),
        put("credentialSubject", "achievement", "id", value="heta-arbeten"),
    ],
    "a badge's issuer is a Profile": [
        put("issuer", value=DID),
        drop("issuer", "type"),
        put("issuer", "type", value=["Person"]),
    ],
    "a badge has a name, and awardedDate with its zone": [
        drop("name"),
        put("awardedDate", value="2026-02-20"),
        put("awardedDate", value="2026-02-20T10:00:00"),
        put("awardedDate", value=None),
    ],
    "a badge names its context": [
        drop("@context", 1),
        put("@context", 1, value="https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"),
    ],
}
CASES = [
    pytest.param(rule, place, id=f"{rule} {place}") for rule, changes in BREAKS.items() for place in range(len(changes))
]


def outcome(world: ModuleType, claims: Mapping[str, Any]) -> str:
    """The verdict on these claims, signed with the issuer's key as they are."""
    try:
        token = seal_jws(claims, typ="vc+jwt", kid=f"{DID}#{world.ISSUER_KEY.kid}", sign=world.ISSUER_KEY)
    except MalformedJws:
        return "not even readable"
    return judge(verify(token, world.TRUST, world.NOW), situation(), world.NOW).outcome


def ours(world: ModuleType, **changed: Any) -> Claims:
    certificate = Certificate(**{**dict(world.CERTIFICATE), **changed})
    return to_claims(certificate, DID, world.PUBLIC_URL)


def holds(rule: str, claims: Claims) -> bool:
    """Whether the rule holds; claims too broken to be asked do not hold it."""
    try:
        return RULES[rule](claims)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        return False


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="the usual"),
        pytest.param({"valid_until": None}, id="without end"),
        pytest.param({"birth_date": None, "birth_in_code": "none"}, id="without birth"),
        pytest.param({"content": {}}, id="without content"),
        pytest.param({"content": {"sv": ("Släcka",)}, "title": {"sv": "Släckning"}}, id="in Swedish alone"),
        pytest.param(
            {"restrictions": ("Glasögon",), "scope_classes": ("A1", "B2")}, id="with restrictions and classes"
        ),
        pytest.param({"time_zone": "Pacific/Kiritimati"}, id="at the calendar's edge"),
        pytest.param({"valid_from": date(1900, 1, 2), "time_zone": "Europe/Oslo"}, id="long ago"),
        pytest.param({"training_provider": None, "examination_body": None, "mandate": None}, id="with fewer parties"),
    ],
)
def test_what_we_write_obeys_the_rule(world: ModuleType, rule: str, changed: dict[str, Any]) -> None:
    assert holds(rule, ours(world, **changed))


@pytest.mark.parametrize(("rule", "place"), CASES)
def test_what_breaks_the_rule_is_not_valid(world: ModuleType, rule: str, place: int) -> None:
    claims = ours(world)
    assert outcome(world, claims) == "valid"
    BREAKS[rule][place](claims)
    assert json.dumps(claims) != json.dumps(ours(world))
    assert not holds(rule, claims)
    assert outcome(world, claims) != "valid"


def test_every_rule_is_broken_by_something() -> None:
    assert set(BREAKS) == set(RULES)
