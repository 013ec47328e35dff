"""Who asks: a key in `Authorization: Bearer`, and the action that a route names in its signature.

A route that is for those with a role says so where it says what it takes:

    def draft_scheme(who: Annotated[Actor, Acting("scheme.draft", of="organisation")], …)

`Acting` lets nobody in who holds no role for that action anywhere; with `of`, nobody who does not hold it in the
organisation that this part of the path names. Where the organisation is only known from what is stored or sent, the
route asks `who.require(action, organisation)` itself. From these signatures the API's description gets `x-action`, and
the test of roles by routes its rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from registry.errors import ANY_ORGANISATION, ApiKeyRejected, KeyMissing, NotAllowed, Refusal
from registry.records.actors.access import Actor, actions
from registry.records.actors.api_keys import actor_of_key, note_use
from registry.records.store.database import Database
from registry.web.dependencies import Office

ANYBODY: Final = "anybody"  # x-action of what everybody with a key may do: their own things
PUBLIC: Final = "public"
REGISTRY: Final = "/"  # `of` of an action that is about the registry itself, not one organisation; no part of a path
LONGEST_KEY = 200
# What is for everybody, with no key at all. An operation that is neither here nor names an action is a fault.
PUBLIC_OPERATIONS: Final = frozenset(
    {
        "verifyToken",
        "verifyNumber",
        "verifyPicture",
        "getTokenStatusList",
        "getCheckpoint",
        "getLogKeys",
        "getTrustFile",
        "getRootKey",
        "getGateProfile",
        "reportProblem",
        "getLogEntries",
        "getLogTile",
        "getBitstringStatusList",
        "getRegistryDid",
        "getRegistryKeys",
        "getSealRoot",
        "getOrganisationDid",
        "getOrganisationKeys",
        "getHealth",
        "getReadiness",
        "getVersion",
        "listOrganisations",
        "listSchemes",
        "getScheme",
        "listExtensions",
        "listSchemeCatalogue",
        "listMandates",
        "getMandate",
        "listRecognitions",
        "getRecognition",
        "listAccredited",
        "listOrganisationCertificates",
        "getOrganisationCertificate",
        "getOrganisationCertificateDocument",
        "getOrganisationCertificateProof",
        "getOrganisation",
    }
)


def given_key(request: Request) -> str:
    """The key that came with the request. Raises KeyMissing, and ApiKeyRejected for what is none."""
    given = request.headers.getlist("authorization")
    if not given:
        raise KeyMissing("send it as Authorization: Bearer bvs_…")
    kind, _, key = given[0].partition(" ")
    if len(given) > 1 or kind.casefold() != "bearer" or not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ApiKeyRejected("send one key, as Authorization: Bearer bvs_…")
    return key.strip()


def prove(request: Request, db: Database) -> Actor:
    """Who asks, as the records are in `db`. Raises KeyMissing, ApiKeyRejected, TooManyRequests."""
    office: Office = request.app.state.office
    key = given_key(request)
    try:
        return actor_of_key(db, key, office.clock())
    except ApiKeyRejected:
        office.gate.admit_unknown(request)
        raise


def actor_of(request: Request) -> Actor:
    """Who asks: found out once for each request. Raises what `prove` raises."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    office: Office = request.app.state.office
    with office.registry.reading() as db:
        actor = prove(request, db)
    prefix, today = str(actor.key), office.clock().date()
    request.state.left = office.gate.admit(prefix)
    if office.gate.first_use(prefix, today):
        with office.registry.noting() as db:
            note_use(db, prefix, today)
    request.state.actor = actor
    return actor


def require_there(
    who: Actor, action: str, organisations: Sequence[str], missing: Refusal, known_to: Sequence[str | None] = ()
) -> None:
    """That somebody may do this with a thing. To whoever holds no role where it is known, it is not there.

    organisations  for any of which it may be done
    missing        what is told where there is no such thing
    known_to       further organisations whose people know of it

    Raises NotAllowed, and `missing`.
    """
    if not who.knows(*organisations, *known_to):
        raise missing
    who.require_for_any(action, organisations)


class Admits:
    """Whoever asks, if some role allows the action."""

    def __init__(self, action: str, of: str | None) -> None:
        self.action, self.of = action, of

    def __call__(self, request: Request) -> Actor:
        """Raises NotAllowed, and what `actor_of` raises."""
        actor = actor_of(request)
        request.state.action = self.action
        if self.action == ANYBODY:
            return actor
        if self.of is not None:
            actor.require(self.action, None if self.of == REGISTRY else request.path_params[self.of])
        elif not actor.may_somewhere(self.action):
            raise NotAllowed(actor.account, self.action, ANY_ORGANISATION, sorted(actions()[self.action].roles))
        return actor


def Acting(action: str = ANYBODY, *, of: str | None = None) -> Any:  # noqa: ANN401, N802 what Annotated takes; it is read as a word of a signature
    """Whoever asks, with a role for that action.

    of  the part of the path that names the organisation, or REGISTRY; without it, the route asks `who.require`

    An action that is in no row of the table is refused here, when the program starts.
    """
    if action != ANYBODY and action not in actions():
        raise LookupError(f"{action} is no action of the table")
    return Depends(Admits(action, of))


def action_of(dependant: Dependant) -> str | None:
    """The action that a route names in its signature, or None."""
    return next((one.call.action for one in _all(dependant) if isinstance(one.call, Admits)), None)


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)
