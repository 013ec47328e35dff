"""The same answer in a shell, from a trust file: `python -m verification.offline TOKEN --trust FILE`.

No register is asked, no network, no web framework: a token, a file and the clock of this machine. What it cannot know
it does not say: a number alone is answered by a register only, and knowledge that is too old never says valid.
Exit codes: 0 valid, 1 not valid, 2 wrong usage or a file that cannot be used, 3 cannot say.
"""

import argparse
import base64
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from difflib import get_close_matches
from itertools import islice
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from levels.level import Level
from levels.order import LANGUAGES
from verification.answer import answer
from verification.certificate import EARLIEST, LATEST
from verification.in_hand import LONGEST_NAME, NotUsable, Question, bytes_of, is_file, questions_in
from verification.judge import Verdict, judge
from verification.log.note import MalformedNote, key_from
from verification.paper import InHand, Paper, asked_about, nothing_inside, with_what_it_stood_on
from verification.pictures.kinds import CodeSeen
from verification.reasons import age_in_words, texts
from verification.situation import DEFAULT_SITUATION, NoSuchSituation, Situation, situation, situations
from verification.status_token import MAX_CWT_BYTES, NoStatusList, with_list
from verification.trust import Trust
from verification.trust_file import MalformedTrust, TrustFile, trust_from_file
from verification.verify import verify

EXITS = {"valid": 0, "invalid": 1, "undetermined": 3}
USAGE = 2
LONGEST_TRUST = 89_478_488  # bytes; some hundred status lists of a herd each that do not compress, signed
LONGEST_LIST = MAX_CWT_BYTES
LONGEST_ROOTS = 65_536  # bytes
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
TAGGED, BLANKS = b"\xd2", b" \t\r\n"  # how a list as CWT begins; a list as JWT may stand on a line of its own
_SIGNS = {"passed": "+", "failed": "x", "could_not_check": "?", "does_not_apply": "-"}
_MOST_REPEATED = 48  # characters
_DAY = len("2026-03-01")


Style = Literal["plain", "strong", "struck", "valid", "invalid", "undetermined"]


class Line(NamedTuple):
    """A line of the answer, and how it stands out where a screen can show that."""

    style: Style
    text: str


class AskedOfFile(NamedTuple):
    """Verdicts from a trust file, each on its question. unchecked: nobody looked who made the file."""

    asked: Sequence[tuple[Question, Verdict]]
    unchecked: bool


def main(arguments: Sequence[str] | None = None, now: datetime | None = None) -> int:
    """Answer one question on stdout; the exit code.

    now  the moment it is asked, with its time zone; None = this machine's clock
    """
    asked = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # what a terminal cannot show becomes ?, not a crash
    lang = asked.lang or language_of(os.environ)
    try:
        verdicts = asked_of_file(
            asked.what,
            asked.trust,
            datetime.now(UTC) if now is None else now,
            root=asked.root,
            seal_root=asked.seal_root,
            status=asked.status,
            situation=asked.situation,
            schemes=asked.scheme,
            level=asked.level,
            on=asked.on,
        ).asked
    except NotUsable as fault:
        if asked.json:
            named = [{"path": fault.what, "says": fault.says}]
            print(in_json({"error": {"code": "Usage", "title": "Wrong usage", "detail": str(fault), "faults": named}}))  # noqa: T201 a shell is answered on its streams
        print(f"{plain(fault.what)}: {plain(fault.says)}", file=sys.stderr)  # noqa: T201 same
        return USAGE
    told = [Told(question, answer(verdict, lang)) for question, verdict in verdicts]
    if asked.json:
        print(in_json(in_one(told)))  # noqa: T201 same
    else:
        only = verdicts[0][1] if len(told) == 1 else None
        for line in lines_of_many(told, lang) if only is None else lines(told[0].answer, only, lang):
            print(plain(line.text))  # noqa: T201 same
    return exit_of(told)


