"""What `bevis doctor` looks at where people's numbers are kept: the index key, and whether every number opens."""

from registry.command_line.doctor_files import key_file_fault
from registry.command_line.place import index_key_file, personal_data_of
from registry.errors import WrongIndexKey
from registry.records.persons.identifiers import all_identifiers, index_key_mark
from registry.records.store.database import Database
from registry.records.whole.directory import Registry


def index_key(registry: Registry, db: Database, *, master: bool) -> str | None:
    """What is wrong with it; nothing where no number was ever kept and no key was made.

    master  whether there is a master key, without which nobody can tell whose index key it is
    """
    file = index_key_file(registry)
    if not file.exists() and index_key_mark(db) is None:
        return None
    fault = key_file_fault(file)
    if fault or not master:
        return fault
    try:
        personal_data_of(registry).check(db)
    except WrongIndexKey:
        return "other"
    return None


def unsound(registry: Registry, db: Database, most: int) -> str:
    """The people whose numbers do not open, or are found by what they do not say; all are tried."""
    if not all_identifiers(db, limit=1):
        return ""
    data = personal_data_of(registry)
    wrong: set[str] = set()
    page = all_identifiers(db)
    while page:
        sound = data.is_sound(db, page)
        wrong |= {str(row.person_id) for row in page if not sound[row.id]}
        page = all_identifiers(db, after=page[-1].id)
    named = sorted(wrong)
    return ", ".join(named[:most]) + (" …" if len(named) > most else "")
