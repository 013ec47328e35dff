"""How a registry of an older version becomes one of this version.

Each version of the tables is two files of plain SQL in `versions/`, one for each database, with a small Python file
that Alembic finds them by. `make migration NAME=…` writes the next from the difference; `tests/migration.py` says how.
"""
