"""Which connectors each process has read."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Moment


class ConnectorFolder(Base):
    """What a process of a ``role`` (``web``, ``worker``, ``beat``) on a ``host`` has read.

    ``digest`` is of the connectors' names, vendors and mappings, without their secrets.
    """

    __tablename__ = "connector_folders"
    __table_args__ = (UniqueConstraint("role", "host"),)

    id: Mapped[Id]
    role: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(16))
    noted_at: Mapped[Moment]
