"""All tables together."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from models import tables


def all_tables() -> MetaData:
    """Every table of every file in this package, so that none can be forgotten."""
    for module in iter_modules(tables.__path__):
        import_module(f"{tables.__name__}.{module.name}")
    return SQLModel.metadata
