"""How an answer looks to a person: the templates, the language, and the headers every page has."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import Request, Response
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from levels.order import LANGUAGES
from verification.reasons import language, texts

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types bevis-answers"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=()",
}
READ = ["GET", "HEAD"]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def environment(*more: BaseLoader) -> Environment:
    """The templates here, autoescaped; `more` loaders are asked first, so that other pages extend `base.html`."""
    made = Environment(
        loader=ChoiceLoader([*more, PackageLoader("verification")]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unbroken"] = unbroken
    return made


def unbroken(text: str) -> Markup:
    """The text, escaped, its days kept on one line each."""
    return Markup(_DAY.sub(r'<span class="day">\g<0></span>', str(escape(text))))  # noqa: S704 escaped right here


@cache
def page_words(lang: str) -> Mapping[str, Any]:
    """The words of the pages in one language; `outcome`, `delivery` and `tongue` are tables of their own."""
    return {
        name: text[lang] if isinstance(text.get(lang), str) else {part: says[lang] for part, says in text.items()}
        for name, text in texts("pages").items()
    }


def page_context(request: Request, lang: str) -> dict[str, Any]:
    """What `base.html` needs: lang, languages, words, root (the path the application is mounted at)."""
    root = request.scope.get("root_path", "").rstrip("/")
    return {"lang": lang, "languages": LANGUAGES, "words": page_words(lang), "root": root}


def language_of(request: Request, wanted: str | None = None) -> str:
    """sv, nb or en: what is wanted, else ?lang=, else the best of Accept-Language, else sv."""
    asked = wanted or request.query_params.get("lang")
    return language(asked) if asked else best_language(request.headers.get("accept-language", ""))


def best_language(accepted: str) -> str:
    """sv, nb or en: the best of an Accept-Language field, else sv."""
    offers: list[tuple[float, str]] = []
    for part in accepted[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        if tag.split("-")[0].lower() in {*LANGUAGES, "no", "nn"}:
            try:
                offers.append((-float(weight or 1), tag))
            except ValueError:
                continue
    return language(min(offers, key=lambda offer: offer[0])[1] if offers else None)


def page(html: str, *, status: int = 200, keep: bool = False) -> Response:
    """An HTML answer with the headers every page has; `keep` = the same for everybody, may be kept for an hour."""
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "public, max-age=3600" if keep else "no-store",
        "Vary": "Accept-Language, Accept",
    }
    if not keep:
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return Response(html, status, headers, "text/html")


@cache
def _templates() -> Environment:
    return environment()


def rendered(template: str, request: Request, lang: str, **given: object) -> str:
    """A template of ours as HTML."""
    return _templates().get_template(template).render({**page_context(request, lang), **given})


def scanner_shell() -> str:
    """The scanner's page: the same in every language, for its script puts the words in."""
    return _templates().get_template("scan.html").render()


def explained(template: str, request: Request, **given: object) -> Response:
    """A page that is the same for everybody."""
    return page(rendered(template, request, language_of(request), **given), keep=True)


def missing(request: Request) -> Response:
    """For people: nothing is here, and where else to look."""
    return page(rendered("missing.html", request, language_of(request)), status=404)
