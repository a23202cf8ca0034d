"""What is remembered of every run: SQLAlchemy Core over SQLite, or PostgreSQL by `MNIST_STORE`.

The app writes what a learner wishes: a new run, its end, its return, a mark on it. What becomes of a run in training
is written by conductors alone, and only by the one that holds it: each turn has a number, and what is said of a turn
that is over does not count. Pages only read.
"""

import json
import math
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import sqlalchemy as sa

from mnist_core import paths
from mnist_core.config import TrainConfig
from mnist_core.errors import RunError, StoreError
from mnist_core.runs.examples import Examples
from mnist_core.runs.records import ACTIVE, GOES_ON, PER_BATCH, Curves, Made, Mark, Place, Run, Server, Start, Words
from mnist_core.runs.tables import checkpoints, epochs, extras, losses, prepare, runs, servers, snapshots, sweeps
from mnist_core.sweeps import SavedSweep, Sweep

LARGE = 8_000_000  # bytes; a larger checkpoint lies in a file beside SQLite, where writing it would block everybody
DEAD_AFTER = 10.0  # seconds without a heartbeat
UNCLAIMED = 3600.0  # seconds after which a file that belongs to no run is rubbish, and not about to get its row

# Exactly these of SQLAlchemy's errors are the database's own troubles; their subclasses are faults of ours.
_TROUBLES = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.DatabaseError)

_SELECT_RUN = sa.select(runs, checkpoints.c.step.label("saved")).join_from(runs, checkpoints, isouter=True)

_nth = sa.func.row_number().over(partition_by=runs.c.owner, order_by=(runs.c.created, runs.c.id)).label("nth")
_LINE = sa.select(runs, _nth).where(runs.c.state.in_(ACTIVE)).subquery()
_ORDER = (_LINE.c.nth, sa.func.coalesce(_LINE.c.served, 0.0), _LINE.c.created, _LINE.c.id)
"""The queue: everybody's first unfinished run goes before anybody's second; among these, the one that has waited
longest since its last turn, so first those that had none, oldest first."""


