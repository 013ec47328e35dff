"""People on record: who they are, their numbers, which nobody is told, and their portraits."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from registry.errors import MalformedInput, NumberOfAnother, PersonNotFound
from registry.issuing.people.identify import About, Identified, end_number, find_by_number, identify
from registry.issuing.people.person_input import PersonGiven
from registry.issuing.people.recorded_person import Number, correct_person, record_person
from registry.issuing.people.under_seal import forget, portrait_jpeg, set_portrait, take_portrait_away
from registry.reading.national_id import BadNumber, Kind, NationalNumber, national_number
from registry.reading.national_number import holds_national_number
from registry.reading.portrait import MAX_BYTES, BadPortrait, read_portrait
from registry.reading.reason import given_reason
from registry.reading.wrong import shared_texts
from registry.records.actors.access import Actor
from registry.records.issued.certificate_pages import Wanted, certificate_page, shown_state
from registry.records.issued.person_organisations import person_for, seen_by, who_knows
from registry.records.persons.identifiers import PersonIdentifier, identifiers_of
from registry.records.persons.people import (
    Person,
    all_records_of,
    former_names_of,
    people_page,
    person_events,
)
from registry.records.persons.portraits import portrait_of
from registry.records.store.database import Database
from registry.records.strict_input import Slug, StrictInput, parse
from registry.web.access import REGISTRY, Acting
from registry.web.changes import Writing, api_router, max_body
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.problems import refusal_as_problem
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.states import HAS_ETAG, IfMatch, tagged
from registry.web.uploaded import Uploaded, UploadedFile
from verification.certificate import display_number

router = api_router("/people", "people")

MOST_CERTIFICATES: Final = 200
PersonId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Id of the person.",
        examples=["01a22062-8928-7254-bc23-a36d39764879"],
    ),
]
Recording = Annotated[Actor, Acting("person.record")]
LookingUp = Annotated[Actor, Acting("person.read")]


# ------------------------------------------------------------------ said


class GivenNumber(StrictInput):
    """A number as somebody typed it. It is encrypted, and never told again.

    kind       what it must be; left out, one of the Nordic ones, told apart by its form
    country    of a passport or a foreign id, where it does not stand before the number
    quality    of a samordningsnummer: styrkt, sannolik or osaker
    since      first day the person had it
    replaces   id of the number in whose place it came
    """

    number: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Kind | None = None
    country: Annotated[str, Field(max_length=3)] | None = None
    quality: str | None = None
    since: date | None = None
    replaces: str | None = None


class SoughtNumber(StrictInput):
    """A number in hand, to find whose it is."""

    number: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Kind | None = None
    country: Annotated[str, Field(max_length=3)] | None = None


class NewPerson(PersonGiven):
    """A person to be recorded for an organisation.

    another_person  somebody of this name and birth date is on record, and this is not the same person
    """

    organisation: Slug
    number: GivenNumber | None = None
    another_person: bool = False


class PersonChange(PersonGiven):
    """What is to change; what is left out stays, and null or an empty text takes a way to reach the person away."""

    reason: str | None = None


class Because(StrictInput):
    """Why, in a few words that name nobody."""

    reason: str


# ------------------------------------------------------------------ told


class NumberOut(BaseModel):
    """A number of a person: what it is, and nothing of what it says."""

    id: str
    kind: str = Field(examples=["personnummer"])
    country: str = Field(examples=["SE"])
    quality: str | None
    since: date | None
    replaced_by: str | None = Field(description="Id of the number that came in its place.")
    recorded_at: datetime
    recorded_by: str
    ended_at: datetime | None = Field(description="When it was found not to be this person's.")


class NumberAdded(BaseModel):
    """What became of a number."""

    outcome: Literal["added", "known"] = Field(description="known = it was this person's already.")
    kind: str
    country: str


class CertificateBrief(BaseModel):
    """A certificate of the person, as far as whoever asks may see it."""

    number: str
    scheme: str
    level: str
    state: str
    valid_until: date | None


class PersonEventOut(BaseModel):
    """What happened to a record."""

    at: datetime
    kind: str
    about: list[str]
    actor: str
    reason: str | None


class PersonBrief(BaseModel):
    """Who it is."""

    id: str
    name: str = Field(examples=["Åsa Lindström"])
    birth_date: date | None
    merged_into: str | None = Field(description="The record that stands for this person.")


class PersonOut(PersonBrief):
    """All that is on record of a person but for the numbers themselves."""

    former_names: list[str]
    email: str | None
    phone: str | None
    post: str | None
    via: str | None = Field(description="An employer through whom the person is reached.")
    notifiable: bool = Field(description="Whether there is a way to reach the person.")
    numbers: list[NumberOut]
    portrait: bool
    records: list[str] = Field(description="Ids of all records that are this person's; the first one stands.")
    organisations: list[str] = Field(description="Who knows the person.")
    certificates: list[CertificateBrief]
    events: list[PersonEventOut]


class PersonRecorded(PersonOut):
    """The same, and whether the person is new."""

    outcome: Literal["new", "known"]


class PersonList(BaseModel):
    """One page of people, in the order they were recorded."""

    items: list[PersonBrief]


class Forgotten(BaseModel):
    """What was destroyed."""

    numbers_destroyed: int


# ------------------------------------------------------------------ routes


@router.get("", operation_id="listPeople", summary="People one may see")
def list_people(
    db: Reading,
    who: LookingUp,
    page: Paged,
    reads: Reads,
    name: Annotated[str, Query(max_length=200, description="Part of a name, now or before.")] = "",
) -> PersonList:
    """Those that an organisation knows in which one has a role; of the registry's own reader, all."""
    if holds_national_number(name):
        says = "seems to hold a national number; POST /people/by-number/search asks for one"
        raise MalformedInput([("name", says)])
    rows = page.of(
        people_page(db, like=name, seen=seen_by(who, "person.read"), after=page.after_id(), limit=page.limit + 1),
        lambda row: row.id,
    )
    reads.of("person", *(str(row.id) for row in rows))
    return PersonList(items=[brief(row) for row in rows])


