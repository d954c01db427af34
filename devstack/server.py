"""What the stack asks of a server."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar


class Server(ABC):
    """One server of the embedded stack.

    Attributes:
        name: in errors, logs and `stack.json`.
        address_setting: the setting that holds its address; where the user has set it, no server is started.
        port_names: its ports, by the names that it gives them.
        port_twin: with each port, port + twin must be free too; 0 for none.
        not_yet: what `probe` raises while the server is still starting.
    """

    name: ClassVar[str]
    address_setting: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]]
    port_twin: ClassVar[int] = 0
    not_yet: ClassVar[tuple[type[Exception], ...]]

    @abstractmethod
    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        """`home` is the stack's folder, `ports` name → port."""

    @abstractmethod
    def command(self) -> list[str]:
        """The child process; makes the files that it needs."""

    @abstractmethod
    async def probe(self) -> None:
        """Returns when the server is of use; an open port alone proves nothing."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """How others find it, by the settings' names."""
