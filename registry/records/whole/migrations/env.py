"""Where Alembic begins: with the connection it is given, inside the transaction that is open on it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
