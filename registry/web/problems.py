"""How a refusal looks over HTTP: RFC 9457 problem details for programs, a small page for people.

No problem repeats what was sent.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match

from registry import errors
from registry.errors import (
    ANY_ORGANISATION,
    ApiKeyRejected,
    DatabaseBusy,
    KeyMissing,
    ListNotRead,
    MalformedInput,
    MandateSuspended,
    NotAllowed,
    NotIssued,
    Refusal,
    RowsNotRecorded,
    SameRequestUnderWay,
    TooManyRequests,
    TooMuchUnderWay,
)
from registry.reading.national_number import holds_national_number
from registry.records.actors.access import actions, roles
from registry.web.sentences import translated
from verification.endpoint import problem as endpoint_problem
from verification.endpoint.presentation import language_of
from verification.endpoint.problem import Refused, problem
from verification.endpoint.problem_pages import ProblemTexts
from verification.endpoint.problem_pages import problem_texts as endpoint_texts

PROBLEM: Final = endpoint_problem.PROBLEM_TYPE

_WORD = re.compile(r"[a-z][a-z_ -]*|.?")  # a single character would be found in every sentence

MOST_FAULTS = 200  # that are told at once; there may be one in each of 50 000 rows

PROBLEMS: dict[type[Refusal], tuple[int, str]] = {
    errors.MalformedInput: (422, "malformed-input"),
    errors.RegistryExists: (409, "registry-exists"),
    errors.NoRegistryHere: (503, "no-registry-here"),
    errors.RegistryOlder: (503, "registry-older"),
    errors.RegistryNewer: (503, "registry-newer"),
    errors.UpgradeFailed: (503, "upgrade-failed"),
    errors.DatabaseBusy: (503, "database-busy"),
    errors.DatabaseFull: (507, "database-full"),
    errors.DatabaseUnavailable: (503, "database-unavailable"),
    errors.DatabaseUnsafe: (503, "database-unsafe"),
    errors.MasterKeyExists: (409, "master-key-exists"),
    errors.NoMasterKey: (503, "no-master-key"),
    errors.WrongMasterKey: (503, "wrong-master-key"),
    errors.IndexKeyExists: (409, "index-key-exists"),
    errors.NoIndexKey: (503, "no-index-key"),
    errors.WrongIndexKey: (503, "wrong-index-key"),
    errors.SealDoesNotOpen: (503, "seal-does-not-open"),
    errors.NoSigningKey: (503, "no-signing-key"),
    errors.KeyHeldElsewhere: (409, "key-held-elsewhere"),
    errors.KeyKnown: (409, "key-known"),
    errors.TimestampUnavailable: (503, "timestamp-unavailable"),
    errors.Unprintable: (422, "unprintable"),
    errors.LogoNotFound: (404, "logo-not-found"),
    errors.PapersNotFound: (404, "papers-not-found"),
    errors.PapersNotReady: (409, "papers-not-ready"),
    errors.PossessionNotProven: (422, "possession-not-proven"),
    errors.ChallengeEnded: (409, "challenge-ended"),
    errors.KeyFileExists: (409, "key-file-exists"),
    errors.KeyFileUnusable: (422, "key-file-unusable"),
    errors.NothingToSign: (409, "nothing-to-sign"),
    errors.SignatureRejected: (422, "signature-rejected"),
    errors.SigningOutdated: (409, "signing-outdated"),
    errors.KeySignsNoMore: (409, "key-signs-no-more"),
    errors.LogStopped: (503, "log-stopped"),
    errors.LogGoesOn: (409, "log-goes-on"),
    errors.LogNotRecovered: (409, "log-not-recovered"),
    errors.BackupDamaged: (422, "backup-damaged"),
    errors.LogNotThere: (404, "log-not-there"),
    errors.NotLoggedYet: (503, "not-logged-yet"),
    errors.SigningKeyNotFound: (404, "signing-key-not-found"),
    errors.OrganisationNotFound: (404, "organisation-not-found"),
    errors.OrganisationExists: (409, "organisation-exists"),
    errors.OrganisationRejected: (422, "organisation-rejected"),
    errors.ShareOverHundred: (422, "share-over-hundred"),
    errors.TieNotFound: (404, "tie-not-found"),
    errors.DeclarationNotFound: (404, "declaration-not-found"),
    errors.SchemeNotFound: (404, "scheme-not-found"),
    errors.SchemeExists: (409, "scheme-exists"),
    errors.SchemeDraftNotFound: (404, "scheme-draft-not-found"),
    errors.SchemeDraftExists: (409, "scheme-draft-exists"),
    errors.SchemeUnconfirmed: (409, "scheme-unconfirmed"),
    errors.SourceNotFound: (404, "source-not-found"),
    errors.SchemeNotInForce: (409, "scheme-not-in-force"),
    errors.SchemeRetired: (409, "scheme-retired"),
    errors.ExtensionNotFound: (404, "extension-not-found"),
    errors.ExtensionWithdrawn: (409, "extension-withdrawn"),
    errors.CatalogueEntryNotFound: (404, "catalogue-entry-not-found"),
    errors.NotIssuable: (409, "not-issuable"),
    errors.SchemeNotTheOwners: (403, "scheme-not-the-owners"),
    errors.SchemeLooserThanEdition: (422, "scheme-looser-than-edition"),
    errors.MandateNotFound: (404, "mandate-not-found"),
    errors.MandateNotAllowed: (403, "mandate-not-allowed"),
    errors.MandateCertified: (409, "mandate-certified"),
    errors.MandateAlreadyWithdrawn: (409, "mandate-already-withdrawn"),
    errors.MandateNotSuspended: (409, "mandate-not-suspended"),
    errors.RecognitionNotFound: (404, "recognition-not-found"),
    errors.ReportNotFound: (404, "report-not-found"),
    errors.ReportAlreadyClosed: (409, "report-already-closed"),
    errors.RecognitionNotAllowed: (403, "recognition-not-allowed"),
    errors.RecognitionAlreadyWithdrawn: (409, "recognition-already-withdrawn"),
    errors.OccasionNotFound: (404, "occasion-not-found"),
    errors.OccasionExists: (409, "occasion-exists"),
    errors.OccasionIncomplete: (422, "occasion-incomplete"),
    errors.OccasionCancelled: (409, "occasion-cancelled"),
    errors.OccasionSettled: (409, "occasion-settled"),
    errors.ReasonMissing: (422, "reason-missing"),
    errors.RowsNotRecorded: (422, "rows-not-recorded"),
    errors.DecisionInFuture: (422, "decision-in-future"),
    errors.IssuerNotAuthorised: (403, "issuer-not-authorised"),
    errors.MandateSuspended: (403, "mandate-suspended"),
    errors.AskedTooHigh: (422, "asked-too-high"),
    errors.EmptyRoster: (422, "empty-roster"),
    errors.ListNotRead: (422, "list-not-read"),
    errors.NotIssued: (422, "not-issued"),
    errors.BatchNotFound: (404, "batch-not-found"),
    errors.BatchFinished: (409, "batch-finished"),
    errors.BatchChanged: (409, "batch-changed"),
    errors.TookPart: (403, "took-part"),
    errors.OwnProofFailed: (500, "own-proof-failed"),
    errors.CertificateNotFound: (404, "certificate-not-found"),
    errors.AccreditationNotFound: (404, "accreditation-not-found"),
    errors.AccreditationStep: (409, "accreditation-step"),
    errors.PartInApplication: (403, "part-in-application"),
    errors.ChangeNotAllowed: (409, "change-not-allowed"),
    errors.AlreadyRevoked: (409, "already-revoked"),
    errors.AlreadySuspended: (409, "already-suspended"),
    errors.NotSuspended: (409, "not-suspended"),
    errors.NotForeseen: (409, "not-foreseen"),
    errors.NothingToChange: (409, "nothing-to-change"),
    errors.TooManyCertificates: (409, "too-many-certificates"),
    errors.AnotherPerson: (409, "another-person"),
    errors.NothingToCorrect: (409, "nothing-to-correct"),
    errors.NotASuccessor: (409, "not-a-successor"),
    errors.NoticeNotFound: (404, "notice-not-found"),
    errors.NoticeNotHanded: (409, "notice-not-handed"),
    errors.HandoverNotFound: (404, "handover-not-found"),
    errors.UnknownReason: (422, "unknown-reason"),
    errors.RecordDamaged: (409, "record-damaged"),
    errors.StatusListNotFound: (404, "status-list-not-found"),
    errors.NotAllowed: (403, "not-allowed"),
    errors.NotProven: (403, "not-proven"),
    errors.ActorUnknown: (403, "actor-unknown"),
    errors.ApiKeyRejected: (401, "api-key-rejected"),
    errors.ApiKeyNotFound: (404, "api-key-not-found"),
    errors.ApiKeyNotAllowed: (422, "api-key-not-allowed"),
    errors.AccountNotFound: (404, "account-not-found"),
    errors.AccountExists: (409, "account-exists"),
    errors.AccountEnded: (409, "account-ended"),
    errors.PersonHasAccount: (409, "person-has-account"),
    errors.RoleHeld: (409, "role-held"),
    errors.RoleNotHeld: (404, "role-not-held"),
    errors.LastOperator: (409, "last-operator"),
    errors.ApprovalNotFound: (404, "approval-not-found"),
    errors.ApprovalNeeded: (409, "approval-needed"),
    errors.ApprovalPending: (409, "approval-pending"),
    errors.AlreadyDecided: (409, "already-decided"),
    errors.SamePerson: (403, "same-person"),
    errors.ContentChanged: (409, "content-changed"),
    errors.RequestOutdated: (409, "request-outdated"),
    errors.KeyMissing: (401, "key-missing"),
    errors.TooManyRequests: (429, "too-many-requests"),
    errors.TooMuchUnderWay: (503, "too-much-under-way"),
    errors.IdempotencyKeyMissing: (400, "idempotency-key-missing"),
    errors.IdempotencyKeyReused: (422, "idempotency-key-reused"),
    errors.SameRequestUnderWay: (409, "same-request-under-way"),
    errors.AnswerSealed: (409, "answer-sealed"),
    errors.StateNotNamed: (428, "state-not-named"),
    errors.ChangedMeanwhile: (412, "changed-meanwhile"),
    errors.CursorUnknown: (422, "cursor-unknown"),
    errors.PersonNotFound: (404, "person-not-found"),
    errors.PersonMerged: (409, "person-merged"),
    errors.NotMerged: (409, "not-merged"),
    errors.NumberOfAnother: (409, "number-of-another"),
    errors.NumberNotFound: (404, "number-not-found"),
    errors.PortraitNotFound: (404, "portrait-not-found"),
    errors.DuplicateNotFound: (404, "duplicate-not-found"),
}


Problem = endpoint_problem.Problem


@cache
def problem_texts() -> ProblemTexts:
    """What every refusal means, by the end of its type: title, says, next, each in all languages."""
    return tomllib.loads((resources.files("registry.web") / "problems.toml").read_text(encoding="utf-8"))


def add_problems(app: FastAPI, not_found_page: Callable[[Request], Response]) -> None:
    """Let every fault be answered as a problem: refusals, malformed requests, unknown paths, and our own faults.

    not_found_page  what a person gets who opens a path where nothing is
    """

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return refusal_as_problem(request, refusal)

    @app.exception_handler(Refused)
    async def answered(_: Request, refused: Refused) -> Response:
        return refused.response

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, fault: RequestValidationError) -> Response:
        lang = language_asked(request)
        faults = [_without_values(error, lang) for error in fault.errors()]
        return told_problem(request, 422, "malformed-request", _first_of(faults, lang), faults)

    @app.exception_handler(HTTPException)
    async def http(request: Request, fault: HTTPException) -> Response:
        if fault.status_code == HTTPStatus.NOT_FOUND and _is_for_a_person(request):
            return not_found_page(request)
        return _of_http(request, fault)

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_: Request, __: ClientDisconnect) -> Response:
        # Nobody is there to read it.
        return problem(400, "hung-up", "The request was not finished")

    @app.exception_handler(Exception)
    async def our_fault(_: Request, __: Exception) -> Response:
        return problem(500, "internal-server-error", "Internal Server Error")


def refusal_as_problem(request: Request, refusal: Refusal) -> Response:
    """A refusal in the reader's language; what was sent is not repeated where it may hold what is nobody's business."""
    status, name = PROBLEMS[type(refusal)]
    title = (type(refusal).__doc__ or "").splitlines()[0]
    # What is wrong with the registry itself is for its operator, not for whoever asks.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(status, name, HTTPStatus(status).phrase, headers=_headers(refusal))
    lang = language_asked(request)
    detail, faults = str(refusal) or None, None
    if isinstance(refusal, MalformedInput):
        faults = faults_in_json(request, refusal)
        detail = _first_of(faults, lang)
    elif isinstance(refusal, (RowsNotRecorded, ListNotRead)):
        faults = [
            {"pointer": f"#/{row}/{_escaped(column)}" if column else f"#/{row}", "detail": says[lang]}
            for row, column, says in refusal.faults[:MOST_FAULTS]
        ]
        detail = _first_of(faults, lang, len(refusal.faults))
    elif isinstance(refusal, NotIssued):
        found = faults_in_json(request, MalformedInput([("", says[lang]) for _, says in refusal.faults]))
        faults = [
            fault | {"pointer": _pointer(member)} for fault, (member, _) in zip(found, refusal.faults, strict=True)
        ] + [{"pointer": _pointer(member), "detail": says[lang]} for member, says in refusal.unmet]
        detail = faults[0]["detail"] if faults else None
    elif isinstance(refusal, (NotAllowed, MandateSuspended)):
        detail = in_words(refusal, lang)
    elif lang != "en":
        texts = problem_texts()[name]
        if isinstance(refusal, _SAYS_WHAT_TO_DO):
            detail = f"{texts['says'][lang]} {texts['next'][lang]}"
        else:
            detail = f"{texts['says'][lang]} ({detail})" if detail else texts["says"][lang]
    if detail is not None and holds_national_number(detail):
        detail = problem_texts()[name]["says"][lang]
    headers = {"Content-Language": lang, "Vary": "Accept-Language", **_headers(refusal)}
    if lang != "en":
        title = problem_texts()[name]["title"][lang]
    return problem(status, name, title, detail, faults, headers)


def told_problem(
    request: Request,
    status: int,
    name: str,
    detail: str | None = None,
    faults: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    says: bool = False,
) -> Response:
    """A problem of this package or of the verification's, in the reader's language.

    says  whether its detail is what its type says of itself, and what to do
    """
    lang = language_asked(request)
    texts = problem_texts().get(name) or endpoint_texts()[name]
    if says:
        detail = f"{texts['says'][lang]} {texts['next'][lang]}"
    told = {"Content-Language": lang, "Vary": "Accept-Language", **(headers or {})}
    return problem(status, name, texts["title"][lang], detail, faults, told)


def _first_of(faults: Sequence[Mapping[str, str]], lang: str, count: int | None = None) -> str | None:
    """The first of them, and how many there are; count: where not all of them are told."""
    first = f"{faults[0]['pointer']} {faults[0]['detail']}" if faults else None
    return first if len(faults) <= 1 else words_of("first_of", lang).format(count=count or len(faults), first=first)


@cache
def _fault_texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((resources.files("registry.web") / "faults.toml").read_text(encoding="utf-8"))


def words_of(key: str, lang: str) -> str:
    """What is said of a part of a request, in one language."""
    return _fault_texts()[key][lang]


def _pointer(member: str | None) -> str:
    return f"#/{member.replace('.', '/')}" if member else "#"


def _escaped(part: str) -> str:
    """As a part of a JSON Pointer (RFC 6901), in a fragment."""
    return quote(part.replace("~", "~0").replace("/", "~1"), safe="~")


def language_asked(request: Request) -> str:
    """sv, nb or en by Accept-Language; a program that names none is told in English."""
    return language_of(request) if request.headers.get("accept-language", "*") != "*" else "en"


def _headers(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, KeyMissing):
        return {"WWW-Authenticate": 'Bearer realm="bevis"'}
    if isinstance(refusal, ApiKeyRejected):
        return {"WWW-Authenticate": 'Bearer realm="bevis", error="invalid_token"'}
    if isinstance(refusal, NotAllowed):
        return {"WWW-Authenticate": 'Bearer realm="bevis", error="insufficient_scope"'}
    if isinstance(refusal, (TooManyRequests, TooMuchUnderWay)):
        return {"Retry-After": str(refusal.wait_seconds)}
    if isinstance(refusal, (SameRequestUnderWay, DatabaseBusy)):
        return {"Retry-After": "1"}
    return {}


def in_words(refusal: NotAllowed | MandateSuspended, lang: str) -> str:
    """All of what such a refusal says, in the reader's language."""
    return _role_needed(refusal, lang) if isinstance(refusal, NotAllowed) else _suspension(refusal, lang)


