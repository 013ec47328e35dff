"""Portraits under the person's key, and forgetting."""

import io

import pytest
from PIL import Image

from registry.errors import PersonMerged, PortraitNotFound, SealDoesNotOpen
from registry.issuing.people.under_seal import forget, portrait_jpeg, set_portrait, take_portrait_away
from registry.reading.portrait import read_portrait
from registry.records.persons.people import Changes, add_person, merge_into, person_events
from registry.records.persons.portraits import portrait_of, with_portrait
from registry.records.whole.directory import Registry
from registry.signing.personal_data import PersonalData
from tests.registry.conftest import ACTOR, NOW


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), colour).save(out, "PNG")
    return out.getvalue()


RED, BLUE = read_portrait(picture("red")), read_portrait(picture("blue"))


def test_a_portrait_is_kept_replaced_and_taken_away(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna = add_person(db, Changes(name="Anna Berg"), NOW, ACTOR)
        with pytest.raises(PortraitNotFound):
            portrait_jpeg(db, data, anna)
        for each in (RED, BLUE):
            set_portrait(db, data, anna, each, now=NOW, actor=ACTOR)
            assert portrait_jpeg(db, data, anna) == each.jpeg
        assert with_portrait(db, [anna.id]) == {anna.id}
        take_portrait_away(db, anna, now=NOW, actor=ACTOR, reason="asked for")
        with pytest.raises(PortraitNotFound):
            take_portrait_away(db, anna, now=NOW, actor=ACTOR)
        assert not with_portrait(db, [anna.id])
        kinds = [each.kind for each in person_events(db, [anna.id])]
        assert kinds == ["recorded", "portrait_set", "portrait_set", "portrait_removed"]


def test_the_database_does_not_show_it(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna = add_person(db, Changes(name="Anna Berg"), NOW, ACTOR)
        set_portrait(db, data, anna, RED, now=NOW, actor=ACTOR)
    files = b"".join(path.read_bytes() for path in empty.directory.iterdir() if path.name.startswith("registry.db"))
    assert b"JFIF" in RED.jpeg
    assert b"JFIF" not in files


def test_it_opens_for_nobody_else(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        anna, eva = (add_person(db, Changes(name=name), NOW, ACTOR) for name in ("Anna Berg", "Eva Lind"))
        set_portrait(db, data, anna, RED, now=NOW, actor=ACTOR)
        set_portrait(db, data, eva, BLUE, now=NOW, actor=ACTOR)
        one, other = portrait_of(db, [anna.id]), portrait_of(db, [eva.id])
        assert one is not None
        assert other is not None
        one.sealed, other.sealed = other.sealed, one.sealed
        for person in (anna, eva):
            with pytest.raises(SealDoesNotOpen):
                portrait_jpeg(db, data, person)


def test_the_portrait_of_a_merged_record_is_the_persons(empty: Registry, data: PersonalData) -> None:
    with empty.writing() as db:
        kept, gone = (add_person(db, Changes(name=name), NOW, ACTOR) for name in ("Anna Berg", "Anna Borg"))
        set_portrait(db, data, gone, RED, now=NOW, actor=ACTOR)
        merge_into(db, gone, kept, NOW, ACTOR, None)
        assert portrait_jpeg(db, data, kept) == RED.jpeg
        with pytest.raises(PersonMerged):
            set_portrait(db, data, gone, BLUE, now=NOW, actor=ACTOR)
        assert forget(db, data, kept, now=NOW, actor=ACTOR, reason="asked for") == 0
        for record in (kept, gone):
            with pytest.raises(PortraitNotFound):
                portrait_jpeg(db, data, record)
            assert person_events(db, [record.id])[-1].kind == "forgotten"