@router.post(
    "",
    operation_id="recordPerson",
    summary="Record a person",
    status_code=201,
    response_model=PersonRecorded,
    openapi_extra=HAS_ETAG,
)
def record(
    new: Annotated[NewPerson, Given(NewPerson)],
    db: Writing,
    who: Recording,
    now: Now,
    office: TheOffice,
    request: Request,
    response: Response,
    reads: Reads,
) -> PersonRecorded | Response:
    """Whoever is on record already is found, by number or by name and birth date: then the answer is 200.

    A number that is on record of somebody with quite another name is kept of nobody: the person is recorded without
    it, the pair waits for review, and the answer is 409.
    """
    who.require("person.record", new.organisation)
    given = PersonGiven(**{name: getattr(new, name) for name in PersonGiven.model_fields})
    number = None
    if new.number is not None:
        number = Number(_number(new.number, now, office, "number.number"), office.personal_data, _about(new.number))
    recorded = record_person(
        db,
        given.changes(now.date(), needs_name=True),
        new.organisation,
        now=now,
        actor=who.account,
        number=number,
        another_person=new.another_person,
    )
    if recorded.identified is not None and recorded.identified.outcome == "conflict":
        return _conflict(request, recorded.identified)
    response.status_code = 201 if recorded.outcome == "new" else 200
    response.headers["Location"] = f"{router.prefix}/{recorded.person.id}"
    if recorded.outcome == "known":  # all that others have recorded is told
        reads.of("person", str(recorded.person.id), action="person.read")
    told = _told(db, recorded.person, who, now)
    tagged(response, told)
    return PersonRecorded(outcome=recorded.outcome, **told.model_dump())


@router.post("/by-number/search", operation_id="findPersonByNumber", summary="Whose number it is", status_code=200)
def find(
    sought: Annotated[SoughtNumber, Given(SoughtNumber)],
    db: Reading,
    who: LookingUp,
    now: Now,
    office: TheOffice,
    reads: Reads,
) -> PersonBrief:
    """Finds only people one may see; a number is never part of an address. Leaves a line that the person can see."""
    number = _number(sought, now, office, "number")
    owner = find_by_number(db, office.personal_data, number)
    try:
        found = person_for(db, who, "person.read", str(owner))
    except PersonNotFound as fault:
        raise PersonNotFound("nobody you may see has this number") from fault
    reads.of("person", str(found.id))
    return brief(found)