def asked_of_file(  # noqa: PLR0913 all that can be asked
    what: Sequence[str],
    trust: str,
    now: datetime,
    *,
    root: str | None = None,
    seal_root: str | None = None,
    status: Sequence[str] = (),
    situation: str | None = None,
    schemes: Sequence[str] = (),
    level: Level | None = None,
    on: str | None = None,
) -> AskedOfFile:
    """The verdict on each thing somebody has in hand, from a trust file; all as it is typed. Raises NotUsable."""
    needed, day = situation_for(situation or DEFAULT_SITUATION, schemes, level), day_of("--on", on)
    questions, file = questions_in(what), trust_in(trust, root)
    known = with_seal_root(with_lists(file.trust, status, now), seal_root)
    check_known(schemes, known)
    asked = [(question, ask_offline(question.given, known, needed, now, day)) for question in questions]
    return AskedOfFile(asked, unchecked=not file.checked)


def ask_offline(given: InHand, trust: Trust, needed: Situation, now: datetime, on: date | None = None) -> Verdict:
    """The verdict on whatever somebody has in hand, from that trust and nothing else.

    A number alone is told to need a register (`number_alone`); nothing here pretends to be one.
    """
    asked = asked_about(given)
    if asked is None:
        return judge(nothing_inside(given, trust, on), needed, now, trust)
    findings = verify(asked, trust, now, on)
    return judge(with_what_it_stood_on(findings, given, trust, now), needed, now, trust)


class Told(NamedTuple):
    """A question, and its answer in one language."""

    question: Question
    answer: Mapping[str, Any]


def exit_of(told: Sequence[Told]) -> int:
    """The exit code on all of them: the worst there is."""
    outcomes = {one.answer["outcome"] for one in told}
    return EXITS[next(outcome for outcome in ("invalid", "undetermined", "valid") if outcome in outcomes)]


def in_one(told: Sequence[Told]) -> Mapping[str, Any]:
    """As JSON: one answer as the API gives it, and several as it gives several, each with where its question stood."""
    if len(told) == 1:
        return told[0].answer
    return {"answers": [{**one.answer, "where": one.question.where} for one in told]}


def lines_of_many(told: Sequence[Told], lang: str) -> Iterator[Line]:
    """Several answers as lines for people: one each, why where it is not valid, and how many there are of each kind."""
    words, counted = texts("pages"), Counter(one.answer["outcome"] for one in told)
    for (given, where), one in told:
        said = one["certificate"]
        level = f" {said['level']}" if said and said["level"] else ""
        about = f"{said['holder']}, {said['title']}{level}, {said['number']}" if said else _short(given)
        place = f"({where})" if where else ""
        yield Line(one["outcome"], f" {one['title']} ")
        yield Line("strong", " ".join(filter(None, ("  ", about, place))))
        if one["outcome"] != "valid":
            yield Line("plain", f"   {one['says']}")
    yield Line("plain", "")
    kinds = ("invalid", "undetermined", "valid")
    counts = [f"{words[f'count_{kind}'][lang]}: {counted[kind]}" for kind in kinds if counted[kind]]
    yield Line("strong", " · ".join(counts))
    alone = (one for each in told for one in each.answer["reasons"] if one["code"] == "code_alone")
    for one in islice(alone, 1):
        yield Line("plain", f"{one['title']}. {one['next']}")
    yield Line("plain", f"{words['not_checked'][lang]}: {words['not_checked_says'][lang]}")


def _short(given: InHand) -> str:
    """Enough of what was asked about to know it again."""
    if isinstance(given, Paper):
        return "PDF"
    if isinstance(given, CodeSeen):
        given = given.text
    text = given if isinstance(given, str) else given.hex()
    return text if len(text) <= _MOST_REPEATED else f"{text[:_MOST_REPEATED]} …"


def lines(told: Mapping[str, Any], verdict: Verdict, lang: str) -> Iterator[Line]:
    """An answer in one language as lines for people: the verdict first, and how old the knowledge is last."""
    words = texts("pages")
    yield Line("strong", told["title"])
    yield Line("strong", told["says"])
    if told["certificate"] is not None:
        yield Line("plain", "")
        yield from _said(told["certificate"], told["outcome"], lang)
    yield Line("plain", "")
    for reason in told["reasons"]:
        if reason["severity"] != "detail" or reason["outcome"] in {"failed", "could_not_check"}:
            yield Line("plain", f"{_SIGNS[reason['outcome']]} {reason['says']}")
            if reason["next"]:
                yield Line("plain", f"  → {reason['next']}")
    yield Line("plain", "")
    if told["on"]:
        yield Line("plain", words["asked_for_day"][lang].format(day=told["on"]))
    age = age_in_words(verdict.checked_at - verdict.known_as_of, lang)
    known = f"{told['known_as_of']}; {words['checked_at'][lang]} {told['checked_at']}"
    yield Line("strong", f"{words['knowledge'][lang].format(age=age)} ({known})")
    of_organisation = told["certificate"] is not None and told["certificate"]["subject"] == "organisation"
    not_checked = words["not_checked_organisation" if of_organisation else "not_checked_says"][lang]
    yield Line("plain", f"{words['not_checked'][lang]}: {not_checked}")


