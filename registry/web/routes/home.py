"""The first page: what this is, and where to go."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader

from registry.web.dependencies import TheOffice
from verification.endpoint.presentation import environment, language_of, page, page_context

router = APIRouter()


@cache
def templates() -> Environment:
    """Our pages, on the frame of the verify page."""
    return environment(PackageLoader("registry.web"))


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((resources.files("registry.web") / "texts.toml").read_text(encoding="utf-8"))


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
def home(request: Request, office: TheOffice) -> Response:
    """What this registry answers, a field for a certificate's number, and the pages that explain."""
    lang = language_of(request)
    says = {name: text[lang] for name, text in _texts().items()}
    settings = office.settings
    context = page_context(request, lang) | {
        "says": says,
        "name": settings.name,
        "demo": settings.environment != "production",
        "host": settings.public_url.split("//", 1)[1],
    }
    return page(templates().get_template("home.html").render(context))


@cache
def _register_texts() -> Mapping[str, Mapping[str, str]]:
    source = resources.files("registry.web") / "texts" / "register.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def register_words(lang: str) -> dict[str, str]:
    """What the pages about schemes and issuers say, in one language."""
    return {name: text[lang] for name, text in _register_texts().items()}


def not_found_page(request: Request) -> Response:
    """For people: nothing is here, and where else to look; below a list, that list first."""
    lang = language_of(request)
    context = page_context(request, lang)
    part = request.url.path.removeprefix(context["root"]).split("/")[1:2]
    nearer = [(f"/{name}", register_words(lang)[name]) for name in ("schemes", "issuers") if part == [name]]
    return page(templates().get_template("missing.html").render(context | {"nearer": nearer}), status=404)
