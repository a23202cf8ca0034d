"""What is remembered of every run: SQLAlchemy Core over SQLite, or PostgreSQL by `MNIST_STORE`.

The app writes two things, a new run and the wish to stop one; everything else about a run is written by the
conductor alone. Pages only read.
"""

import json
import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from mnist_core import paths
from mnist_core.config import TrainConfig
from mnist_core.errors import RunError

VERSION = 1
LARGE = 8_000_000  # bytes; a larger checkpoint lies in a file beside the store, so that writing it blocks nobody

_meta = sa.MetaData()
_version = sa.Table("version", _meta, sa.Column("version", sa.Integer, primary_key=True))
_runs = sa.Table(
    "runs",
    _meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("want_stop", sa.Boolean, nullable=False, default=False),
    sa.Column("server", sa.String(32)),
    sa.Column("turns", sa.Integer, nullable=False, default=0),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("epochs_done", sa.Integer, nullable=False, default=0),
    sa.Column("step", sa.Integer, nullable=False, default=0),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("accuracy", sa.Float),
    sa.Column("message", sa.Text, nullable=False, default=""),
)
_losses = sa.Table(
    "losses",
    _meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("losses", sa.LargeBinary, nullable=False),
    sa.Column("lrs", sa.LargeBinary, nullable=False),
)
_epochs = sa.Table(
    "epochs",
    _meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("train_loss", sa.Float),
    sa.Column("valid_loss", sa.Float),
    sa.Column("accuracy", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)
_checkpoints = sa.Table(
    "checkpoints",
    _meta,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("file", sa.Text),
)
_servers = sa.Table(
    "servers",
    _meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("beat", sa.Float, nullable=False),
    sa.Column("devices", sa.Text),
    sa.Column("slots", sa.Integer, nullable=False, default=0),
)

_SELECT_RUN = sa.select(_runs, _checkpoints.c.step.label("saved")).join_from(_runs, _checkpoints, isouter=True)

ACTIVE = ("queued", "running")
DEAD_AFTER = 5.0  # seconds without a heartbeat


@dataclass(frozen=True)
class Run:
    """A run as the store knows it.

    Attributes
    ----------
    state : "queued", "running", "stopped" (by the learner), "done", "diverged" or "failed"
    step, steps : batches trained so far, and in all
    created, started, finished : seconds since 1970, or None
    saved : batches that the saved model has learned from, or None before there is one
    accuracy : of the last finished epoch, or None
    message : why it diverged or failed, in words
    """

    id: str
    owner: str
    config: TrainConfig
    state: str
    want_stop: bool
    created: float
    started: float | None
    finished: float | None
    epochs_done: int
    step: int
    steps: int
    saved: int | None
    accuracy: float | None
    message: str

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def title(self) -> str:
        """A short name for lists, e.g. "mlp128, 3 and 7, lr 0.1, 97.8%"."""
        config = self.config
        reached = self.state if self.accuracy is None else f"{self.accuracy:.1%}"
        reached = "in training" if self.active else reached
        return f"{config.model}, {config.digits_title.lower()}, lr {config.lr:g}, {reached}"

    @property
    def elapsed(self) -> float:
        """Seconds since the run began to train, or for how long it did."""
        return (self.finished or time.time()) - self.started if self.started else 0.0

    @property
    def batches_an_epoch(self) -> int:
        return self.steps // self.config.epochs


@dataclass(frozen=True)
class Curves:
    """What the recorder saw: arrays of equal length per batch, rows per epoch."""

    losses: np.ndarray
    lrs: np.ndarray
    epochs: list[dict[str, float]]


class Store:
    """The tables, and the only queries on them.

    Parameters
    ----------
    url : a SQLAlchemy address; by default `MNIST_STORE`, else a SQLite file in `paths.home()`
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or os.environ.get("MNIST_STORE") or f"sqlite:///{paths.home() / 'runs.sqlite'}"
        self.files = paths.home() / "checkpoints"
        self._db = _engine(self.url)
        if self._db.dialect.name == "sqlite":
            sa.event.listen(self._db, "connect", _prepare_sqlite)
        _meta.create_all(self._db)
        with self._db.begin() as db:
            found = db.scalar(sa.select(_version.c.version))
            if found is None:
                db.execute(_version.insert().values(version=VERSION))
            elif found > VERSION:
                raise RunError(
                    f"The runs in {self._db.url!r} were written by a newer lab "
                    f"(form {found}, this one reads {VERSION}): update the lab, or set MNIST_STORE to another place."
                )

    # What the app does.

    def submit(self, owner: str, config: TrainConfig, steps: int) -> str:
        """Queue a run of so many batches; gives its id."""
        run = uuid.uuid4().hex
        with self._db.begin() as db:
            db.execute(
                _runs.insert().values(
                    id=run, owner=owner, config=config.to_json(), steps=steps, state="queued", created=time.time()
                )
            )
        return run

    def request_stop(self, owner: str, run: str) -> None:
        """Ask for a run to end; asking twice, or after its end, does nothing."""
        with self._db.begin() as db:
            db.execute(_runs.update().where(_own(owner, run), _runs.c.state.in_(ACTIVE)).values(want_stop=True))

    def delete(self, owner: str, run: str) -> None:
        """Forget a run that has ended, with its curves and its model."""
        with self._db.begin() as db:
            gone = db.execute(_runs.delete().where(_own(owner, run), _runs.c.state.not_in(ACTIVE)))
        if gone.rowcount:
            (self.files / f"{run}.safetensors").unlink(missing_ok=True)

    def runs(self, owner: str) -> list[Run]:
        """A learner's runs, newest first."""
        with self._db.connect() as db:
            rows = db.execute(_SELECT_RUN.where(_runs.c.owner == owner).order_by(_runs.c.created.desc()))
            return [_run(row) for row in rows]

    def run(self, owner: str, run: str) -> Run:
        """One run of a learner.

        Raises
        ------
        RunError
            If there is none of that id, or it is somebody else's; the two are not told apart.
        """
        with self._db.connect() as db:
            row = db.execute(_SELECT_RUN.where(_own(owner, run))).first()
        if row is None:
            raise RunError(f"There is no run {run[:32]!r} among yours: choose one from the list.")
        return _run(row)

    def any_run(self, run: str) -> Run:
        """One run of anybody, for the command line, whose user owns the store."""
        with self._db.connect() as db:
            rows = db.execute(_SELECT_RUN.where(_runs.c.id.startswith(run, autoescape=True)).limit(2)).all()
        if len(rows) != 1:
            raise RunError(f"{run!r} is neither a file nor the id of one run: give the path of a model or a run's id.")
        return _run(rows[0])

    def curves(self, run: str) -> Curves:
        """The recorder's curves so far."""
        with self._db.connect() as db:
            parts = db.execute(
                sa.select(_losses.c.losses, _losses.c.lrs).where(_losses.c.run == run).order_by(_losses.c.step)
            ).all()
            rows = db.execute(sa.select(_epochs).where(_epochs.c.run == run).order_by(_epochs.c.epoch)).mappings()
            epochs = [  # SQLite keeps a NaN as NULL
                {key: np.nan if value is None else value for key, value in row.items() if key != "run"} for row in rows
            ]
        join = lambda blobs: np.frombuffer(b"".join(blobs), dtype=np.float32)  # noqa: E731
        return Curves(join(part.losses for part in parts), join(part.lrs for part in parts), epochs)

    def checkpoint(self, run: str) -> bytes | None:
        """The latest saved state of a run, or None before there is one.

        Raises
        ------
        RunError
            If it lay in a file beside the store that is gone.
        """
        with self._db.connect() as db:
            row = db.execute(sa.select(_checkpoints).where(_checkpoints.c.run == run)).first()
        if row is None:
            return None
        if not row.file:
            return row.data
        try:
            return (self.files / row.file).read_bytes()
        except OSError as error:
            raise RunError(f"The model of this run cannot be read ({error.strerror}): train it again.") from error

    def devices(self, server: str) -> list[str]:
        """What a server's workers can train on; empty while they warm up."""
        with self._db.connect() as db:
            return json.loads(db.scalar(sa.select(_servers.c.devices).where(_servers.c.id == server)) or "[]")

    # What the conductor does.

    def beat(self, server: str, devices: list[str], slots: int) -> None:
        """Sign of life of a server."""
        values = {"beat": time.time(), "devices": json.dumps(devices), "slots": slots}
        with self._db.begin() as db:
            if not db.execute(_servers.update().where(_servers.c.id == server).values(values)).rowcount:
                db.execute(_servers.insert().values(id=server, **values))

    def leave(self, server: str) -> None:
        """A server ends: its unfinished runs wait for the next one."""
        with self._db.begin() as db:
            _requeue(db, [server])

    def adopt_orphans(self) -> int:
        """Queue again the runs of servers that have died; gives how many."""
        with self._db.begin() as db:
            dead = db.scalars(sa.select(_servers.c.id).where(_servers.c.beat < time.time() - DEAD_AFTER)).all()
            return _requeue(db, dead) if dead else 0

    def next_queued(self) -> str | None:
        """The run whose turn it is: the one that has had the fewest slices, then the oldest."""
        query = sa.select(_runs.c.id).where(_runs.c.state == "queued").order_by(_runs.c.turns, _runs.c.created)
        with self._db.connect() as db:
            return db.scalar(query.limit(1))

    def claim(self, run: str, server: str) -> Run | None:
        """Take a queued run for this server, or None if another was faster."""
        with self._db.begin() as db:
            taken = db.execute(
                _runs.update()
                .where(_runs.c.id == run, _runs.c.state == "queued")
                .values(
                    state="running",
                    server=server,
                    turns=_runs.c.turns + 1,
                    started=sa.func.coalesce(_runs.c.started, time.time()),
                )
            )
            if not taken.rowcount:
                return None
            return _run(db.execute(_SELECT_RUN.where(_runs.c.id == run)).one())

    def unwanted(self) -> list[Run]:
        """The runs that are to be stopped and have not yet."""
        with self._db.connect() as db:
            return [_run(row) for row in db.execute(_SELECT_RUN.where(_runs.c.want_stop, _runs.c.state.in_(ACTIVE)))]

    def add_losses(self, run: str, step: int, losses: bytes, lrs: bytes) -> None:
        """Append what some batches gave; a retried slice begins earlier, and replaces what its first try said."""
        with self._db.begin() as db:
            db.execute(_losses.delete().where(_losses.c.run == run, _losses.c.step >= step))
            if db.scalar(sa.select(_runs.c.id).where(_runs.c.id == run)):
                db.execute(_losses.insert().values(run=run, step=step, losses=losses, lrs=lrs))
                db.execute(_runs.update().where(_runs.c.id == run).values(step=step + len(losses) // 4))

    def add_epoch(self, run: str, row: dict[str, float]) -> None:
        """Append a row of the recorder; a retried slice replaces its first try's."""
        with self._db.begin() as db:
            db.execute(_epochs.delete().where(_epochs.c.run == run, _epochs.c.epoch >= row["epoch"]))
            db.execute(_epochs.insert().values(run=run, **row))
            db.execute(
                _runs.update().where(_runs.c.id == run).values(epochs_done=row["epoch"], accuracy=row["accuracy"])
            )

    def end_slice(
        self,
        run: str,
        state: str,
        *,
        model: bytes | None = None,
        epochs_done: int = 0,
        step: int = 0,
        message: str = "",
    ) -> None:
        """Save what becomes of a run and, if it made one, the model after so many epochs and batches, at once."""
        values: dict[str, Any] = {"state": state, "message": message}
        if state not in ACTIVE:
            values |= {"finished": time.time(), "want_stop": False}
        file = None
        if model is not None:
            values |= {"epochs_done": epochs_done, "step": step}
            if len(model) > LARGE:
                file = f"{run}.safetensors"
                paths.write_atomically(self.files / file, model)
        with self._db.begin() as db:
            if model is not None:
                data = None if file else model
                db.execute(_checkpoints.delete().where(_checkpoints.c.run == run))
                db.execute(_checkpoints.insert().values(run=run, step=step, data=data, file=file))
            db.execute(_runs.update().where(_runs.c.id == run).values(values))


def _engine(url: str) -> sa.Engine:
    """The database; what goes wrong with it, such as a full disk, becomes a `RunError`."""
    try:
        engine = sa.create_engine(url)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise RunError(f"MNIST_STORE names no database that can be opened ({error}): correct it or unset it.") from None

    @sa.event.listens_for(engine, "handle_error")
    def explain(context: sa.engine.ExceptionContext) -> None:
        error = context.original_exception
        if type(context.sqlalchemy_exception) in (sa.exc.OperationalError, sa.exc.DatabaseError):
            raise RunError(
                f"The runs in {engine.url!r} cannot be read or written ({str(error).strip()}): "
                "make room or mend it, or set MNIST_STORE or MNIST_HOME to another place."
            ) from error

    return engine


def _own(owner: str, run: str) -> sa.ColumnElement[bool]:
    return sa.and_(_runs.c.id == run, _runs.c.owner == owner)


def _run(row: Any) -> Run:
    values = {key: value for key, value in row._mapping.items() if key in Run.__dataclass_fields__}
    return Run(**{**values, "config": TrainConfig.from_json(row.config)})


def _requeue(db: sa.Connection, servers: Iterable[str]) -> int:
    db.execute(_servers.delete().where(_servers.c.id.in_(servers)))
    orphans = sa.and_(_runs.c.state == "running", _runs.c.server.in_(servers))
    return db.execute(_runs.update().where(orphans).values(state="queued", server=None)).rowcount


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
