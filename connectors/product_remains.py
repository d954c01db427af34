"""What erasing leaves in the files of an SQLite database, and how it goes. Source: DOMAIN erasure.4.

Deleted rows are overwritten (`secure_delete`), but where pages were split before, copies of rows lie in their gaps, and
the write-ahead log holds pages as they were. PostgreSQL's server cleans up by itself, in its own time.
"""

import sqlite3

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

from connectors.errors import Unavailable
from connectors.store.engine import SECONDS_TO_WAIT_FOR_A_WRITER
from models.inventory import DataSet, Inventory

_A_SECOND = 1_000


def is_last(inventory: Inventory, data_set: DataSet) -> bool:
    """Whether nothing is erased after this data set."""
    return data_set.name == [each.name for each in inventory.data_sets if each.erase != "retain"][-1]


def clean_up(engine: Engine) -> None:
    """Writes the file anew and empties its log, in one go; readers go on meanwhile, writers wait.

    Raises:
        Unavailable: somebody writes, or still reads what was before. Nobody is held up for that: it's tried again.
    """
    if engine.dialect.name != "sqlite":
        return
    lent = engine.raw_connection()
    try:
        emptied = _rewritten(lent.cursor())
    except sqlite3.OperationalError as error:
        raise Unavailable("product database", f"it can't be written anew: {error}", "is its disk full?") from None
    finally:
        lent.close()
    if not emptied:
        what = "its log still holds what was erased, for somebody reads the state before it"
        raise Unavailable("product database", what, "end what has been reading it for long")


def _rewritten(driver: DBAPICursor) -> bool:
    driver.execute("VACUUM")
    driver.execute(f"PRAGMA busy_timeout = {_A_SECOND}")
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    busy, *_ = driver.fetchone() or (1,)
    driver.execute(f"PRAGMA busy_timeout = {SECONDS_TO_WAIT_FOR_A_WRITER * _A_SECOND}")
    return not busy
