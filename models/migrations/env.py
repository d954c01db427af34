"""Alembic runs this; the connection, inside its transaction, comes from `connectors.store.engine.migrate`."""

from alembic import context

from models.tables.catalogue import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    # The open transaction holds all migrations, in SQLite too.
    transactional_ddl=True,
)
context.run_migrations()
