"""The application: routes, problems, limits. Made from settings; holds no state but what it read at the start."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version

from fastapi import FastAPI

from registry.records.directory import open_registry
from registry.signing.keys import open_keyring
from registry.web.dependencies import Office, utc_now
from registry.web.problems import add_problems
from registry.web.routes import health, home, keys, status
from registry.web.settings import Settings
from registry.web.source import RegistrySource
from verification.endpoint import verify_router

TAGS = [
    {"name": "verification", "description": "May one rely on this certificate, and why."},
    {"name": "status", "description": "Signed status lists; static, to be kept for their time to live."},
    {"name": "keys", "description": "Public keys of the registry and of every organisation."},
    {"name": "operation", "description": "For whoever runs the registry."},
]


def create_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The application for one registry directory.

    clock  the moment, UTC

    Raises NoRegistryHere, NoMasterKey, WrongMasterKey: a registry that cannot sign does not start.
    """
    registry = open_registry(settings.directory)
    keyring = open_keyring(settings.master_key_file)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        # Status lists must be signed for as long as it runs; a key about to end is replaced at the start.
        with registry.writing() as db:
            keyring.prepare(db, clock(), "serve")
        yield
        registry.close()

    app = FastAPI(
        title="Bevis",
        summary="A registry of competence certificates",
        description="Levels computed from evidence, signed certificates, one honest verdict.",
        version=version("bevis"),
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        docs_url=None,  # it would load scripts from elsewhere
        redoc_url=None,
        lifespan=life,
        max_body_size=settings.max_body_bytes,
    )
    app.state.office = Office(settings, registry, keyring, clock)
    app.state.rendered_lists = {}
    add_problems(app, home.not_found_page)
    app.include_router(verify_router(RegistrySource(registry, settings.public_url, clock)))
    for part in (status, keys, health, home):
        app.include_router(part.router)
    return app
