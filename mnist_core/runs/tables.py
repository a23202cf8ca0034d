"""The tables in which runs are remembered, and how those of an older lab are brought forward."""

from collections.abc import Callable

import sqlalchemy as sa

from mnist_core.errors import RunError

VERSION = 4
LOCK = 784_010  # of PostgreSQL's advisory locks, for the moment in which the tables are made

meta = sa.MetaData()
version = sa.Table("version", meta, sa.Column("version", sa.Integer, primary_key=True))
runs = sa.Table(
    "runs",
    meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("want_stop", sa.Boolean, nullable=False, default=False),
    sa.Column("server", sa.String(32)),
    sa.Column("turns", sa.Integer, nullable=False, default=0),
    sa.Column("served", sa.Float),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("seconds", sa.Float, nullable=False, server_default="0"),
    sa.Column("epochs_done", sa.Integer, nullable=False, default=0),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("accuracy", sa.Float),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("size", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("pause_at", sa.Integer),
    sa.Column("lr", sa.Float),
    sa.Column("changes", sa.Text, nullable=False, server_default="[]"),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("tags", sa.Text, nullable=False, server_default=""),
    sa.Column("notes", sa.Text, nullable=False, server_default=""),
    sa.Column("bet", sa.Text),
    sa.Column("sweep", sa.String(32)),
    sa.Column("parent", sa.String(64)),
    sa.Column("examples", sa.Integer, nullable=False, server_default="0"),
)
losses = sa.Table(
    "losses",
    meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("losses", sa.LargeBinary, nullable=False),
    sa.Column("lrs", sa.LargeBinary, nullable=False),
    sa.Column("momenta", sa.LargeBinary),
    sa.Column("norms", sa.LargeBinary),
)
epochs = sa.Table(
    "epochs",
    meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("train_loss", sa.Float),
    sa.Column("valid_loss", sa.Float),
    sa.Column("accuracy", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)
checkpoints = sa.Table(
    "checkpoints",
    meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("file", sa.Text),
)
snapshots = sa.Table(
    "snapshots",
    meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
extras = sa.Table(
    "extras",
    meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
examples = sa.Table(
    "examples",
    meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("image", sa.LargeBinary, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, server_default=""),
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false(), index=True),
)
sweeps = sa.Table(
    "sweeps",
    meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
)
servers = sa.Table(
    "servers",
    meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("beat", sa.Float, nullable=False),
    sa.Column("devices", sa.Text),
    sa.Column("slots", sa.Integer, nullable=False, default=0),
    sa.Column("slice_seconds", sa.Float),
    sa.Column("trouble", sa.Text),
)


def prepare(db: sa.Engine) -> None:
    """Make the tables, or bring those of an older lab forward, whole or not at all.

    Raises
    ------
    RunError
        If a newer lab has written them.
    """
    with db.connect() as connection:
        _alone(connection)
        meta.create_all(connection)
        found = connection.scalar(sa.select(version.c.version))
        if found is None:
            connection.execute(version.insert().values(version=VERSION))
        elif found > VERSION:
            raise RunError(
                f"The runs in {db.url!r} were written by a newer lab (form {found}, this one reads {VERSION}): "
                "update the lab, or set MNIST_STORE to another place."
            )
        for step in range(found or VERSION, VERSION):
            MIGRATIONS[step + 1](connection)
            connection.execute(version.update().values(version=step + 1))
        connection.commit()


def _alone(connection: sa.Connection) -> None:
    """Let no other server make the tables in this transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _add(connection: sa.Connection, *columns: sa.Column) -> None:
    for column in columns:
        ddl = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(sa.DDL(f"ALTER TABLE {column.table.name} ADD COLUMN {ddl}"))


def _to_2(connection: sa.Connection) -> None:
    """What fairness, retention, pins and links need."""
    _add(connection, runs.c.served, runs.c.seconds, runs.c.size, runs.c.pinned, runs.c.shared)
    _add(connection, servers.c.slice_seconds, servers.c.trouble)
    length = sa.select(sa.func.length(checkpoints.c.data)).where(checkpoints.c.run == runs.c.id).scalar_subquery()
    connection.execute(runs.update().values(size=sa.func.coalesce(length, 0)))


def _to_3(connection: sa.Connection) -> None:
    """What pauses, rates changed by hand, names, bets and sweeps need; their own tables are made as any new ones."""
    _add(connection, runs.c.pause_at, runs.c.lr, runs.c.changes, runs.c.name, runs.c.tags, runs.c.notes)
    _add(connection, runs.c.bet, runs.c.sweep)
    _add(connection, losses.c.momenta, losses.c.norms)


def _to_4(connection: sa.Connection) -> None:
    """What a run needs that trains another's model on."""
    _add(connection, runs.c.parent, runs.c.examples)


MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {2: _to_2, 3: _to_3, 4: _to_4}
"""The form of the store -> what brings the one before to it."""
