"""Pages for anybody: the schemes, one scheme, the issuers, one issuer, with every mandate and its dates."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from levels.level import Level
from levels.rulebook import Rulebook, edition_on
from registry.errors import OrganisationNotFound, SchemeNotFound
from registry.issuing.decisions.validity_in_words import period, policy_in_words
from registry.records.parties.organisations import Organisation
from registry.records.persons.people import name_key
from registry.records.sector.schemes import SchemeVersion
from registry.web.certified import accreditations_told, certificates_told
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.public_register import (
    KnownIssuer,
    KnownMandate,
    KnownRecognition,
    known_issuer,
    known_issuers,
    known_scheme,
    known_schemes,
)
from registry.web.routes.home import not_found_page, register_words, templates
from verification.certificate import Lang, day_at
from verification.endpoint.presentation import READ, language_of, page, page_context

router = APIRouter()

MOST_SECONDS = 60  # how long a copy may be shown: a mandate that was withdrawn must not look fine for long
_MINUTES_AN_HOUR = 60
_LONGEST_QUERY = 100


@router.api_route("/schemes", methods=READ, include_in_schema=False)
def schemes_page(request: Request, office: TheOffice, db: Reading, now: Now) -> Response:
    """Every scheme once, by its title."""
    lang, wanted = _language(request), _wanted(request)
    found: list[dict[str, Any]] = [
        {"row": row, "title": row.titles[lang], "owner": owner, "says": policy_in_words(row.new().validity, lang)[0]}
        | {"state": _state_of(row, day_at(now, row.document["time_zone"]), lang)}
        for row, owner in known_schemes(db, now)
        if _fits(wanted, row.code, *row.titles.values())
    ]
    found.sort(key=lambda one: (str(one["title"]).casefold(), one["row"].code))
    return _page(request, office, "schemes.html", lang, schemes=found, wanted=wanted, keep=_kept(q=wanted))


@router.api_route("/schemes/{code}", methods=READ, include_in_schema=False)
def scheme_page(request: Request, code: str, office: TheOffice, db: Reading, now: Now) -> Response:
    """One scheme: `?version=` for another version than the one in force."""
    lang = _language(request)
    try:
        known = known_scheme(db, code, request.query_params.get("version"), now)
    except SchemeNotFound:
        return not_found_page(request)
    says, new, book = register_words(lang), known.new, edition_on(now.date())
    in_force = next((each for each in known.versions if each.in_force_on(known.day)), None)
    return _page(
        request,
        office,
        "scheme.html",
        lang,
        known=known,
        keep=_kept(version=request.query_params.get("version", "")),
        new=new,
        title=known.row.titles[lang],
        content=known.row.content[lang],
        level=book.levels[new.max_level],
        target=book.levels[new.target_level],
        order=[one.value for one in book.order],
        policy=policy_in_words(new.validity, lang),
        carries_end=book.carries_end(new.max_level),
        hours=_hours(new.mandatory_minutes, says),
        period=lambda months: period(months, lang),
        owner_ceiling=_owner_may(book, new.max_level),
        newer=in_force if in_force and in_force.version != known.row.version else None,
        versions=[(each, _state_of(each, known.day, lang)) for each in known.versions],
        state=_state_of(known.row, known.day, lang),
        mandates=[_told(each, lang) for each in known.mandates],
        recognitions=[_recognition(each, lang) for each in known.recognitions],
    )


@router.api_route("/issuers", methods=READ, include_in_schema=False)
def issuers_page(request: Request, office: TheOffice, db: Reading, now: Now) -> Response:
    """Everybody who may issue, or might before, by name."""
    lang, wanted = _language(request), _wanted(request)
    known = [each for each in known_issuers(db, now) if _fits(wanted, each.organisation.name, each.organisation.slug)]
    accredited = accreditations_told(db, now, register_words(lang), lang)
    return _page(
        request,
        office,
        "issuers.html",
        lang,
        issuers=[
            (each, _light(each), _in_short(each, lang), [_told(one, lang) for one in each.mandates]) for each in known
        ],
        accredited=accredited,
        wanted=wanted,
        keep=_kept(q=wanted),
    )


@router.api_route("/issuers/{slug}", methods=READ, include_in_schema=False)
def issuer_page(request: Request, slug: str, office: TheOffice, db: Reading, now: Now) -> Response:
    """One issuer, with every mandate it has or had."""
    lang = _language(request)
    try:
        known = known_issuer(db, slug, now)
    except OrganisationNotFound:
        return not_found_page(request)
    return _page(
        request,
        office,
        "issuer.html",
        lang,
        known=known,
        light=_light(known),
        certified=[
            *accreditations_told(db, now, register_words(lang), lang, slug).get(slug, ()),
            *certificates_told(db, now, register_words(lang), lang, slug),
        ],
        mandates=[_told(each, lang) for each in known.mandates],
        owned=[(row, _state_of(row, day_at(now, row.document["time_zone"]), lang)) for row in known.owned],
    )


# ------------------------------------------------------------------ how it is told


def _page(request: Request, office: TheOffice, template: str, lang: Lang, **given: object) -> Response:
    context = page_context(request, lang) | {"says": register_words(lang), "name": office.settings.name, **given}
    html = templates().get_template(template).render(context)
    answer = page(html, keep=True)
    answer.headers["Cache-Control"] = f"public, max-age={MOST_SECONDS}"
    answer.headers["ETag"] = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
    if office.settings.environment != "production":
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    if answer.headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, 304, dict(answer.headers))
    return answer


def _language(request: Request) -> Lang:
    found: Lang = language_of(request)  # type: ignore[assignment] # one of the three
    return found


def _wanted(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:_LONGEST_QUERY]


def _kept(**parts: str) -> str:
    """What a link to the same page in another language takes along."""
    told = urlencode({name: part for name, part in parts.items() if part})
    return f"&{told}" if told else ""


def _fits(wanted: str, *texts: str) -> bool:
    return not wanted or any(name_key(wanted) in name_key(text) for text in texts)


def _state_of(row: SchemeVersion, day: Any, lang: Lang) -> str:  # noqa: ANN401 a date
    """When a version is in force, in words."""
    says = register_words(lang)
    if day < row.published_on:
        return says["from_day"].format(day=row.published_on)
    if row.retired_from is None:
        return says["in_force_since"].format(day=row.published_on)
    if day < row.retired_from:
        return says["in_force_until"].format(day=row.published_on, until=row.retired_from)
    return says["retired"].format(day=row.retired_from)


def _told(known: KnownMandate, lang: Lang) -> dict[str, Any]:
    """A mandate for a row: whose, for what, its state as word and colour, and its days in words."""
    says, one = register_words(lang), known.mandate
    if known.standing == "coming":
        days = [says["since_coming"].format(day=one.since)]
    elif one.until is not None:
        days = [says["since_until"].format(day=one.since, until=one.until)]
    else:
        days = [says["since"].format(day=one.since)]
    days += [
        says["suspended_on" if last is None else "suspended_days"].format(day=first, until=last)
        for first, last in one.span.suspended
    ]
    if one.withdrawn_from is not None:
        days.append(says["withdrawn_on"].format(day=one.withdrawn_from))
    standing = known.standing
    word = says[f"standing_{standing}"]
    if not known.issuer_stands:
        standing = "withdrawn"
        word, day = _gone(known.issuer, known.day, lang)
        days.append(day)
    shape = "passed" if standing == "in_force" else "failed" if standing == "withdrawn" else "could_not_check"
    if standing == "ended":
        shape = "does_not_apply"
    return {
        "known": known,
        "mandate": one,
        "title": known.titles.get(lang, one.scheme),
        "shape": shape,
        "word": word,
        "days": days,
        "versions": says["only_versions"].format(versions=", ".join(one.versions)) if one.versions else "",
    }


def _recognition(known: KnownRecognition, lang: Lang) -> dict[str, Any]:
    """A recognition for a row: which scheme, its state as word and colour, and its terms in words."""
    says, one = register_words(lang), known.recognition
    if known.standing == "coming":
        told = [says["since_coming"].format(day=one.accepted_from)]
    elif one.accepted_until is not None:
        told = [says["since_until"].format(day=one.accepted_from, until=one.accepted_until)]
    else:
        told = [says["since"].format(day=one.accepted_from)]
    if one.withdrawn_from is not None:
        told.append(says["withdrawn_on"].format(day=one.withdrawn_from))
    if one.issued_from is not None:
        told.append(says["recognised_issued_from"].format(day=one.issued_from))
    if one.issued_until is not None:
        told.append(says["recognised_issued_until"].format(day=one.issued_until))
    if one.versions:
        told.append(says["only_versions"].format(versions=", ".join(one.versions)))
    if one.min_level is not None:
        told.append(says["at_least"].format(level=one.min_level))
    if one.required_classes:
        told.append(says["recognised_classes"].format(classes=", ".join(one.required_classes)))
    shapes = {"in_force": "passed", "coming": "could_not_check", "ended": "does_not_apply", "withdrawn": "failed"}
    return {
        "code": known.other,
        "title": known.titles[lang],
        "says": says["recognised_accepts" if known.accepts else "recognised_as"],
        "shape": shapes[known.standing],
        "word": says[f"standing_{known.standing}"],
        "told": told,
        "map": [f"{old} → {new}" for old, new in one.class_map.items()],
        "condition": one.condition[lang] if one.condition else "",
    }


def _light(known: KnownIssuer) -> str:
    """The shape and colour of an issuer: what may come back is not what is lost."""
    if known.counts:
        return "valid"
    passing = known.on_register and any(each.standing in {"suspended", "coming"} for each in known.mandates)
    return "undetermined" if passing else "invalid"


def _gone(issuer: Organisation, on: date, lang: Lang) -> tuple[str, str]:
    """Why it issues nothing any more, as a word, and since when. Struck off goes before closed."""
    says = register_words(lang)
    if issuer.struck_off_on is not None and issuer.struck_off_on <= on:
        return says["standing_struck_off"], says["struck_on"].format(day=issuer.struck_off_on)
    return says["standing_closed"], says["closed_on"].format(day=issuer.closed_on)


def _in_short(known: KnownIssuer, lang: Lang) -> str:
    """For how much an issuer counts, on one line."""
    says = register_words(lang)
    if not known.on_register and not known.organisation.registered_on > known.day:
        return _gone(known.organisation, known.day, lang)[1]
    under = len({each.mandate.scheme for each in known.mandates if each.counts})
    told = [
        says[key].format(count=says["scheme_one"] if count == 1 else says["scheme_count"].format(count=count))
        for key, count in (("may_issue_under", under), ("owns", len(known.owned)))
        if count
    ]
    return ", ".join(told)


def _hours(minutes: int, says: Mapping[str, str]) -> str:
    hours, rest = divmod(minutes, _MINUTES_AN_HOUR)
    if not minutes:
        return says["hours_none"]
    if not hours:
        return says["minutes_of"].format(minutes=rest)
    if rest:
        return says["hours_minutes"].format(hours=hours, minutes=rest)
    return says["hour_of"] if hours == 1 else says["hours_of"].format(hours=hours)


def _owner_may(book: Rulebook, highest: Level) -> Level:
    """Up to which level an owner issues its own scheme without a mandate."""
    return max((book.owner_ceiling, highest), key=book.rank)
