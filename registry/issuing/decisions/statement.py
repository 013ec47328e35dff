"""An assessed candidate to the certificate that will be said and signed. Pure."""

from collections.abc import Mapping
from datetime import date, datetime

from levels.assess import Assessment
from levels.level import Level
from registry.issuing.decisions.candidate import Candidate
from registry.issuing.decisions.ground import Ground
from registry.issuing.decisions.validity import Days, Previous, renewal, validity
from registry.records.parties.organisations import Organisation
from verification.certificate import Certificate, IdentityAssurance, Party, StatusPlace, day_at


def span_of(
    ground: Ground, candidate: Candidate, level: Level, now: datetime, previous: Previous | None = None
) -> tuple[date, date | None]:
    """First and last day of validity of a certificate of that level. Raises AnchorUnknown.

    previous  the certificate that it renews
    """
    policy, days = ground.scheme.validity, days_of(ground, candidate, now)
    ends = ground.rules.carries_end(level)
    if previous is None:
        span = validity(policy, days, carries_end=ends)
    else:
        span = renewal(policy, days, previous, carries_end=ends)
    return span.first, span.last


def days_of(ground: Ground, candidate: Candidate, now: datetime) -> Days:
    """The days that validity may count from, for that person."""
    occasion = ground.occasion
    return Days(
        decided_on=occasion.decided_on,
        issued_on=day_at(now, ground.scheme.time_zone),
        course_first_on=min((session.on for session in occasion.session), default=None),
        course_last_on=occasion.last_session_on,
        assessed_on=candidate.assessed_on,
        born_on=candidate.row.birth_date,
    )


def statement(  # noqa: PLR0913, PLR0917 all that goes into it
    ground: Ground,
    candidate: Candidate,
    assessment: Assessment,
    level: Level,
    number: str,
    place: tuple[int, int],
    span: tuple[date, date | None],
    now: datetime,
) -> Certificate:
    """What the certificate says.

    place  list and index in the status lists
    span   first and last day of validity

    Raises pydantic's ValidationError where a value cannot stand on a certificate.
    """
    scheme, occasion, evidence = ground.scheme, ground.occasion, candidate.evidence
    birth_date = candidate.row.birth_date
    mandate = ground.authority.mandate
    return Certificate(
        number=number,
        holder_name=candidate.row.name,
        birth_date=birth_date if scheme.birth == "date" else None,
        birth_year=birth_date.year if birth_date and scheme.birth == "year" else None,
        birth_in_code=scheme.birth,
        scheme=scheme.code,
        scheme_version=scheme.version,
        title={"sv": scheme.titles.sv, "nb": scheme.titles.nb, "en": scheme.titles.en},
        content={"sv": scheme.stated.sv, "nb": scheme.stated.nb, "en": scheme.stated.en},
        level=level,
        edition=assessment.edition,
        training_provider=_party(ground.organisations, evidence.training_provider),
        examination_body=_party(ground.organisations, evidence.examination_body),
        issuer=Party(id=occasion.issuer, name=ground.organisations[occasion.issuer].name),
        scheme_owner=Party(id=scheme.owner, name=ground.organisations[scheme.owner].name),
        register_keeper=_party(ground.organisations, evidence.register_keeper),
        mandate=mandate.public_id if mandate else None,
        party=assessment.party,
        identity=IdentityAssurance(
            enrolment=evidence.enrolment_ida, attendance=evidence.attendance_ida, exam=evidence.exam_ida
        ),
        course_first_on=min((session.on for session in occasion.session), default=None),
        course_last_on=occasion.last_session_on,
        assessed_on=candidate.assessed_on,
        decided_on=occasion.decided_on,
        issued_at=now,
        valid_from=span[0],
        valid_until=span[1],
        time_zone=scheme.time_zone,
        attended_minutes=evidence.attended_minutes,
        mandatory_minutes=scheme.mandatory_minutes,
        attended_percent=_percent(evidence.attended_minutes, scheme.mandatory_minutes)
        if scheme.share_printed
        else None,
        delivery=occasion.delivery,
        language_training=occasion.language_training,
        language_test=occasion.language_test,
        scope_classes=candidate.scope_classes,
        restrictions=(*occasion.restrictions, *(each.code for each in scheme.validity.only_while)),
        status=StatusPlace(list=place[0], index=place[1]),
    )


def _party(organisations: Mapping[str, Organisation], slug: str | None) -> Party | None:
    return Party(id=slug, name=organisations[slug].name) if slug else None


def _percent(attended: int | None, mandatory: int) -> int | None:
    """Whole per cent, rounded down, as the rules count it."""
    return None if attended is None or mandatory == 0 else min(100, attended * 100 // mandatory)