@router.get("/{person}", operation_id="getPerson", summary="One person", openapi_extra=HAS_ETAG)
def get_person(person: PersonId, db: Reading, who: LookingUp, now: Now, reads: Reads, response: Response) -> PersonOut:
    """All that is on record but for the numbers themselves; certificates as far as one may see them."""
    found = person_for(db, who, "person.read", person)
    reads.of("person", str(found.id))
    return tagged(response, _told(db, found, who, now))


@router.patch("/{person}", operation_id="amendPerson", summary="Change what is on record", openapi_extra=HAS_ETAG)
def amend(
    person: PersonId,
    change: Annotated[PersonChange, Given(PersonChange)],
    db: Writing,
    who: Recording,
    now: Now,
    read: IfMatch,
    response: Response,
) -> PersonOut:
    """A former name is kept, and still finds the person. Certificates stay as they were issued."""
    found = person_for(db, who, "person.record", person)
    read.check(_told(db, found, who, now))
    said: dict[str, Any] = {
        name: getattr(change, name) for name in PersonGiven.model_fields if name in change.model_fields_set
    }
    if faults := [(name, "cannot be taken away") for name in ("name", "birth_date") if said.get(name, "") is None]:
        raise MalformedInput(faults)
    why = given_reason(change.reason) if {"name", "birth_date"} & said.keys() or change.reason is not None else None
    given = parse({name: "" if value is None else value for name, value in said.items()}, PersonGiven)
    changes = given.changes(now.date())
    correct_person(db, found, changes, now=now, actor=who.account, reason=why)
    return tagged(response, _told(db, found, who, now))


@router.post(
    "/{person}/numbers",
    operation_id="addNumber",
    summary="Record a number of a person",
    status_code=201,
    response_model=NumberAdded,
)
def add_number(
    person: PersonId,
    new: Annotated[GivenNumber, Given(GivenNumber)],
    db: Writing,
    who: Recording,
    now: Now,
    office: TheOffice,
    request: Request,
    response: Response,
) -> NumberAdded | Response:
    """It is encrypted under a key of the person, found by a keyed index, and never told again.

    One that is on record of somebody else is refused with 409, and the two records wait for review.
    """
    found = person_for(db, who, "person.record", person)
    number = _number(new, now, office, "number")
    became = identify(db, office.personal_data, found, number, _about(new), now=now, actor=who.account)
    if became.outcome == "conflict":
        return _conflict(request, became)
    response.status_code = 201 if became.outcome == "added" else 200
    return NumberAdded(outcome=became.outcome, kind=number.kind, country=number.country)


@router.post(
    "/{person}/numbers/{number}/ending", operation_id="endNumber", summary="A number recorded in error", status_code=200
)
def end_a_number(
    person: PersonId,
    number: Annotated[str, Path(max_length=36, description="Id of the number; not the number.")],
    given: Annotated[Because, Given(Because)],
    db: Writing,
    who: Recording,
    now: Now,
) -> PersonOut:
    """From now on it finds nobody, and may be another's."""
    found = person_for(db, who, "person.record", person)
    end_number(db, found, number, reason=given_reason(given.reason), now=now, actor=who.account)
    return _told(db, found, who, now)


@router.put(
    "/{person}/portrait",
    operation_id="setPortrait",
    summary="Record the portrait",
    openapi_extra=max_body(MAX_BYTES),
)
def put_portrait(
    person: PersonId,
    file: Annotated[UploadedFile, Uploaded("image/jpeg", "image/png")],
    db: Writing,
    who: Recording,
    now: Now,
    office: TheOffice,
) -> PersonOut:
    """A JPEG or PNG: made upright and small, without what a camera notes, and encrypted."""
    found = person_for(db, who, "person.record", person)
    try:
        picture = read_portrait(file.data)
    except BadPortrait as bad:
        raise MalformedInput([("", shared_texts()[bad.code]["en"].format_map(bad.params))]) from None
    set_portrait(db, office.personal_data, found, picture, now=now, actor=who.account)
    return _told(db, found, who, now)


