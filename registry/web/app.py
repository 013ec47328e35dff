"""The application: routes, problems, limits. Made from settings; holds no state but what it read at the start."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from registry.errors import LogStopped, Refusal
from registry.records.store.remembered import forget_answers
from registry.records.whole.directory import open_registry
from registry.signing.keys import open_keyring
from registry.signing.log.keeper import LogKeeper
from registry.web.changes import KEPT_HOURS, ApiRoute, head_routes
from registry.web.dependencies import Office, elapsed, utc_now
from registry.web.description import describe
from registry.web.key_gate import KeyGate
from registry.web.limits import BodyLimit
from registry.web.problems import add_problems, problem_texts
from registry.web.routes import (
    access_lines,
    accounts,
    accreditations,
    api_keys,
    approvals,
    batch_papers,
    batch_progress,
    batches,
    certificate_changes,
    certificate_issue,
    certificate_papers,
    certificates,
    class_lists,
    designs,
    duplicates,
    gates,
    health,
    home,
    keys,
    log,
    mandates,
    mass_changes,
    me,
    occasion_lines,
    occasions,
    organisation_certificates,
    organisations,
    paper_page,
    people,
    recognitions,
    register_pages,
    reissues,
    reports,
    scheme_drafts,
    schemes,
    signatures,
    signing_keys,
    status,
    trust,
)
from registry.web.settings import MAX_BODY_BYTES, Settings
from registry.web.source import RegistrySource
from verification.endpoint.gate import Limits
from verification.endpoint.operations import PICTURES_PATH, VERIFY_PATH
from verification.endpoint.router import verify_router
from verification.trust import Trust, TrustSource

_log = logging.getLogger("bevis.log")
_BETWEEN_LOOKS_AT_KEYS = 6 * 3600  # seconds; keys are renewed two weeks before their end

API_ROUTES = (
    me,
    accounts,
    api_keys,
    access_lines,
    approvals,
    organisations,
    designs,
    organisation_certificates,
    accreditations,
    signing_keys,
    schemes,
    scheme_drafts,
    mandates,
    recognitions,
    gates,
    occasions,
    occasion_lines,
    certificates,
    certificate_papers,
    certificate_changes,
    certificate_issue,
    mass_changes,
    reissues,
    reports,
    batches,
    batch_progress,
    batch_papers,
    signatures,
    class_lists,
    people,
    duplicates,
)
MORE_ROUTES = (
    accreditations.accredited,
    organisations.ties,
    organisations.declarations,
    signing_keys.of_organisation,
    reissues.of_key,
    schemes.extension_routes,
    scheme_drafts.catalogue_routes,
    duplicates.merging,
    gates.pages,
    paper_page.router,
)

TAGS = [
    {"name": "verification", "description": "May one rely on this certificate, and why."},
    {"name": "status", "description": "Signed status lists; static, to be kept for their time to live."},
    {"name": "keys", "description": "Public keys of the registry and of every organisation."},
    {"name": "trust", "description": "What a scanner or a laptop believes where there is no network."},
    {"name": "gates", "description": "What a gate asks, as a code that sets a scanner up."},
    {"name": "reports", "description": "What was found wrong at gates."},
    {"name": "log", "description": "The append-only log of all that was issued, changed and granted."},
    {"name": "me", "description": "Whoever asks."},
    {"name": "accounts", "description": "People who work with the registry, and the roles they hold."},
    {"name": "api-keys", "description": "Keys by which people, and their programs, prove who acts."},
    {"name": "access", "description": "Who read what is known of people."},
    {"name": "approvals", "description": "What one person asks for and another decides on."},
    {"name": "organisations", "description": "Who takes part, how they hang together, and what they declare."},
    {
        "name": "organisation-certificates",
        "description": "What is certified of organisations: mandates, accreditations, quality systems, audits.",
    },
    {"name": "accreditations", "description": "From the application to the last sanction, and who is accredited."},
    {
        "name": "schemes",
        "description": "What certificates are about: versions, drafts, the starter catalogue.",
    },
    {"name": "certificates", "description": "Issued certificates: found, read, handed out, changed."},
    {"name": "mandates", "description": "Who may issue what, up to which level, and when."},
    {"name": "recognitions", "description": "Which schemes accept which others' certificates, and on which terms."},
    {"name": "occasions", "description": "Course runs and exam sittings, with sign-in sheets and results."},
    {"name": "batches", "description": "Class lists that become certificates."},
    {"name": "people", "description": "Who is on record, and which records may be one person."},
    {"name": "operation", "description": "For whoever runs the registry."},
]


def create_app(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, ticks: Callable[[], int] = elapsed
) -> FastAPI:
    """The application for one registry directory.

    clock  the moment, UTC
    ticks  nanoseconds, never going back; what questions are counted by

    Raises NoRegistryHere, NoMasterKey, WrongMasterKey: a registry that cannot sign does not start.
    """
    registry = open_registry(settings.directory)
    keyring = open_keyring(settings.master_key_file)
    keeper = LogKeeper(registry, lambda: keyring, clock)
    registry.keep_log(keeper)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        # Status lists must be signed for as long as it runs; a key about to end is replaced in time.
        def prepare() -> None:
            with registry.writing() as db:
                keyring.prepare(db, clock(), "serve")
            keeper.advance()  # what a process that was killed has left
            with registry.noting() as db:
                forget_answers(db, clock() - timedelta(hours=KEPT_HOURS))

        async def stay_prepared() -> None:
            while True:
                await asyncio.sleep(_BETWEEN_LOOKS_AT_KEYS)
                with contextlib.suppress(Refusal):  # told by /readyz; what is signed already can still be verified
                    await asyncio.to_thread(prepare)

        try:
            prepare()
        except LogStopped as stopped:  # questions are answered all the same
            _log.error("%s", stopped)
        looking = asyncio.create_task(stay_prepared())
        yield
        looking.cancel()
        source.close()
        registry.close()

    source = RegistrySource(registry, settings.public_url, clock)
    limits = Limits(settings.questions_per_minute, settings.misses_per_minute, ticks, settings.trusted_proxies)
    app = _assembled(source, limits, max_body_bytes=settings.max_body_bytes, lifespan=life)
    gate = KeyGate(settings.requests_per_minute, settings.misses_per_minute, ticks, settings.trusted_proxies)
    app.state.office = Office(settings, registry, keyring, clock, gate)
    app.state.rendered_lists = {}
    app.state.kept_trust = trust.KeptTrust()
    return app


def openapi_document() -> Mapping[str, Any]:
    """The API as OpenAPI 3.1; the same for every registry."""
    return _assembled(_NobodyAsks(), None, max_body_bytes=MAX_BODY_BYTES).openapi()


def write_openapi(path: str) -> None:
    """Write the API's description, so that a change of it is a diff that people read."""
    Path(path).write_text(json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _assembled(
    source: TrustSource, limits: Limits | None, *, max_body_bytes: int, lifespan: Lifespan[FastAPI] | None = None
) -> FastAPI:
    app = FastAPI(
        title="Bevis",
        summary="A registry of competence certificates",
        description="Levels computed from evidence, signed certificates, one honest verdict.",
        version=version("bevis"),
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        servers=[{"url": "/", "description": "The registry that serves this description."}],
        docs_url=None,  # it would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would follow whatever Host was sent
    )
    add_problems(app, home.not_found_page)
    # One flat list of routes: a wrong method is told all that its path is there for, and each look-up is short.
    app.router.routes.extend(verify_router(source, limits, problem_texts()).routes)
    app.router.routes.extend(_routes())
    larger = [
        (route.path_regex, int(route.openapi_extra["x-max-body-bytes"]))
        for route in app.router.routes
        if isinstance(route, ApiRoute) and route.openapi_extra and "x-max-body-bytes" in route.openapi_extra
    ]
    app.add_middleware(BodyLimit, most=max_body_bytes, apart=[VERIFY_PATH, PICTURES_PATH], larger=larger)
    describe(app, max_body_bytes)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All but the verification endpoint's: they are the same in every application, and making them takes a while."""
    parts = (status, keys, log, trust, health, home, register_pages, *API_ROUTES)
    routes = [route for part in parts for route in part.router.routes]
    routes.extend(route for more in MORE_ROUTES for route in more.routes)
    return (*routes, *head_routes(routes))


class _NobodyAsks:
    """A source of trust for an application that is only described, never run."""

    def now(self) -> datetime:
        return datetime.min.replace(tzinfo=UTC)

    def trust(self, number: str | None = None) -> Trust:  # noqa: ARG002 the protocol's
        return Trust(as_of=self.now(), public_url="https://example.org")

    def token_by_number(self, number: str) -> str | None:  # noqa: ARG002 the protocol's
        return None