class Store:
    """The only queries on the tables.

    Parameters
    ----------
    url : a SQLAlchemy address; by default `MNIST_STORE`, else a SQLite file in `paths.home()`

    Every method raises `StoreError` while the database cannot be read or written.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or os.environ.get("MNIST_STORE") or f"sqlite:///{paths.home() / 'runs.sqlite'}"
        self.files = paths.home() / "checkpoints"
        self._db = _engine(self.url)
        prepare(self._db)
        self.examples = Examples(self._db)

    # What the app does.

    def submit(
        self,
        owner: str,
        config: TrainConfig,
        steps: int,
        server: str,
        *,
        bet: str | None = None,
        sweep: str | None = None,
        start: Start | None = None,
    ) -> str:
        """Queue a run of so many batches at a server; gives its id."""
        run = uuid.uuid4().hex
        values = {"config": config.to_json(), "steps": steps, "server": server, "created": time.time()}
        values |= {"bet": bet, "sweep": sweep}
        file = self._write_if_large(f"{run}.0", start.state) if start else None
        with self._db.begin() as db:
            db.execute(runs.insert().values(id=run, owner=owner, state="queued", **values))
            if start:
                _begin_from(db, run, start, file)
        return run

    def add_done(
        self,
        owner: str,
        config: TrainConfig,
        batches_an_epoch: int,
        state: bytes,
        *,
        name: str,
        accuracy: float | None,
        epochs_done: int,
    ) -> str:
        """Keep a run that was trained elsewhere, as `checkpoint.dump` gives it; gives its id."""
        run, now, step = uuid.uuid4().hex, time.time(), epochs_done * batches_an_epoch
        values = {"owner": owner, "state": "done", "config": config.to_json(), "name": name, "size": len(state)}
        values |= {
            "notes": "Brought in from a file.",
            "created": now,
            "finished": now,
            "accuracy": accuracy,
            "epochs_done": epochs_done,
        }
        file = self._write_if_large(f"{run}.0", state)
        with self._db.begin() as db:
            db.execute(runs.insert().values(id=run, step=step, steps=config.epochs * batches_an_epoch, **values))
            db.execute(checkpoints.insert().values(run=run, step=step, data=None if file else state, file=file))
        return run

    def request_stop(self, owner: str, run: str) -> None:
        """End a run: one that waits at once, one that trains at its next batch, one that has ended not again."""
        with self._db.begin() as db:
            waits = sa.and_(_own(owner, run), runs.c.state.in_(("queued", "interrupted", "paused")))
            db.execute(runs.update().where(waits).values(state="stopped", finished=time.time()))
            db.execute(runs.update().where(_own(owner, run), runs.c.state == "running").values(want_stop=True))

    def pause(self, owner: str, run: str) -> None:
        """Let a run rest: one that waits at once, one that trains at its next batch, any other stays as it is."""
        self._pause(_own(owner, run))

    def resume(self, owner: str, run: str, server: str, pause_at: int | None = None) -> None:
        """Queue a paused run again, or an interrupted one from where it was saved; any other run stays as it is.

        Parameters
        ----------
        pause_at : rest again when so many batches of the run have been trained
        """
        self._resume(_own(owner, run), server, pause_at)

    def set_lr(self, owner: str, run: str, lr: float) -> None:
        """Train a run that has not ended with another learning rate from its next batch on."""
        with self._db.begin() as db:
            goes_on = sa.and_(_own(owner, run), runs.c.state.in_((*ACTIVE, "paused", "interrupted")))
            db.execute(runs.update().where(goes_on).values(lr=lr))

    def describe(self, owner: str, run: str, **words: Unpack[Words]) -> None:
        """Keep the learner's own words on a run; those that are not given stay."""
        with self._db.begin() as db:
            db.execute(runs.update().where(_own(owner, run)).values(**words))

    def delete(self, owner: str, run: str) -> None:
        """Forget a run, with its curves and its model; one that trains is stopped by that."""
        self._forget(_own(owner, run))

    def mark(self, owner: str, run: str, mark: Mark, on: bool) -> None:
        """Pin a run, so that it is kept whatever its age, or share it with everybody who has its link; or no longer."""
        with self._db.begin() as db:
            db.execute(runs.update().where(_own(owner, run)).values({mark: on}))

    def runs(self, owner: str) -> list[Run]:
        """A learner's runs, newest first."""
        with self._db.connect() as db:
            rows = db.execute(_SELECT_RUN.where(runs.c.owner == owner).order_by(runs.c.created.desc()))
            return [_run(row) for row in rows]

    def run(self, learner: str, run: str) -> Run:
        """One run of a learner, or one that its owner shares.

        Raises
        ------
        RunError
            If there is none of that id, or it is somebody else's; the two are not told apart.
        """
        visible = sa.and_(runs.c.id == run, sa.or_(runs.c.owner == learner, runs.c.shared))
        with self._db.connect() as db:
            row = db.execute(_SELECT_RUN.where(visible)).first()
        if row is None:
            raise RunError(f"There is no run {run[:32]!r} among yours: choose one from the list.")
        return _run(row)

    def all_runs(self) -> list[Run]:
        """The runs of everybody, newest first: for the command line too."""
        with self._db.connect() as db:
            return [_run(row) for row in db.execute(_SELECT_RUN.order_by(runs.c.created.desc()))]

    def any_run(self, run: str) -> Run:
        """One run of anybody, for the command line, whose user owns the store."""
        with self._db.connect() as db:
            rows = db.execute(_SELECT_RUN.where(runs.c.id.startswith(run, autoescape=True)).limit(2)).all()
        if len(rows) != 1:
            raise RunError(f"{run!r} is neither a file nor the id of one run: give the path of a model or a run's id.")
        return _run(rows[0])

    def curves(self, run: str) -> Curves:
        """The recorder's curves so far."""
        with self._db.connect() as db:
            parts = db.execute(sa.select(losses).where(losses.c.run == run).order_by(losses.c.step)).mappings().all()
            rows = db.execute(sa.select(epochs).where(epochs.c.run == run).order_by(epochs.c.epoch)).mappings()
            table = [  # SQLite keeps a NaN as NULL
                {key: np.nan if value is None else value for key, value in row.items() if key != "run"} for row in rows
            ]
        return Curves(**{kind: _joined(parts, kind) for kind in PER_BATCH}, epochs=table)

    def checkpoint(self, run: str) -> bytes | None:
        """The latest saved state of a run, or None before there is one.

        Raises
        ------
        RunError
            If it lay in a file beside the store that is gone.
        """
        with self._db.connect() as db:
            row = db.execute(sa.select(checkpoints).where(checkpoints.c.run == run)).first()
        if row is None:
            return None
        if not row.file:
            return row.data
        try:
            return (self.files / row.file).read_bytes()
        except OSError as error:
            raise RunError(f"The model of this run cannot be read ({error.strerror}): train it again.") from error

    def snapshot_epochs(self, run: str) -> list[int]:
        """The epochs, counted from 1, after which the model of a run was kept."""
        with self._db.connect() as db:
            kept = sa.select(snapshots.c.epoch).where(snapshots.c.run == run).order_by(snapshots.c.epoch)
            return list(db.scalars(kept))

    def snapshot(self, run: str, epoch: int) -> bytes | None:
        """The model of a run as it was after an epoch, or None if that was not kept."""
        with self._db.connect() as db:
            return db.scalar(sa.select(snapshots.c.data).where(snapshots.c.run == run, snapshots.c.epoch == epoch))

    def extra(self, run: str) -> bytes:
        """The digits that a run trains on besides the others, as `examples.pack` gave them; b"" for none."""
        with self._db.connect() as db:
            return db.scalar(sa.select(extras.c.data).where(extras.c.run == run)) or b""

    def place(self, run: str) -> Place | None:
        """Where a queued run stands, or None if it is not queued."""
        speed = sa.select(sa.func.sum(servers.c.slots), sa.func.max(servers.c.slice_seconds)).where(_alive())
        with self._db.connect() as db:
            line = db.execute(sa.select(_LINE).order_by(*_ORDER)).all()
            slots, slice_seconds = db.execute(speed).one()
        until = next((n for n, row in enumerate(line) if row.id == run and row.state == "queued"), None)
        return None if until is None else _place(line[:until], line[until], slots, slice_seconds)

    def count_active(self) -> int:
        """How many runs of all learners together have not ended."""
        with self._db.connect() as db:
            return db.scalar(sa.select(sa.func.count()).where(runs.c.state.in_(ACTIVE))) or 0

    def server(self, server: str) -> Server | None:
        """What a server last said of itself, or None before it has said anything."""
        with self._db.connect() as db:
            row = db.execute(sa.select(servers, _alive().label("alive")).where(servers.c.id == server)).first()
        return Server(bool(row.alive), json.loads(row.devices or "[]"), row.trouble) if row else None

    # What the app does with a sweep, which is some runs at once.

    def add_sweep(self, owner: str, sweep: Sweep, steps: Sequence[int], server: str) -> str:
        """Queue all runs of a sweep at a server, or none; gives the id of the sweep.

        Parameters
        ----------
        steps : for each of the sweep's runs, how many batches it has
        """
        new, now = uuid.uuid4().hex, time.time()
        shared = {"owner": owner, "state": "queued", "server": server, "sweep": new}
        rows = [
            # A microsecond apart, so that they train in their order.
            {"id": uuid.uuid4().hex, "config": config.to_json(), "steps": batches, "created": now + n * 1e-6, **shared}
            for n, (config, batches) in enumerate(zip(sweep.configs(), steps, strict=True))
        ]
        with self._db.begin() as db:
            db.execute(sweeps.insert().values(id=new, owner=owner, created=now, spec=sweep.to_json()))
            db.execute(runs.insert(), rows)
        return new

    def sweeps(self, owner: str) -> list[SavedSweep]:
        """A learner's sweeps, newest first."""
        with self._db.connect() as db:
            rows = db.execute(sa.select(sweeps).where(sweeps.c.owner == owner).order_by(sweeps.c.created.desc())).all()
        return [SavedSweep(row.id, row.created, Sweep.from_json(row.spec)) for row in rows]

    def runs_of_sweep(self, owner: str, sweep: str) -> list[Run]:
        """The runs of a sweep that there still are, in its order."""
        with self._db.connect() as db:
            rows = db.execute(_SELECT_RUN.where(_of_sweep(owner, sweep)).order_by(runs.c.created))
            return [_run(row) for row in rows]

    def pause_sweep(self, owner: str, sweep: str) -> None:
        """Let all runs of a sweep rest that have not ended, in one statement."""
        self._pause(_of_sweep(owner, sweep))

    def resume_sweep(self, owner: str, sweep: str, server: str) -> None:
        """Queue all runs of a sweep again that rest."""
        self._resume(_of_sweep(owner, sweep), server)

    def delete_sweep(self, owner: str, sweep: str) -> None:
        """Forget a sweep with all its runs."""
        self._forget(_of_sweep(owner, sweep))
        with self._db.begin() as db:
            db.execute(sweeps.delete().where(sweeps.c.id == sweep, sweeps.c.owner == owner))

    def slots(self) -> int:
        """How many runs can train at once."""
        with self._db.connect() as db:
            return db.scalar(sa.select(sa.func.sum(servers.c.slots)).where(_alive())) or 0

    # What the conductor does.

    def beat(self, server: str, devices: list[str], slots: int, slice_seconds: float | None, trouble: str) -> None:
        """Sign of life of a server."""
        values = {"beat": time.time(), "devices": json.dumps(devices), "slots": slots}
        values |= {"slice_seconds": slice_seconds, "trouble": trouble or None}
        with self._db.begin() as db:
            if not db.execute(servers.update().where(servers.c.id == server).values(values)).rowcount:
                db.execute(servers.insert().values(id=server, **values))

    def leave(self, server: str, state: str) -> None:
        """A server ends: its unfinished runs become "interrupted", or are "queued" for the next one."""
        with self._db.begin() as db:
            _leave(db, [server], state)

    def bury_dead(self, state: str) -> int:
        """Do for servers that have died what they could not do themselves; gives how many runs that concerned."""
        silent = sa.select(servers.c.id).where(~_alive())
        # A server that had said farewell may have claimed one more run in its last moment.
        known = sa.select(servers.c.id)
        forgotten = sa.select(runs.c.server).where(runs.c.state == "running", runs.c.server.not_in(known))
        with self._db.begin() as db:
            return _leave(db, db.scalars(silent.union(forgotten)).all(), state)

    def next_queued(self) -> str | None:
        """The run whose turn it is."""
        with self._db.connect() as db:
            return db.scalar(sa.select(_LINE.c.id).where(_LINE.c.state == "queued").order_by(*_ORDER).limit(1))

    def claim(self, run: str, server: str) -> Run | None:
        """Give a queued run its turn at this server, or None if another was faster."""
        now = time.time()
        turn = {"server": server, "turns": runs.c.turns + 1, "served": now}
        turn["started"] = sa.func.coalesce(runs.c.started, now - runs.c.seconds)
        with self._db.begin() as db:
            queued = runs.update().where(runs.c.id == run, runs.c.state == "queued")
            if not db.execute(queued.values(state="running", **turn)).rowcount:
                return None
            claimed = _run(db.execute(_SELECT_RUN.where(runs.c.id == run)).one())
            changes = json.loads(claimed.changes)
            if claimed.lr is not None and claimed.lr != (changes[-1][1] if changes else claimed.config.lr):
                changes.append([claimed.saved or 0, claimed.lr])
                db.execute(runs.update().where(runs.c.id == run).values(changes=json.dumps(changes)))
            return claimed

    def held(self, server: str) -> list[Run]:
        """The runs that have their turn at a server."""
        held = sa.and_(runs.c.state == "running", runs.c.server == server)
        with self._db.connect() as db:
            return [_run(row) for row in db.execute(_SELECT_RUN.where(held))]

    def add_batches(self, run: Run, step: int, batches: Mapping[str, bytes]) -> None:
        """Append what some batches gave; a turn tried again begins earlier, and replaces what its first try said."""
        with self._db.begin() as db:
            if _holds(db, run, step=step + len(batches["losses"]) // 4):
                _put_batches(db, run.id, step, batches)

    def add_epoch(self, run: Run, row: Mapping[str, float]) -> None:
        """Append a row of the recorder; a turn tried again replaces its first try's."""
        with self._db.begin() as db:
            if _holds(db, run, epochs_done=row["epoch"], accuracy=row["accuracy"]):
                _put_epochs(db, run.id, [row])

    def end_turn(self, run: Run, kind: str, seconds: float, message: str = "", made: Made | None = None) -> None:
        """Save what a turn made, all at once, and what becomes of the run; nothing if the turn is no longer held.

        Parameters
        ----------
        kind : one of `GOES_ON`, or how the run ended
        seconds : that the turn took
        made : None leaves the run as it was saved before
        """
        now, unfinished = time.time(), GOES_ON.get(kind)
        rests = sa.and_(~runs.c.want_stop, runs.c.pause_at <= (made.step if made else 0))
        values: dict[str, Any] = {
            "state": sa.case((runs.c.want_stop, "stopped"), (rests, "paused"), else_=unfinished)
            if unfinished
            else kind,
            "started": sa.case((rests, sa.null()), else_=runs.c.started) if unfinished else runs.c.started,
            "finished": sa.case((runs.c.want_stop, now), else_=sa.null()) if unfinished else now,
            "want_stop": False,
            "message": message,
            "seconds": runs.c.seconds + seconds,
        }
        file = None
        if made:
            kept = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(snapshots.c.data)), 0))
            size = len(made.state) + sum(map(len, made.snapshots.values()))
            values |= {"step": made.step, "epochs_done": made.epochs_done}
            values["size"] = size + kept.where(snapshots.c.run == run.id).scalar_subquery()
            values |= {"accuracy": made.epochs[-1]["accuracy"]} if made.epochs else {}
            file = self._write_if_large(run.turn, made.state)
        with self._db.begin() as db:
            held = _holds(db, run, **values)
            if held and made:
                _put_batches(db, run.id, made.first_step, made.batches)
                _put_epochs(db, run.id, made.epochs)
                if made.snapshots:
                    kept_models = [{"run": run.id, "epoch": n, "data": data} for n, data in made.snapshots.items()]
                    db.execute(snapshots.insert().values(kept_models))
                data = None if file else made.state
                db.execute(checkpoints.delete().where(checkpoints.c.run == run.id))
                db.execute(checkpoints.insert().values(run=run.id, step=made.step, data=data, file=file))
            elif held:
                _rewind(db, [run.id])
        if file:
            for other in self.files.glob(f"{run.id}*.safetensors"):
                if (other.name == file) != held:  # the file before this one, or this one if it does not count
                    other.unlink(missing_ok=True)

    def tidy(self, owner: str, keep_runs: int, keep_bytes: int) -> None:
        """Forget a learner's oldest runs beyond so many or so much, but none that is pinned, active or the newest."""
        idle = sa.and_(runs.c.owner == owner, runs.c.state.not_in(ACTIVE), ~runs.c.pinned)
        with self._db.connect() as db:
            rows = db.execute(sa.select(runs.c.id, runs.c.size).where(idle).order_by(runs.c.created.desc())).all()
        sizes = np.cumsum([row.size for row in rows])
        old = [row.id for n, row in enumerate(rows) if n and (n >= keep_runs or sizes[n] > keep_bytes)]
        if old:
            self._forget(sa.and_(idle, runs.c.id.in_(old)))

    def sweep(self) -> None:
        """Remove files that a server left half-written or unclaimed when it died."""
        with self._db.connect() as db:
            claimed = set(db.scalars(sa.select(checkpoints.c.file)))
        for file in self.files.glob("*"):
            if file.name not in claimed and file.stat().st_mtime < time.time() - UNCLAIMED:
                file.unlink(missing_ok=True)

    def _pause(self, which: sa.ColumnElement[bool]) -> None:
        waits = runs.c.state == "queued"
        rest = {
            "state": sa.case((waits, "paused"), else_=runs.c.state),
            "started": sa.case((waits, sa.null()), else_=runs.c.started),
            "pause_at": sa.case((waits, runs.c.pause_at), else_=0),
        }
        with self._db.begin() as db:
            db.execute(runs.update().where(which, runs.c.state.in_(ACTIVE)).values(rest))

    def _resume(self, which: sa.ColumnElement[bool], server: str, pause_at: int | None = None) -> None:
        again = {"state": "queued", "server": server, "message": "", "pause_at": pause_at}
        with self._db.begin() as db:
            db.execute(runs.update().where(which, runs.c.state.in_(("paused", "interrupted"))).values(again))

    def _forget(self, which: sa.ColumnElement[bool]) -> None:
        with self._db.begin() as db:
            gone = db.scalars(sa.select(runs.c.id).where(which)).all()
            db.execute(runs.delete().where(runs.c.id.in_(gone)))
        for run in gone:
            for file in self.files.glob(f"{run}*.safetensors"):
                file.unlink(missing_ok=True)

    def _write_if_large(self, turn: str, state: bytes) -> str | None:
        """The name of the file that holds a state, or None if it has its place in the database itself."""
        if len(state) <= LARGE or self._db.dialect.name != "sqlite":
            return None
        file = f"{turn}.safetensors"
        try:
            paths.write_atomically(self.files / file, state)
        except OSError as error:
            raise StoreError(f"{self.files} cannot be written ({error.strerror}): make room or mend it.") from error
        return file


