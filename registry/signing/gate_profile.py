"""A gate's profile as a code to scan: what the gate asks, and the root key that its scanner is to believe.

The link holds nothing secret. A scanner that opens it asks before it is set up; it can only be made stricter than the
situation is.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import segno

from levels.level import Level
from registry.errors import MalformedInput
from registry.records.sector.schemes import schemes
from registry.records.store.database import Database
from verification.situation import NoSuchSituation, situation

MOST_SCHEMES = 50
_QUIET_MODULES = 4


class Gate(NamedTuple):
    """What a gate asks: a situation, schemes of which a certificate must be one (none = any), the lowest level."""

    situation: str
    schemes: Sequence[str] = ()
    level: Level | None = None


def gate_link(db: Database, public_url: str, root: str, gate: Gate) -> str:
    """The address that sets a scanner up, and pins the root key on it.

    Raises MalformedInput for a situation or scheme that is not there.
    """
    try:
        needs = situation(gate.situation).schemes
    except NoSuchSituation as fault:
        raise MalformedInput([("situation", str(fault))]) from fault
    known = {version.code for version in schemes(db)}
    unknown = [code for code in gate.schemes if code not in known]
    if unknown:
        raise MalformedInput([("scheme", f"no scheme here has the code {', '.join(unknown)}")])
    if len(gate.schemes) > MOST_SCHEMES or len(set(gate.schemes)) != len(gate.schemes):
        raise MalformedInput([("scheme", f"name each scheme once, and {MOST_SCHEMES} at most")])
    if needs and gate.schemes and not set(needs) & set(gate.schemes):
        raise MalformedInput([("scheme", f"{gate.situation} asks for one of {', '.join(needs)}")])
    parts = [("situation", gate.situation), *(("scheme", code) for code in gate.schemes)]
    parts += [("level", gate.level.value)] if gate.level else []
    return f"{public_url}/scan#gate?{urlencode([*parts, ('root', root)])}"


def gate_svg(link: str) -> bytes:
    """The code as SVG."""
    return _drawn(link, "svg", scale=4, light="#fff", nl=False)


def gate_png(link: str) -> bytes:
    """The code as PNG."""
    return _drawn(link, "png", scale=8)


def gate_in_shell(link: str) -> str:
    """The code in characters, for a screen."""
    out = io.StringIO()
    _symbol(link).terminal(out=out, border=_QUIET_MODULES, compact=True)
    return out.getvalue()


def _drawn(link: str, kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    _symbol(link).save(buffer, kind=kind, border=_QUIET_MODULES, **how)
    return buffer.getvalue()


def _symbol(link: str) -> segno.QRCode:
    return segno.make(link, error="m", micro=False)