def _said(said: Mapping[str, Any], outcome: str, lang: str) -> Iterator[Line]:
    """What the certificate says; where nobody may rely on it, that comes first."""
    words = texts("pages")
    stands: Literal["plain", "struck"] = "plain" if outcome == "valid" else "struck"
    if outcome != "valid":
        yield Line("strong", words["does_not_apply" if outcome == "invalid" else "not_confirmed"][lang])
    yield Line("strong", f"{said['holder']}  {said['birth'] or ''}".rstrip())
    level = f"{said['level']} {said['printed_word']}: " if said["level"] and not said.get("attests") else ""
    yield Line(stands, level + said["title"])
    end = said["valid_until"] or words["no_end"][lang]
    yield Line(stands, f"{said['issuer']}, {said['valid_from']} – {end}, {said['number']}")
    for name in ("restrictions", "scope_classes"):
        if said[name]:
            yield Line("plain", f"{words[name][lang]}: {' · '.join(said[name])}")
    if said.get("mandate_certificate"):
        yield Line("plain", f"{words['mandate_certificate'][lang]}: {said['mandate_certificate']}")
    if said.get("attests"):
        return  # no level of a person's
    if outcome == "valid":
        yield Line("plain", f"{words['assures'][lang]}: {said['assures']}")
        if said.get("party"):
            yield Line("plain", words[f"party_{said['party']}"][lang])
    if outcome != "invalid":
        yield Line("plain", f"{words['does_not_assure'][lang]}: {said['does_not_assure']}")


# ------------------------------------------------------------------ what was given


def situation_for(name: str, schemes: Sequence[str] = (), level: Level | None = None) -> Situation:
    """The situation of that name, for certain schemes and a level where such are named. Raises NotUsable."""
    try:
        known = situation(name) if level is None else situation(name).at_least(level)
        # Asking for some of what the situation asks for: both must be met.
        wanted = {code for code in schemes if not known.schemes or code in known.schemes}
        if schemes and not wanted:
            raise NotUsable("--scheme", f"the situation {name} asks for one of {', '.join(known.schemes)}")
        return Situation.model_validate({**dict(known), "schemes": tuple(sorted(wanted))}) if schemes else known
    except NoSuchSituation as unknown:
        raise NotUsable("--situation", str(unknown)) from unknown
    except ValidationError as fault:
        raise NotUsable("--scheme", "a scheme's code has letters, digits, dots and dashes") from fault


def check_known(schemes: Sequence[str], trust: Trust) -> None:
    """A slip of the pen must not make a good certificate the wrong one. Raises NotUsable.

    A scheme that is like none here may be another registry's: no certificate of this one is for it.
    """
    for code in schemes:
        near = [] if code in trust.schemes else get_close_matches(code, trust.schemes, n=1, cutoff=0.9)
        if near:
            raise NotUsable("--scheme", f"no scheme here is called that; did you mean {near[0]}?")


def day_of(name: str, given: str | None) -> date | None:
    """A day as typed, such as 2026-03-01. Raises NotUsable."""
    if given is None:
        return None
    with suppress(ValueError):
        # Python knows other spellings (20260301, 2026-W09-7) that people misread.
        if (
            len(given) == _DAY
            and given[4] == given[7] == "-"
            and EARLIEST <= (on := date.fromisoformat(given)) <= LATEST
        ):
            return on
    raise NotUsable(name, f"write a day between {EARLIEST} and {LATEST}, like 2026-03-01")


