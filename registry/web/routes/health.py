"""Is it up, can it work, which version is it."""

from importlib.metadata import version

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from levels.order import NoSuchEdition
from levels.rulebook import edition_on
from registry.errors import Refusal
from registry.records.parties.signing_keys import key_that_signs
from registry.records.store.database import Database, revision
from registry.signing.log.state import GOES_ON, log_state
from registry.web.dependencies import Now, Office, Reading, TheOffice

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """Each thing that has to work, and whether it does."""

    ready: bool
    checks: dict[str, bool]


class Version(BaseModel):
    """Which program this is, and which edition of the rules it reads by today."""

    name: str
    version: str
    edition: str | None
    environment: str


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", operation_id="getHealth", summary="Whether the process answers")
async def healthz() -> Health:
    """Always ok, if it answers at all."""
    return Health(status="ok")


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Whether everything needed works",
    response_model=Readiness,
    responses={503: {"description": "Something does not work", "model": Readiness}},
)
def readyz(office: TheOffice, db: Reading, now: Now) -> JSONResponse:
    """Database, room to write, keys, log and rulebook."""
    checks = {
        "database": revision(db) >= 0,
        "room": office.registry.has_room() and office.room.is_there(now),
        "master_key": _opens(office, db),
        "attestation_key": key_that_signs(db, "attestation", None, now) is not None,
        "status_key": key_that_signs(db, "status", None, now) is not None,
        "log": log_state(db, office.registry.head_file, now).standing in GOES_ON,
        "rulebook": _edition(now) is not None,
    }
    ready = all(checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503, {"Cache-Control": "no-store"})


@router.head("/version", include_in_schema=False)
@router.get("/version", operation_id="getVersion", summary="Which version this is")
def which_version(office: TheOffice, now: Now) -> Version:
    """Program, edition of the rules in force, and environment."""
    return Version(
        name="bevis", version=version("bevis"), edition=_edition(now), environment=office.settings.environment
    )


def _opens(office: Office, db: Database) -> bool:
    try:
        office.keyring.check(db)
    except Refusal:
        return False
    return True


def _edition(now: Now) -> str | None:
    try:
        return edition_on(now.date()).edition
    except NoSuchEdition:
        return None