def _engine(url: str) -> sa.Engine:
    """The database; what goes wrong with it, such as a full disk, becomes a `StoreError`."""
    try:
        engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (sa.exc.ArgumentError, ImportError) as error:
        raise RunError(f"MNIST_STORE names no database that can be opened ({error}): correct it or unset it.") from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)

    @sa.event.listens_for(engine, "handle_error")
    def explain(context: sa.engine.ExceptionContext) -> None:
        error = context.original_exception
        if type(context.sqlalchemy_exception) in _TROUBLES:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise StoreError(
                f"The runs in {engine.url!r} cannot be read or written ({reason}): "
                "make room or mend it, or set MNIST_STORE or MNIST_HOME to another place."
            ) from error

    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _own(owner: str, run: str) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.id == run, runs.c.owner == owner)


def _of_sweep(owner: str, sweep: str) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.sweep == sweep, runs.c.owner == owner)


def _alive() -> sa.ColumnElement[bool]:
    return servers.c.beat >= time.time() - DEAD_AFTER


def _run(row: Any) -> Run:
    values = {key: value for key, value in row._mapping.items() if key in Run.__dataclass_fields__}
    return Run(**{**values, "config": TrainConfig.from_json(row.config)})


def _place(ahead: Sequence[Any], run: Any, slots: int | None, slice_seconds: float | None) -> Place:
    """The place of a run behind others, and how long these will take.

    A first run waits for one turn of each that is queued before it. A learner's second one waits until the runs
    before it have ended, at the pace at which those that have begun go on.
    """
    position = 1 + sum(row.state == "queued" for row in ahead)
    if not slots or slice_seconds is None:
        return Place(position, None)
    if run.nth == 1:
        return Place(position, math.ceil(position / slots) * slice_seconds)
    paces = {row.id: row.seconds / row.step for row in ahead if row.seconds and row.step}
    if not paces:
        return Place(position, None)
    usual = sum(paces.values()) / len(paces)
    return Place(position, sum((row.steps - row.step) * paces.get(row.id, usual) for row in ahead) / slots)


