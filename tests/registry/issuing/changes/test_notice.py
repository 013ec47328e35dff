"""What holders read: whole, in their language, and nothing that a stranger wrote into a class list."""

import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any, get_args

import pytest

from registry.issuing.changes.allowed import REASONS
from registry.issuing.changes.letters import letters
from registry.issuing.changes.notice import Message, Sender, letter, message
from registry.issuing.changes.withdraw import annul, suspend
from registry.records.issued.certificates import certificate_by_number, certificates
from registry.records.issued.outbox import HolderNotice, Template, hand_over
from registry.records.store.database import new_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.conftest import ACTOR, NOW, OCCASION, PUBLIC_URL, issue, person, roster
from verification.certificate import Certificate, display_number

SENDER = Sender(PUBLIC_URL, "Provregistret")
LANGS = ("sv", "nb", "en")
OTHER = "7Q4M2XKD9RTB0HWC"


def begin(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg")))


BEGINS_WITH = {"number": begin}


@pytest.fixture
def number(registry: Registry) -> str:
    with registry.reading() as db:
        (row,) = certificates(db)
    return row.number


@pytest.fixture
def said(registry: Registry, number: str) -> Certificate:
    with registry.reading() as db:
        return certificate_by_number(db, number).certificate()


def notice(template: str, lang: str, said: Certificate, **parameters: str) -> HolderNotice:
    return HolderNotice(
        event_id=new_id(),
        certificate_id=new_id(),
        person_id=new_id(),
        template=template,
        language=lang,
        parameters={"number": said.number, "from": "2026-03-13", **parameters},
        state="pending",
        created_at=NOW,
    )


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("template", get_args(Template))
def test_every_message_is_whole(said: Certificate, template: str, lang: str) -> None:
    kind: Any = template
    for reason in REASONS.get(kind, ("error",)):
        more = {"other": OTHER} if template in {"corrected", "renewed", "superseded"} else {}
        found = message(notice(template, lang, said, reason=reason, **more), said, SENDER)
        text = f"{found.subject}\n{found.body}"
        assert {"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"}[lang] in found.subject
        assert "\n" not in found.subject
        assert "{" not in text
        assert "None" not in text
        assert display_number(said.number) in found.body
        assert found.body.count("\n\n") == 3  # what happened, which one, where to look, what to do
        if more:
            assert display_number(OTHER) in found.body
        worded = {"sv": "Skäl: ", "nb": "Grunn: ", "en": "Reason: "}[lang]
        assert (worded in found.body) == ("superseded" not in {template, reason} or reason == "error"), (
            template,
            reason,
        )


def test_every_text_is_there_in_every_language() -> None:
    read = (resources.files("registry.issuing") / "notices.toml").read_text(encoding="utf-8")
    for table, texts in tomllib.loads(read).items():
        for name, by_language in texts.items():
            assert sorted(by_language) == sorted(LANGS), (table, name)


def test_a_letter_as_somebody_reads_it(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        handover = hand_over(db, now=NOW, actor="post", limit=9)
        assert handover is not None
        (found,) = letters(db, handover, SENDER, digest=False)
    shown = display_number(number)
    assert (found.channel, found.to, found.language, found.numbers) == ("email", "p2@example.com", "sv", (number,))
    assert found.subject == "Ditt bevis: Heta arbeten"
    assert found.text == (
        "Hej Åsa Öberg,\n"
        "\n"
        "Utgivaren AB har utfärdat ett bevis till dig.\n"
        "\n"
        "Heta arbeten (sektorscertifikat, grad B)\n"
        f"Nummer: {shown}\n"
        "Gäller: 2026-03-13 till och med 2031-03-31\n"
        "\n"
        "Se beviset och vad det säger:\n"
        f"https://bevis.example/v/{shown}\n"
        "\n"
        "Stämmer något inte, till exempel ditt namn? Säg till Utgivaren AB, så rättas det.\n"
        "\n"
        "-- \n"
        "Meddelandet kommer från registret Provregistret (bevis.example).\n"
        "Registret frågar aldrig efter lösenord eller personnummer.\n"
    )


def test_a_digest_tells_each_person_everything_at_once(
    registry: Registry, keyring: Keyring, number: str, add: Callable[..., str]
) -> None:
    occasion = add(OCCASION, id="again", language_test="en")
    issue(registry, keyring, occasion, roster(person(2)))
    with registry.writing() as db:
        suspend(db, number, reason="misuse", now=NOW, actor=ACTOR)
        annul(db, number, reason="fraud", now=NOW, actor=ACTOR)
        handover = hand_over(db, now=NOW, actor="post", limit=9)
        assert handover is not None
        asa, other = letters(db, handover, SENDER, digest=True)
        assert letters(db, handover, SENDER, digest=True) == [asa, other]
        single = letters(db, handover, SENDER, digest=False)
    assert asa.subject == "3 meddelanden om dina bevis"
    assert asa.text.count("Hej Åsa Öberg,") == asa.text.count("\n-- \n") == 1
    told = [asa.text.index(f"Ditt bevis{part}") for part in (": Heta", " är stoppat", " är ogiltigförklarat")]
    assert told == sorted(told)
    assert "Skäl: beviset har missbrukats." in asa.text
    assert (other.subject, other.language) == ("Your certificate: Hot work", "en")
    assert [each.notices[0] for each in single] == sorted(each.notices[0] for each in single)
    assert sorted(one for each in (asa, other) for one in each.notices) == [each.notices[0] for each in single]


@pytest.mark.parametrize(
    ("name", "hello"),
    [
        ("Nguyễn Văn A", "Hej Nguyễn Văn A,"),
        ("O’Brien-Ek", "Hej O’Brien-Ek,"),
        ("J. R. Ek", "Hej J. R. Ek,"),
        ("Vinn pengar https://evil.example", "Hej,"),
        ("Ring 070-123 45 67", "Hej,"),
        ("evil@example.com", "Hej,"),
        ("Anna\r\nBcc: evil", "Hej,"),
        ("A" * 61, "Hej,"),
    ],
)
def test_only_a_name_is_greeted(name: str, hello: str) -> None:
    written = letter([Message("Subject", "Body")], name, "sv", SENDER)
    assert written.body.startswith(f"{hello}\n\nBody\n\n-- \n")
    assert "evil" not in written.body