def _role_needed(refusal: NotAllowed, lang: str) -> str:
    """Which role is missing, and where, in the reader's language."""
    named = [roles()[role].name.model_dump()[lang] for role in refusal.roles]
    does = actions()[refusal.action].says.model_dump()[lang]
    either, here, at, somewhere = {
        "sv": (" eller ", "i registret", "i", "i någon organisation"),
        "nb": (" eller ", "i registeret", "i", "i en organisasjon"),
        "en": (" or ", "in the registry itself", "at", "at any organisation"),
    }[lang]
    where = here if refusal.organisation is None else f"{at} {refusal.organisation}"
    if refusal.organisation == ANY_ORGANISATION:
        where = somewhere
    return f"{does} ({refusal.action}): {either.join(named)} ({', '.join(refusal.roles)}) {where}."


def _suspension(refusal: MandateSuspended, lang: str) -> str:
    """By whom a mandate is suspended and since when, in the reader's language, and what to do."""
    key = "mandate_suspended_until" if refusal.until else "mandate_suspended"
    return f"{words_of(key, lang).format(**vars(refusal))} {problem_texts()['mandate-suspended']['next'][lang]}"


# Their own text says no more than what there is for everybody in three languages.
_SAYS_WHAT_TO_DO: Final = (
    errors.KeyMissing,
    errors.IdempotencyKeyMissing,
    errors.IdempotencyKeyReused,
    errors.SameRequestUnderWay,
    errors.AnswerSealed,
    errors.StateNotNamed,
    errors.ChangedMeanwhile,
    errors.CursorUnknown,
)
LONGEST_INDEX: Final = 6  # digits of a place in a list; a longer one is a name that somebody made up