def _begin_from(db: sa.Connection, run: str, start: Start, file: str | None) -> None:
    """Give a new run the model that it begins with, as if it had been saved after no batch."""
    size = len(start.state) + len(start.extra)
    values = {"parent": start.parent, "examples": start.examples, "size": size}
    db.execute(runs.update().where(runs.c.id == run).values(values))
    db.execute(checkpoints.insert().values(run=run, step=0, data=None if file else start.state, file=file))
    if not file:
        db.execute(snapshots.insert().values(run=run, epoch=0, data=start.state))
    if start.extra:
        db.execute(extras.insert().values(run=run, data=start.extra))


def _holds(db: sa.Connection, run: Run, **values: Any) -> bool:
    """Set these values if the turn is still this conductor's; tells whether it is."""
    held = runs.update().where(runs.c.id == run.id, runs.c.turns == run.turns, runs.c.state == "running")
    return bool(db.execute(held.values(values)).rowcount)


def _joined(parts: Sequence[sa.RowMapping], kind: str) -> np.ndarray:
    """One curve from its parts; a part that an older lab wrote has no momenta and no norms."""
    whole = b"".join(part[kind] or np.full(len(part["losses"]) // 4, np.nan, np.float32).tobytes() for part in parts)
    return np.frombuffer(whole, dtype=np.float32)


def _put_batches(db: sa.Connection, run: str, step: int, batches: Mapping[str, bytes]) -> None:
    db.execute(losses.delete().where(losses.c.run == run, losses.c.step >= step))
    if batches["losses"]:
        db.execute(losses.insert().values(run=run, step=step, **batches))


def _put_epochs(db: sa.Connection, run: str, rows: Sequence[Mapping[str, float]]) -> None:
    if rows:
        db.execute(epochs.delete().where(epochs.c.run == run, epochs.c.epoch >= rows[0]["epoch"]))
        db.execute(epochs.insert().values([{"run": run, **row} for row in rows]))


def _leave(db: sa.Connection, gone: Sequence[str], state: str) -> int:
    """Release the active runs of servers that end or have died; gives how many."""
    active = sa.and_(runs.c.state.in_(ACTIVE), runs.c.server.in_(gone))
    released = db.scalars(sa.select(runs.c.id).where(active)).all()
    _rewind(db, released)
    after = sa.case((runs.c.want_stop, "stopped"), else_=state)
    db.execute(
        runs.update().where(runs.c.id.in_(released)).values(state=after, want_stop=False, server=None, started=None)
    )
    db.execute(servers.delete().where(servers.c.id.in_(gone)))
    return len(released)


def _rewind(db: sa.Connection, ids: Sequence[str]) -> None:
    """Take back what was said of batches and epochs that no saved model has learned from."""
    for run in map(_run, db.execute(_SELECT_RUN.where(runs.c.id.in_(ids))).all()):
        step = run.saved or 0
        done = step // run.batches_an_epoch
        db.execute(losses.delete().where(losses.c.run == run.id, losses.c.step >= step))
        db.execute(epochs.delete().where(epochs.c.run == run.id, epochs.c.epoch > done))
        reached = db.scalar(sa.select(epochs.c.accuracy).where(epochs.c.run == run.id, epochs.c.epoch == done))
        db.execute(runs.update().where(runs.c.id == run.id).values(step=step, epochs_done=done, accuracy=reached))
