"""`bevis demo`: a whole sector in one command, with codes to scan and pages to open."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from registry.command_line.batch_answer import batch_json, show_batch
from registry.command_line.check import check_words
from registry.command_line.demo_story import OPERATOR, code_of_another_registry, draw_codes, tell, write_workforces
from registry.command_line.place import DatabaseUrl, Dir, index_key_file, keyring_of, master_key_file
from registry.command_line.screen import AsJson, Lang, Language, language, now, show, show_json, show_raw, words
from registry.command_line.serve import Host, Port, check_port, serve_registry
from registry.errors import RegistryExists
from registry.issuing.lists.outcome import BatchResult
from registry.records.issued.certificate_pages import shown_state
from registry.records.issued.certificates import certificate_by_number, certificates
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.occasions import occasion_by_id
from registry.records.whole.directory import Registry, create_registry, open_registry
from registry.signing.keys import create_master_key
from registry.signing.log.keeper import LogKeeper
from registry.signing.personal_data import create_index_key
from verification.certificate import display_number, parse_number

MARK = "demo.json"  # what only a directory made by `bevis demo` holds: the answers given when it was made


def demo(
    directory: Dir = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make it, show it, and stop.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Make a sample sector and serve it. Says what was issued in it, what was refused and why."""
    tongue, place, at = language(lang), directory or Path("bevis-demo"), now()
    if not no_serve:
        check_port(host, port)
    public_url = f"http://{_shown_host(host)}:{port}"
    registry, results = make_demo(place, at, public_url=public_url, database=database)
    try:
        if not no_serve and registry.public_url != public_url:
            raise RegistryExists(
                f"{place} was made for {registry.public_url}, and that address stands in its codes; "
                f"serve it with --port {registry.public_url.rsplit(':', 1)[-1]}, or choose another --dir"
            )
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, OPERATOR)
        codes = draw_codes(registry, keyring, place / "qr", at)
        found = _certificates(registry, codes, at)
        pages = _pages(registry, found, at)
        checks = write_workforces(registry, codes, place)
        if as_json:
            batches = [batch_json(one, tongue) for one in results]
            tried = [f"bevis check {csv} --profile {profile} --dir {place}" for csv, profile in checks]
            show_json({"dir": str(place), "batches": batches, "certificates": found, "pages": pages, "checks": tried})
        else:
            _present(registry, results, place, pages, checks, tongue, serves=not no_serve)
        if not no_serve:
            serve_registry(registry, host, port, tongue, quiet=as_json, environment="demo")
    finally:
        registry.close()


def make_demo(
    place: Path, at: datetime, *, public_url: str, database: str | None = None
) -> tuple[Registry, list[BatchResult]]:
    """The demo registry in that directory, made if it is not there, and the answers its class lists were given.

    database  as for `create_registry`

    Raises RegistryExists if something else is in the directory.
    """
    if (place / MARK).is_file():
        try:
            told = json.loads((place / MARK).read_text(encoding="utf-8"))
            results = [BatchResult.model_validate(result) for result in told["results"]]
        except (ValueError, KeyError, TypeError) as fault:
            raise RegistryExists(
                f"{place} holds a demo that another version has made; remove it, or choose another --dir"
            ) from fault
        return open_registry(place), results
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise RegistryExists(f"{place} holds something that `bevis demo` did not make; choose another --dir")
    registry = create_registry(place, public_url=public_url, name="Bevis demo", database=database)
    create_master_key(master_key_file(registry))
    create_index_key(index_key_file(registry))
    results = tell(registry, keyring_of(registry), at)
    LogKeeper(registry, lambda: keyring_of(registry), lambda: at).advance()
    # The mark last: a demo that was interrupted while it was made is not taken for a whole one.
    told = {"results": [result.model_dump(mode="json") for result in results]}
    (place / MARK).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return registry, results


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", "localhost"} else host  # noqa: S104 compared, not listened on


def _certificates(registry: Registry, codes: dict[str, str], at: datetime) -> list[dict[str, Any]]:
    with registry.reading() as db:
        return [
            {
                "number": display_number(row.number),
                "scheme": row.scheme,
                "level": row.level,
                "holder": row.holder_name,
                "state": shown_state(row, at),
                "qr_text": codes[row.number],
            }
            for row in certificates(db)
        ]


def _pages(registry: Registry, found: list[dict[str, Any]], at: datetime) -> dict[str, str]:
    """Addresses to open: one for each colour."""
    by_level = sorted(found, key=lambda one: str(one["level"]))
    valid = next(one for one in by_level if one["state"] == "valid")
    revoked = next(one for one in by_level if one["state"] == "revoked")
    with registry.reading() as db:
        row = certificate_by_number(db, parse_number(valid["number"]))
    return {
        "green": valid["qr_text"],
        "red": revoked["qr_text"],
        "amber": code_of_another_registry(row, registry.public_url, at),
        "home": registry.public_url + "/",
    }


def _present(
    registry: Registry,
    results: list[BatchResult],
    place: Path,
    pages: dict[str, str],
    checks: list[tuple[Path, Path]],
    lang: Lang,
    *,
    serves: bool,
) -> None:
    with registry.reading() as db:
        titles = {
            result.occasion: scheme_version(db, occasion_by_id(db, result.occasion).scheme).titles[lang]
            for result in results
        }
    for result in results:
        show(f"{titles[result.occasion]} ({result.occasion})", "bold")
        show_batch(result, lang)
    show(words(lang, "demo_made", dir=place))
    show(words(lang, "demo_images", dir=place / "qr"))
    show("")
    if not serves:
        port = urlsplit(registry.public_url).port
        show(words(lang, "demo_serve"), "bold")
        show_raw(f"  bevis demo --dir {place}" + (f" --port {port}" if port else ""))
        show("")
    show(words(lang, "demo_open"), "bold")
    for colour, address in pages.items():
        show(f"  {words(lang, f'demo_{colour}')}")
        show_raw(f"  {address}")
    show("")
    show(check_words("demo_try", lang), "bold")
    show_raw(f"  cd {place}")
    for workforce, profile in checks:
        show_raw(f"  bevis check {workforce.relative_to(place)} \\\n    --profile {profile.relative_to(place)}")
    show("")