@router.get(
    "/{person}/portrait",
    operation_id="getPortrait",
    summary="The portrait",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture, at most 480 × 600 pixels."}},
)
def get_portrait(person: PersonId, db: Reading, who: LookingUp, office: TheOffice, reads: Reads) -> Response:
    """For whoever compares it with a face."""
    found = person_for(db, who, "person.read", person)
    jpeg = portrait_jpeg(db, office.personal_data, found)
    reads.of("person", str(found.id))
    return Response(jpeg, media_type="image/jpeg")


@router.delete("/{person}/portrait", operation_id="removePortrait", summary="Take the portrait away")
def delete_portrait(person: PersonId, db: Writing, who: Recording, now: Now) -> PersonOut:
    """From every record of the person."""
    found = person_for(db, who, "person.record", person)
    take_portrait_away(db, found, now=now, actor=who.account)
    return _told(db, found, who, now)


@router.post(
    "/{person}/forgetting", operation_id="forgetPerson", summary="Destroy numbers and portrait", status_code=200
)
def forget_person(
    person: PersonId,
    given: Annotated[Because, Given(Because)],
    db: Writing,
    who: Annotated[Actor, Acting("person.forget", of=REGISTRY)],
    now: Now,
    office: TheOffice,
) -> Forgotten:
    """With the key they lie under, for good. Name and certificates stay."""
    found = person_for(db, who, "person.forget", person)
    why = given_reason(given.reason)
    return Forgotten(numbers_destroyed=forget(db, office.personal_data, found, now=now, actor=who.account, reason=why))


# ------------------------------------------------------------------ in and out


def _number(given: GivenNumber | SoughtNumber, now: datetime, office: Office, path: str) -> NationalNumber:
    """Raises MalformedInput, which repeats nothing of it."""
    try:
        return national_number(
            given.number,
            on=now.date(),
            kind=given.kind,
            country=given.country,
            synthetic_too=office.settings.environment != "production",
        )
    except BadNumber as bad:
        raise MalformedInput([(path, shared_texts()[bad.code]["en"].format_map(bad.params))]) from None


def _about(given: GivenNumber) -> About:
    return About(given.quality, given.since, given.replaces)


def _conflict(request: Request, became: Identified) -> Response:
    """An answer, not a refusal: the trace of the conflict is kept."""
    return refusal_as_problem(request, NumberOfAnother(f"the two records wait for review as {became.pair}"))


def brief(person: Person) -> PersonBrief:
    """Who it is."""
    return PersonBrief(
        id=str(person.id),
        name=person.name,
        birth_date=person.birth_date,
        merged_into=None if person.merged_into is None else str(person.merged_into),
    )


def _told(db: Database, person: Person, who: Actor, now: datetime) -> PersonOut:
    records = all_records_of(db, person.id)
    former, numbers = former_names_of(db, records), identifiers_of(db, records)
    wanted = Wanted(people=records, organisations=who.organisations("certificate.read"))
    return PersonOut(
        **brief(person).model_dump(),
        former_names=[each.name for rows in former.values() for each in rows],
        email=person.email,
        phone=person.phone,
        post=person.post,
        via=person.via,
        notifiable=person.notifiable,
        numbers=[_number_out(row) for rows in numbers.values() for row in rows],
        portrait=portrait_of(db, records) is not None,
        records=[str(record) for record in records],
        organisations=sorted(who_knows(db, person.id)),
        certificates=[
            CertificateBrief(
                number=display_number(row.number),
                scheme=row.scheme,
                level=row.level,
                state=shown_state(row, now),
                valid_until=row.valid_until,
            )
            for row in certificate_page(db, wanted, now, limit=MOST_CERTIFICATES)
        ],
        events=[PersonEventOut.model_validate(each, from_attributes=True) for each in person_events(db, records)],
    )


def _number_out(row: PersonIdentifier) -> NumberOut:
    return NumberOut(
        id=str(row.id),
        kind=row.kind,
        country=row.country,
        quality=row.quality,
        since=row.since,
        replaced_by=None if row.replaced_by is None else str(row.replaced_by),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        ended_at=row.ended_at,
    )
