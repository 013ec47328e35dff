"""A document held up as a file: the certificate inside is asked about as any other; this adds what the paper shows.

What is signed is the attachment. A reader sees the page. So the page is held against the attachment: the seal that no
byte was changed, the text that it names the same holder, level, number and days, the codes that they are this
certificate's. Whoever cannot be sure of that is told, and nothing of it is green.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

from levels.order import LANGUAGES
from verification.case import rules_for
from verification.certificate import Certificate, display_number
from verification.envelopes.cwt import MalformedCwt, compact_token, open_cwt, verify_cwt
from verification.envelopes.pdf import MOST_BYTES, MalformedPdf, OpenedPdf, is_pdf, open_pdf, plain
from verification.findings import Finding, Findings, Seen
from verification.pictures.kinds import CodeSeen
from verification.presented import FullText, NotACertificate, told_apart
from verification.qr import MalformedQr, unpack
from verification.reasons import texts
from verification.trust import Trust
from verification.verify import verify

_SEALS: Final = {
    "intact": Finding("document_sealed", "passed"),
    "none": Finding("document_unsealed", "could_not_check"),
    "unknown": Finding("document_seal_unknown", "could_not_check"),
    "stolen": Finding("document_seal_stolen", "could_not_check"),
    "changed": Finding("document_changed", "failed"),
    "broken": Finding("document_seal_broken", "failed"),
}


_CODE_ALONE: Final = Finding("code_alone", "could_not_check")
_MARKS: Final = (b"/ByteRange", b"/EmbeddedFile")  # of a seal, and of something inside


class Paper(NamedTuple):
    """A PDF that was looked at; opened: None where it could not be."""

    opened: OpenedPdf | None

    @property
    def certificate(self) -> str | None:
        """The text of the certificate inside: of the only one that is there, of several the first."""
        for each in self.opened.attached if self.opened else ():
            try:
                if isinstance(told_apart(each), FullText):
                    return each
            except NotACertificate:
                continue
        return None


InHand = str | bytes | Paper | CodeSeen  # what may be asked about


def document_in(data: bytes) -> Paper | None:
    """A PDF that is a document of its own, looked at: it has something inside or bears a seal. None for whatever else.

    Of any other PDF the codes on its pages can be read, as of a picture. A document is never taken for one because it
    is too large, or made so that it cannot be read.
    """
    if not is_pdf(data):
        return None
    paper = looked_at(data) if len(data) <= MOST_BYTES else Paper(None)
    if paper.opened is None:
        return paper if any(mark in data for mark in _MARKS) else None
    return paper if paper.opened.attached or paper.opened.seal != "none" else None


def asked_about(given: InHand) -> str | bytes | None:
    """The certificate or code itself; None where there is none in it."""
    if isinstance(given, Paper):
        return given.certificate
    return given.text if isinstance(given, CodeSeen) else given


def with_what_it_stood_on(findings: Findings, given: InHand, trust: Trust, now: datetime) -> Findings:
    """The findings, and those on the document, or that of a picture nothing but the code was looked at."""
    if isinstance(given, Paper):
        return with_paper(findings, given, trust, now)
    if isinstance(given, CodeSeen) and findings.certificate is not None:
        return findings._replace(findings=(*findings.findings, _CODE_ALONE))
    return findings


def looked_at(data: bytes) -> Paper:
    """A PDF, looked at by a process of its own, which takes a second."""
    try:
        return Paper(open_pdf(data))
    except MalformedPdf:
        return Paper(None)


def nothing_inside(given: InHand, trust: Trust, on: date | None) -> Findings:
    """The findings on a file with no certificate inside, or that cannot be read."""
    unread = isinstance(given, Paper) and given.opened is None
    code = "document_unreadable" if unread else "document_without_certificate"
    return Findings((Finding(code, "could_not_check"),), None, None, trust.as_of, on)


def with_paper(findings: Findings, paper: Paper, trust: Trust, now: datetime) -> Findings:
    """The findings on the certificate inside, and those on what the paper shows beside it."""
    if paper.opened is None:
        return findings
    seen, opened = findings.certificate, paper.opened
    shown = tuple(_on_paper(opened, seen, trust))
    said = findings.findings
    if any(one.code == "document_codes_agree" for one in shown):
        said = _with_code(said, verify(opened.codes[0], trust, now, findings.on))
    return findings._replace(findings=(*said, *shown))


def _with_code(said: tuple[Finding, ...], by_code: Findings) -> tuple[Finding, ...]:
    """What the code on the page shows beside the certificate inside: that it is in the log, and what speaks against."""
    in_log = next((one for one in by_code.findings if one.code == "in_log"), None)
    known = {one.code for one in said}
    against = (one for one in by_code.findings if one.outcome == "failed" and one.code not in known)
    return (*(in_log if in_log and one.code == "not_in_log" else one for one in said), *against)


def _on_paper(opened: OpenedPdf, seen: Seen | None, trust: Trust) -> Iterator[Finding]:
    known = opened.seal != "intact" or opened.root in trust.seal_roots
    stolen = opened.sealer in trust.stolen_seals
    yield _SEALS["stolen" if known and stolen else opened.seal if known else "unknown"]
    if len(opened.attached) > 1:
        yield Finding("document_attachments", "failed", {"count": len(opened.attached)})
    if not opened.all_pages:
        yield Finding("document_too_long", "could_not_check")
    # What it says is only held against the page where it is known who signed it.
    if seen is not None and seen.full is not None and seen.subject == "person":
        missing = tuple(_missing(seen.full, opened.text))
        if missing:
            yield Finding("document_text_differs", "failed", {"missing": ", ".join(missing)})
        else:
            yield Finding("document_text_agrees", "passed")
        yield _codes(seen.full, opened.codes, trust)


def _missing(said: Certificate, text: str) -> Iterator[str]:
    """What was signed and cannot be read on the page."""
    level = rules_for(said.edition, said.valid_from).levels[said.level]
    words = texts("pages")
    days = [said.valid_from] if said.valid_until is None else [said.valid_from, said.valid_until]
    shown = {
        said.holder_name: [said.holder_name],
        display_number(said.number): [display_number(said.number)],
        f"{said.level.value}": [f"{words['level'][lang]} {said.level.value}" for lang in LANGUAGES],
        level.printed_word["en"]: [level.printed_word[lang] for lang in LANGUAGES],
        next(iter(said.title.values())): list(said.title.values()),
        **{day.isoformat(): [day.isoformat()] for day in days},
    }
    for name, any_of in shown.items():
        if not any(plain(one) in text for one in any_of):
            yield name


def _codes(said: Certificate, codes: tuple[str, ...], trust: Trust) -> Finding:
    """Whether every code on the paper is this certificate's."""
    if not codes:
        return Finding("document_code_missing", "could_not_check")
    found = {_is_code_of(said, code, trust) for code in codes}
    if False in found:
        return Finding("document_code_other", "failed")
    return (
        Finding("document_code_unknown", "could_not_check")
        if None in found
        else Finding("document_codes_agree", "passed")
    )


def _is_code_of(said: Certificate, code: str, trust: Trust) -> bool | None:
    """None where the code says the same and its key is not known here."""
    try:
        opened = open_cwt(unpack(code).token)
        same = opened.token == compact_token(said, opened.token.log_index)
    except (MalformedQr, MalformedCwt):
        return False
    key = trust.attestation_key(opened.kid)
    if key is None or not same:
        return None if same else False
    return verify_cwt(opened, key.public_key)
