"""Rows that stay as they were written: refused by the database itself, so that nobody changes them by hand either.

A noun lists what it keeps in a constant `KEPT`; `directory.py` gathers them. The same words on SQLite and PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlmodel import SQLModel

Dialect = Literal["sqlite", "postgresql"]

# PostgreSQL wants a function behind a trigger; what it says is the trigger's own argument.
FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
)


@dataclass(frozen=True)
class Kept:
    """One promise about all rows of a table.

    name     of the trigger, unique in the database
    says     what whoever tries it is told
    but      columns that may change all the same
    only     the columns it is about; none = all
    when     only where this holds, of the row as it is (OLD) and as it would be (NEW)
    """

    name: str
    table: str
    change: Literal["UPDATE", "DELETE"]
    says: str
    but: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    when: str | None = None

    def columns(self) -> Sequence[str]:
        """The columns that stay as they are; none, where the whole row does."""
        if not self.but:
            return self.only
        return [column.name for column in SQLModel.metadata.tables[self.table].columns if column.name not in self.but]

    def statements(self, dialect: Dialect) -> Iterable[str]:
        """What has it refused."""
        columns, told = self.columns(), self.says.replace("'", "''")
        what = f"{self.change} OF {', '.join(columns)}" if columns else self.change
        if dialect == "sqlite":
            says = f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            when = f"WHEN {self.when} " if self.when else ""
            yield f"CREATE TRIGGER {self.name} BEFORE {what} ON {self.table} {when}{says}"
            return
        says = f"EXECUTE FUNCTION stay_as_written('{told}')"
        when = f"WHEN ({self.when}) " if self.when else ""
        yield f"CREATE TRIGGER {self.name} BEFORE {what} ON {self.table} FOR EACH ROW {when}{says}"
        if self.change == "DELETE":  # emptying a whole table goes past its rows
            yield f"CREATE TRIGGER {self.name}_at_once BEFORE TRUNCATE ON {self.table} FOR EACH STATEMENT {says}"


def never_changed(name: str, table: str, says: str, *, but: Iterable[str] = ()) -> Kept:
    """No row of the table is ever changed, or none of its columns but those."""
    return Kept(name, table, "UPDATE", says, frozenset(but))


def not_changed_when(name: str, table: str, says: str, *columns: str, when: str) -> Kept:
    """These columns are not changed where the condition holds."""
    return Kept(name, table, "UPDATE", says, only=columns, when=when)


def never_removed(name: str, table: str, says: str) -> Kept:
    """No row of the table is ever removed."""
    return Kept(name, table, "DELETE", says)


def statements(kept: Iterable[Kept], dialect: Dialect) -> list[str]:
    """All that a new database is told so that it keeps these."""
    found = [statement for one in kept for statement in one.statements(dialect)]
    return [FUNCTION, *found] if dialect == "postgresql" and found else found
