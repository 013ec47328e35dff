"""`bevis serve`: the registry over HTTP, in one process."""

import socket
from contextlib import closing, suppress
from typing import Annotated

import typer
import uvicorn

from registry.command_line.place import Dir, keyring_of, registry_at
from registry.command_line.screen import (
    COULD_NOT_CHECK,
    AsJson,
    Lang,
    Language,
    complain,
    language,
    now,
    show,
    show_json,
    words,
)
from registry.errors import MalformedInput
from registry.records.whole.directory import Registry
from registry.web.app import create_app
from registry.web.dependencies import Office
from registry.web.settings import Environment, Settings
from registry.work.standby import Standby

Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]


def serve(
    directory: Dir = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Serve it over HTTP. The verify page and API, status lists, keys, level and reason pages."""
    check_port(host, port)
    with registry_at(directory) as registry:
        with registry.writing() as db:
            keyring_of(registry).prepare(db, now(), "serve")
        if as_json:
            show_json({"serving": address(host, port), "public_url": registry.public_url})
        serve_registry(registry, host, port, language(lang), quiet=as_json)


def address(host: str, port: int) -> str:
    """Where it is served."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def check_port(host: str, port: int) -> None:
    """See that nobody else listens there. Raises MalformedInput."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as fault:
            says = f"{host}:{port} cannot be used ({fault.strerror or fault}); choose another with --port"
            raise MalformedInput([("--port", says)]) from fault


def serve_registry(
    registry: Registry,
    host: str,
    port: int,
    lang: Lang,
    *,
    quiet: bool = False,
    environment: Environment | None = None,
) -> None:
    """Serve until somebody stops it."""
    settings = Settings.read(registry.directory, environment=environment)
    url = address(host, port)
    if not quiet:
        show(words(lang, "serving", url=url), "bold")
        if settings.public_url != url:
            complain(words(lang, "serving_elsewhere", public=settings.public_url, url=url))
    # Class lists are issued from beside the answers to questions, one list at a time.
    with Standby(registry, keyring_of(registry), now):
        _run(settings, host, port)


def _run(settings: Settings, host: str, port: int) -> None:
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        # Whose X-Forwarded-For is believed is a setting of ours; uvicorn would believe any process on this machine.
        proxy_headers=False,
        # Below the usual limit of 1024 open files: beyond that no question at all would be answered.
        limit_concurrency=900,
    )
    server = uvicorn.Server(config)
    office: Office = app.state.office
    office.followers.must_go = lambda: server.should_exit
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise typer.Exit(COULD_NOT_CHECK)