def faults_in_json(request: Request, malformed: MalformedInput) -> list[dict[str, str]]:
    """Every fault by its place in the body: names of ours, and no value that was sent."""
    shape: type[BaseModel] | None = getattr(request.state, "shape", None)
    known = names_in(shape) if shape else frozenset[str]()
    said = " ".join(says for _, says in malformed.faults)
    texts = {text for text in _texts_in(getattr(request.state, "given", None)) if text in said}
    longest_first = sorted(texts, key=len, reverse=True)
    lang = language_asked(request)
    return [_fault_in_json(path, says, known, longest_first, lang) for path, says in malformed.faults]


def _fault_in_json(path: str, says: str, known: frozenset[str], sent: Sequence[str], lang: str) -> dict[str, str]:
    pointer = "#"
    for part in re.findall(r"[^.\[\]]+", path.removeprefix("--")):
        if not (part.isdecimal() and len(part) <= LONGEST_INDEX) and part not in known:
            break  # somebody made that name up
        pointer += f"/{part}"
    says = says.replace(words_of("unknown", "en"), words_of("unknown_member", "en"))
    for value in sent:
        # Not within a longer word of our own: an edition 2026 leaves the 2026 of a day.
        says = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", "…", says)
    return {"pointer": pointer, "detail": translated(says, lang)}


