"""Class lists as files: an empty one to fill in, and one handed back with what is wrong beside each row."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from levels.rulebook import edition_on
from registry.errors import MalformedInput
from registry.issuing.batches.issue_batch import check_batch
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.class_list import read_class_list
from registry.issuing.lists.corrected import CSV_TYPE, XLSX_TYPE, corrected, faults_by_row, media_type, table_of
from registry.issuing.lists.roster import FACTS, MAX_BYTES
from registry.issuing.lists.roster_template import template_columns, template_csv, template_xlsx
from registry.records.actors.access import Actor
from registry.records.sector.schemes import scheme_version
from registry.web.access import Acting
from registry.web.changes import api_router, max_body
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.problems import language_asked
from registry.web.routes.batches import (
    AskedLevel,
    AtAttained,
    OccasionOfList,
    SheetOfList,
    keys_of,
    not_read,
)
from registry.web.routes.occasions import occasion_for
from registry.web.uploaded import CSV, XLSX, Uploaded, UploadedFile

router = api_router("/class-lists", "batches")

Columns = Annotated[
    str | None,
    Query(
        max_length=500,
        pattern=r"^[a-z_]+(,[a-z_]+)*$",
        description="Further columns: facts that differ between people, with commas between.",
        examples=["holder_apart"],
    ),
]
_FILE = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


@router.get(
    "/template",
    operation_id="getClassListTemplate",
    summary="An empty class list",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {CSV: _FILE, XLSX: _FILE}}},
)
def get_template(
    request: Request,
    db: Reading,
    who: Annotated[Actor, Acting("batch.check")],
    now: Now,
    scheme: Annotated[str | None, Query(max_length=32, description="Code of a scheme.")] = None,
    occasion: Annotated[
        str | None,
        Query(max_length=64, description="Id of an occasion, in place of a scheme: what it states needs no column."),
    ] = None,
    form: Annotated[Literal["csv", "xlsx"], Query(alias="format", description="What kind of file.")] = "xlsx",
    facts: Columns = None,
) -> Response:
    """For a scheme or an occasion, in the language asked for; filled in, it is read as any other list.

    In XLSX the columns that the level needs are coloured, words can be chosen from lists, and a second sheet explains.
    """
    if (scheme is None) == (occasion is None):
        raise MalformedInput([("scheme", "name either a scheme or an occasion")])
    extra = list(dict.fromkeys(facts.split(","))) if facts else []
    strange = next((fact for fact in extra if fact not in FACTS), None)
    if strange is not None:
        raise MalformedInput([("facts", f"names a fact that is none of {', '.join(sorted(FACTS))}")])
    lang, held = language_asked(request), None
    if occasion is not None:
        row = occasion_for(db, who, "batch.check", occasion, issuer_alone=True)
        version, held = scheme_version(db, row.scheme, row.scheme_version).new(), row.new()
    else:
        version = scheme_version(db, str(scheme)).new()
    columns = template_columns(version, edition_on(now.date()), lang, occasion=held, extra=extra)
    data = template_xlsx(columns, version, lang) if form == "xlsx" else template_csv(columns, lang)
    return _file(data, f"{version.code}.{form}", XLSX_TYPE if form == "xlsx" else CSV_TYPE, lang)


@router.post(
    "/correction",
    operation_id="correctClassList",
    summary="A class list with what is wrong beside each row",
    response_class=Response,
    openapi_extra=max_body(MAX_BYTES),
    responses={
        200: {"description": "The same list, and two columns more.", "content": {CSV: _FILE, XLSX: _FILE}},
        204: {"description": "There is nothing to correct."},
        503: {"description": "As many lists are being worked on as there is room for."},
    },
)
def correct(
    request: Request,
    file: Annotated[UploadedFile, Uploaded(CSV, XLSX)],
    db: Reading,
    who: Annotated[Actor, Acting("batch.check")],
    office: TheOffice,
    now: Now,
    occasion: OccasionOfList,
    sheet: SheetOfList = None,
    asked: AskedLevel = None,
    at_attained: AtAttained = False,
) -> Response:
    """Rows and columns stand where they stood; what may be a national number is left out. Nothing is kept.

    What comes back, corrected, is handed in as any other list: the two columns are known again and passed over.
    """
    occasion_for(db, who, "batch.check", occasion, issuer_alone=True)
    lang = language_asked(request)
    with office.corrections.taken():  # a list as long as may be is held several times over: read, judged and written
        read = read_class_list(db, occasion, file.data, keys=keys_of(office), now=now, sheet=sheet)
        result = check_batch(db, occasion, read, Wish(asked, issue_at_attained=at_attained), now=now)
        faults = faults_by_row(result)
        if not faults:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        table = table_of(file.data, sheet)
        if table is None:
            raise not_read(read)
        kind, data = media_type(table), corrected(table, faults, lang)
    return _file(data, f"{occasion}.{'xlsx' if kind == XLSX_TYPE else 'csv'}", kind, lang)


def _file(data: bytes, name: str, kind: str, lang: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Language": lang,
        "Vary": "Accept-Language",
    }
    return Response(data, media_type=kind, headers=headers)