def trust_in(path: str, root: str | None = None) -> TrustFile:
    """The trust in a file; root: the registry's root key that must have signed, or a file with it. Raises NotUsable."""
    data = bytes_of(path, LONGEST_TRUST)
    try:
        told = root
        if root is not None and is_file(root):
            told = bytes_of(root, LONGEST_NAME).decode("utf-8", "replace")
        key = None if told is None else key_from(told.strip())
    except MalformedNote as fault:
        raise NotUsable("--root", str(fault)) from fault
    try:
        return trust_from_file(data, key)
    except MalformedTrust as fault:
        raise NotUsable(path, str(fault)) from fault


def with_lists(trust: Trust, paths: Sequence[str], now: datetime) -> Trust:
    """The trust with status lists that were fetched since, each signed by the registry. Raises NotUsable.

    A newer list tells of what was withdrawn since; how old the rest of the knowledge is, it does not change.
    """
    for path in paths:
        data = bytes_of(path, LONGEST_LIST)
        try:
            trust = with_list(trust, data if data.startswith(TAGGED) else data.strip(BLANKS), now)
        except NoStatusList as fault:
            raise NotUsable(path, f"is no status list to believe: {fault}") from fault
    return trust


def with_seal_root(trust: Trust, path: str | None) -> Trust:
    """The trust with the roots in a PEM file beside its own. Raises NotUsable."""
    if path is None:
        return trust
    blocks = _PEM.findall(bytes_of(path, LONGEST_ROOTS))
    try:
        roots = tuple(base64.b64decode(block) for block in blocks)
    except ValueError as fault:
        raise NotUsable(path, "holds no certificate in PEM") from fault
    if not roots:
        raise NotUsable(path, "holds no certificate in PEM")
    return trust.model_copy(update={"seal_roots": (*trust.seal_roots, *roots)})


def language_of(environment: Mapping[str, str]) -> str:
    """The language of LC_ALL, LC_MESSAGES or LANG where it is one of ours, else English."""
    wish = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return {"sv": "sv", "nb": "nb", "no": "nb", "nn": "nb"}.get(wish[:2].casefold(), "en")


# ------------------------------------------------------------------ the shell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verification.offline",
        description="Check a certificate against a trust file, without network and without a register.",
        epilog="Exit codes: 0 valid, 1 not valid, 2 wrong usage or a file that cannot be used, 3 cannot say.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "what",
        nargs="+",
        metavar="TOKEN|FILE|-",
        help="a code, its digits, a vc+jwt, a file with one, a picture or a list with several; - is standard input",
    )
    parser.add_argument(
        "--trust", metavar="FILE", required=True, help="what is trusted, as `bevis trust export` writes"
    )
    parser.add_argument(
        "--root",
        metavar="KEY",
        default=os.environ.get("BEVIS_ROOT"),
        help="the registry's root key, or a file with it, which must have signed that; also BEVIS_ROOT",
    )
    parser.add_argument(
        "--seal-root",
        metavar="FILE",
        help="with a PDF: a root its seal may lead to, as PEM, beside those in the trust file",
    )
    parser.add_argument(
        "--status",
        action="append",
        default=[],
        metavar="FILE",
        help="a newer status list, as the registry publishes it",
    )
    parser.add_argument("--situation", default=DEFAULT_SITUATION, metavar="NAME", help=", ".join(situations()))
    parser.add_argument("--scheme", action="append", default=[], metavar="CODE", help="it must be for one of these")
    parser.add_argument("--level", type=Level, choices=list(Level), metavar="LEVEL", help="the lowest that will do")
    parser.add_argument("--on", metavar="DATE", help="answer for that day instead of for now")
    parser.add_argument("--lang", choices=LANGUAGES, help="the default is that of the environment")
    parser.add_argument("--json", action="store_true", help="the answer as the API gives it")
    return parser


def in_json(members: Mapping[str, Any]) -> str:
    """An answer as JSON; a terminal that knows no UTF-8 gets the same data in escapes."""
    ascii_only = (sys.stdout.encoding or "ascii").casefold().replace("-", "") not in {"utf8", "utf_8"}
    return json.dumps(members, ensure_ascii=ascii_only, indent=2)


def plain(text: str) -> str:
    """Text that cannot steer a terminal: what is not printable is shown by its code point."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def _run() -> int:
    """The command; whoever reads only its first lines (head) has seen enough."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it does not fail again
        code = EXITS["undetermined"]
    return code


if __name__ == "__main__":
    sys.exit(_run())