@cache
def names_in(shape: type[BaseModel]) -> frozenset[str]:
    """Every name of a member anywhere in that model."""
    found: set[str] = set()

    def look(part: object) -> None:
        if isinstance(part, dict):
            found.update(part.get("properties", {}))
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(shape.model_json_schema())
    return frozenset(found)


def _texts_in(given: object) -> Iterator[str]:
    """Every text that was sent, but for plain words, which our sentences are made of too."""
    if isinstance(given, str) and not _WORD.fullmatch(given):
        yield given
    elif isinstance(given, dict):
        for name, inner in given.items():
            yield from _texts_in(name)
            yield from _texts_in(inner)
    elif isinstance(given, list):
        for inner in given:
            yield from _texts_in(inner)


def _of_http(request: Request, fault: HTTPException) -> Response:
    if fault.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return told_problem(request, 413, "body-too-large")
    phrase, headers = HTTPStatus(fault.status_code).phrase, dict(fault.headers or {})
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request.app.routes, request))
    name = phrase.lower().replace(" ", "-")
    if name not in endpoint_texts():
        return problem(fault.status_code, name, phrase, headers=headers)
    return told_problem(request, fault.status_code, name, says=True, headers=headers)


def _methods(routes: Iterable[BaseRoute], request: Request) -> list[str]:
    """What may be asked of that path, by all of its routes together; Starlette tells those of the first alone."""
    found: set[str] = set()
    for route in routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return sorted(found)


def _is_for_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _without_values(error: Mapping[str, Any], lang: str) -> dict[str, str]:
    """A fault by its place and kind; neither the value nor a message that may hold it is repeated."""
    place = error["loc"][1:] if error["loc"] and error["loc"][0] == "body" else error["loc"]
    # The parameters of a route have names of ours; in a body anything may be called anything.
    ours = place == error["loc"] and error["type"] != "extra_forbidden"
    pointer = "#" + "".join(f"/{part if ours or isinstance(part, int) or part in _PARTS else '…'}" for part in place)
    if error["type"] == "unknown_parameter":
        return {"pointer": pointer, "detail": _unknown_parameter(error["ctx"], lang)}
    key = {"extra_forbidden": "unknown", "literal_error": "enum"}.get(error["type"], error["type"])
    told = words_of(key if key in _fault_texts() else "wrong", lang)
    # What a route asks for is ours, and may be told; what it got is not.
    ours_too = {name: error.get("ctx", {}).get(name) for name in ("expected", "ge", "le", "max_length", "min_length")}
    expected = str(ours_too["expected"]).replace(" or ", f" {words_of('or', lang)} ")
    return {"pointer": pointer, "detail": told.format_map(ours_too | {"expected": expected})}


def _unknown_parameter(known: Mapping[str, Any], lang: str) -> str:
    """known: `near`, the name that was meant, or None; `names`, all there are."""
    names = ", ".join(known["names"])
    told = [words_of("known", lang).format(known=names) if names else words_of("none_known", lang)]
    if known["near"]:
        told.insert(0, words_of("near", lang).format(near=known["near"]))
    return f"{words_of('unknown', lang)}; {' '.join(told)}"


_PARTS: Final = frozenset({"path", "query", "header", "cookie"})
