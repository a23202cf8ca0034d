"""The store on its own, on SQLite and on PostgreSQL: whose turn it is, who may do what, what is kept, what is lost."""

import json
import sqlite3
import time
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from mnist_core.config import TrainConfig
from mnist_core.errors import RunError, StoreError
from mnist_core.runs import examples
from mnist_core.runs import store as module
from mnist_core.runs.records import Made, Run, Start
from mnist_core.runs.store import Store

ME, OTHER, SERVER = "me", "somebody else", "server"
CONFIG = TrainConfig(data="digits", epochs=3)
BATCHES = 10  # an epoch


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path) -> Store:
    if request.param == "postgresql":
        return Store(request.getfixturevalue("postgres").new_database())
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def sqlite(tmp_path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def submit(store: Store, owner: str = ME, epochs: int = 3) -> str:
    return store.submit(owner, TrainConfig(data="digits", epochs=epochs), BATCHES * epochs, SERVER)


def floats(*values: float) -> bytes:
    return np.array(values, dtype=np.float32).tobytes()


def batches(losses: bytes, lrs: bytes) -> dict[str, bytes]:
    return {"losses": losses, "lrs": lrs, "momenta": lrs, "norms": losses}


def made(run: Run, state: bytes = b"model", epochs: int = 1) -> Made:
    """What a turn gives that trains one epoch, or more."""
    first, done = run.epochs_done + 1, run.epochs_done + epochs
    losses = floats(*range(run.saved or 0, done * BATCHES))
    rows = [
        {"epoch": epoch, "train_loss": 1.0, "valid_loss": 1 / epoch, "accuracy": epoch / 10, "seconds": 1.0}
        for epoch in range(first, done + 1)
    ]
    return Made(state, done, done * BATCHES, run.saved or 0, batches(losses, losses), rows)


def take_turn(store: Store, kind: str = "paused", **what) -> str:
    run = store.claim(store.next_queued(), SERVER)
    store.end_turn(run, kind, seconds=1.0, made=made(run, **what))
    return run.id


def test_everybodys_first_run_goes_before_anybodys_second_and_all_take_turns(store):
    mine = [submit(store) for _ in range(3)]
    others = [submit(store, owner) for owner in "abc"]
    assert [take_turn(store) for _ in range(8)] == [mine[0], *others] * 2
    late = submit(store, "late")
    assert take_turn(store) == late
    ended = take_turn(store, "done")
    assert ended == mine[0]
    assert take_turn(store) == mine[1]  # now the first of those that have not ended


def test_the_place_in_the_queue_and_the_wait_follow_from_what_goes_before(store):
    runs = [submit(store, owner) for owner in ("a", "b", "c", ME, ME)]
    assert [store.place(run).position for run in runs] == [1, 2, 3, 4, 5]
    assert store.place(runs[0]).wait is None  # no server yet, nothing measured
    store.beat(SERVER, ["cpu"], slots=2, slice_seconds=1.5, trouble="")
    assert [store.place(run).wait for run in runs] == [1.5, 1.5, 3.0, 3.0, None]
    for _ in range(2):
        take_turn(store)
    # Each epoch takes a second: two runs have two left, two have not begun and three; on two workers.
    assert store.place(runs[4]).wait == pytest.approx((2 + 2 + 3 + 3) / 2)
    store.claim(runs[2], SERVER)
    assert store.place(runs[2]) is None
    assert store.place(runs[3]).position == 1


def test_a_learner_meets_only_their_own_runs_unless_one_is_shared(store):
    mine = submit(store)
    assert ([run.id for run in store.runs(ME)], store.runs(OTHER)) == ([mine], [])
    store.mark(OTHER, mine, "shared", True)
    with pytest.raises(RunError, match="no run"):
        store.run(OTHER, mine)
    store.mark(ME, mine, "shared", True)
    assert store.run(OTHER, mine).shared
    assert store.runs(OTHER) == []
    for change in (
        lambda owner: store.request_stop(owner, mine),
        lambda owner: store.mark(owner, mine, "pinned", True),
        lambda owner: store.delete(owner, mine),
    ):
        before = store.run(ME, mine)
        change(OTHER)
        assert store.run(ME, mine) == before
    store.mark(ME, mine, "shared", False)
    with pytest.raises(RunError, match="no run"):
        store.run(OTHER, mine)
    take_turn(store, "done")
    store.delete(ME, mine)
    store.delete(ME, mine)
    assert (store.runs(ME), store.checkpoint(mine), len(store.curves(mine).losses)) == ([], None, 0)


def test_a_turn_that_is_over_changes_nothing(store):
    run = submit(store)
    stale = store.claim(run, SERVER)
    store.leave(SERVER, "queued")
    now = store.claim(run, "another server")
    store.end_turn(now, "paused", 1.0, made=made(now))
    before = store.run(ME, run), store.curves(run).epochs
    store.add_batches(stale, 0, batches(floats(9), floats(9)))
    store.add_epoch(stale, made(stale).epochs[0] | {"accuracy": 0.0})
    store.end_turn(stale, "failed", 1.0, "too late")
    store.end_turn(stale, "done", 1.0, made=made(stale, b"other", epochs=3))
    assert (store.run(ME, run), store.curves(run).epochs, store.checkpoint(run)) == (*before, b"model")


def test_a_turn_tried_again_replaces_what_its_first_try_said(store):
    run = store.claim(submit(store), SERVER)
    store.add_batches(run, 0, batches(floats(5, 4), floats(1, 1)))
    store.add_batches(run, 2, batches(floats(3), floats(1)))
    store.add_batches(run, 1, batches(floats(9, 8, 7), floats(2, 2, 2)))
    store.add_batches(run, 0, batches(floats(5, 4, 3), floats(1, 1, 1)))
    assert store.curves(run.id).losses.tolist() == [5, 4, 3]
    assert store.run(ME, run.id).step == 3


@pytest.mark.parametrize("end", ["lost", "interrupted", "server", "failed"])
def test_what_no_saved_model_has_learned_from_is_taken_back(store, end):
    run = submit(store)
    take_turn(store)
    again = store.claim(run, SERVER)
    store.add_batches(again, BATCHES, batches(floats(7, 7), floats(1, 1)))
    store.add_epoch(again, made(again).epochs[0])
    assert store.run(ME, run).epochs_done == 2
    if end == "server":
        store.leave(SERVER, "interrupted")
    else:
        store.end_turn(again, end, 1.0)
    left, curves = store.run(ME, run), store.curves(run)
    assert left.state == {"lost": "queued", "server": "interrupted"}.get(end, end)
    assert bool(left.finished) == (end == "failed")
    assert (left.epochs_done, left.step, left.accuracy) == (1, BATCHES, 0.1)
    assert (curves.losses.tolist(), [row["epoch"] for row in curves.epochs]) == ([*range(BATCHES)], [1])


def test_an_epoch_that_no_event_told_of_is_saved_with_the_turn(store):
    run = store.claim(submit(store), SERVER)
    store.add_batches(run, 3, batches(floats(1, 1), floats(1, 1)))  # the first three were lost on the way
    store.end_turn(run, "done", 1.0, made=made(run, epochs=3))
    done = store.run(ME, run.id)
    assert (done.epochs_done, done.step, done.accuracy) == (3, 30, 0.3)
    assert store.curves(run.id).losses.tolist() == [*range(30)]


@pytest.mark.parametrize("when", ["queued", "between turns", "running", "interrupted", "server dies"])
def test_stop_ends_a_run_in_any_state_and_a_second_time_does_nothing(store, when):
    run = submit(store)
    if when != "queued":
        take_turn(store)
    if when in ("running", "interrupted", "server dies"):
        turn = store.claim(run, SERVER)
    if when == "interrupted":
        store.leave(SERVER, "interrupted")
    store.request_stop(ME, run)
    store.request_stop(ME, run)
    if when == "running":
        assert store.run(ME, run).want_stop
        store.end_turn(turn, "paused", 1.0, made=made(turn))
    if when == "server dies":
        store.leave(SERVER, "queued")
    stopped = store.run(ME, run)
    assert (stopped.state, stopped.want_stop) == ("stopped", False)
    store.request_stop(ME, run)
    store.resume(ME, run, SERVER)
    assert store.run(ME, run) == stopped


@pytest.mark.parametrize("when", ["waits", "trains", "rests already", "has ended"])
def test_pause_lets_a_run_rest_and_it_goes_on_where_it_was(store, when):
    run = submit(store)
    if when == "trains":
        store.beat(SERVER, [], 1, None, "")
        held = store.claim(run, SERVER)
        store.pause(ME, run)
        assert store.run(ME, run).state == "running"
        assert store.held(SERVER)[0].pause_at == 0
        store.end_turn(held, "stopped", seconds=2.0, made=made(held))
    elif when == "has ended":
        store.request_stop(ME, run)
    store.pause(OTHER, run)
    store.pause(ME, run)
    store.pause(ME, run)
    rests = store.run(ME, run)
    assert rests.state == ("stopped" if when == "has ended" else "paused")
    assert not rests.active and store.next_queued() is None
    if when == "has ended":
        return
    assert rests.elapsed == rests.seconds  # time goes by, and not for it
    store.resume(OTHER, run, SERVER)
    assert not store.run(ME, run).active
    store.resume(ME, run, SERVER, rests.step + 1)
    again = store.claim(store.next_queued(), SERVER)
    assert (again.saved or 0, again.pause_at) == (rests.step, rests.step + 1)
    one_more = replace(made(again), step=rests.step + 1, epochs_done=rests.epochs_done, epochs=[])
    store.end_turn(again, "paused", seconds=0.1, made=one_more)
    assert (store.run(ME, run).state, store.run(ME, run).step) == ("paused", rests.step + 1)
    store.request_stop(ME, run)
    assert store.run(ME, run).state == "stopped"


def test_a_rate_set_by_hand_is_kept_with_the_batch_from_which_it_counts(store):
    run = submit(store)
    store.set_lr(OTHER, run, 3.0)
    take_turn(store)
    store.set_lr(ME, run, 0.5)
    held = store.claim(run, SERVER)
    store.set_lr(ME, run, 0.25)
    assert held.lr == 0.5 and store.held(SERVER)[0].lr == 0.25
    store.end_turn(held, "stopped", 1.0, made=made(held))
    take_turn(store)
    take_turn(store, kind="done", epochs=0)
    store.set_lr(ME, run, 0.125)  # too late
    ended = store.run(ME, run)
    assert json.loads(ended.changes) == [[BATCHES, 0.5], [2 * BATCHES, 0.25]]
    assert ended.lr == 0.25


def test_models_of_earlier_epochs_are_kept_and_go_with_their_run(store):
    run = submit(store)
    held = store.claim(store.next_queued(), SERVER)
    store.end_turn(held, "paused", 1.0, made=replace(made(held), snapshots={1: b"one"}))
    held = store.claim(store.next_queued(), SERVER)
    store.end_turn(held, "done", 1.0, made=replace(made(held, epochs=2), snapshots={2: b"two", 3: b"three"}))
    assert store.snapshot_epochs(run) == [1, 2, 3]
    assert [store.snapshot(run, epoch) for epoch in range(5)] == [None, b"one", b"two", b"three", None]
    assert store.run(ME, run).size == len(b"model" + b"one" + b"two" + b"three")
    store.delete(ME, run)
    assert store.snapshot_epochs(run) == []


def test_the_runs_of_a_server_that_is_silent_are_released(store, monkeypatch):
    for server in ("dead", "alive"):
        store.beat(server, [], 1, None, "")
    waits = store.submit(ME, CONFIG, 30, "dead")
    trains = store.submit(ME, CONFIG, 30, "alive")
    store.claim(trains, "dead")
    other = store.submit(ME, CONFIG, 30, "alive")
    monkeypatch.setattr(module, "DEAD_AFTER", 0.2)
    time.sleep(0.3)
    store.beat("alive", ["cpu"], 2, 1.0, "no room")
    assert store.bury_dead("interrupted") == 2
    assert [store.run(ME, run).state for run in (waits, trains, other)] == ["interrupted", "interrupted", "queued"]
    assert store.server("dead") is None
    assert store.server("alive") == module.Server(True, ["cpu"], "no room")


def test_a_run_that_a_server_claims_after_its_farewell_is_released(store):
    store.beat(SERVER, [], 1, None, "")
    run = submit(store)
    store.leave(SERVER, "queued")
    assert store.claim(run, SERVER)
    store.beat("the next one", [], 1, None, "")
    assert store.bury_dead("queued") == 1
    assert store.next_queued() == run
    assert store.bury_dead("queued") == 0


def test_the_oldest_runs_are_forgotten_but_not_pinned_active_or_newest_ones(store):
    runs = []
    for _ in range(5):
        runs.append(submit(store))
        take_turn(store, "done", state=b"x" * 100)
    left = lambda: [runs.index(run.id) for run in reversed(store.runs(ME)) if run.id in runs]  # noqa: E731
    store.mark(ME, runs[0], "pinned", True)
    active, foreign = submit(store), submit(store, OTHER)
    store.tidy(ME, keep_runs=3, keep_bytes=10_000)
    assert left() == [0, 2, 3, 4]
    store.tidy(ME, keep_runs=3, keep_bytes=200)
    assert left() == [0, 3, 4]
    store.tidy(ME, keep_runs=1, keep_bytes=1)
    assert left() == [0, 4]
    assert store.run(ME, active)
    assert store.run(OTHER, foreign)


def test_a_large_checkpoint_lies_in_a_file_that_goes_with_its_run(sqlite, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 100)
    run = submit(sqlite)
    for text in (b"x", b"y"):
        take_turn(sqlite, state=text * 1000)
        assert [file.read_bytes() for file in sqlite.files.glob(f"{run}*")] == [text * 1000]
        assert sqlite.checkpoint(run) == text * 1000
    stale = sqlite.claim(run, SERVER)
    sqlite.leave(SERVER, "queued")
    sqlite.end_turn(stale, "paused", 1.0, made=made(stale, b"z" * 1000))
    assert [file.read_bytes() for file in sqlite.files.glob(f"{run}*")] == [b"y" * 1000]
    sqlite.delete(ME, run)
    assert not list(sqlite.files.glob(f"{run}*"))


def test_a_large_checkpoint_that_is_gone_is_said(sqlite, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 100)
    run = submit(sqlite)
    take_turn(sqlite, state=b"x" * 1000)
    next(sqlite.files.glob(f"{run}*")).unlink()
    with pytest.raises(RunError, match="cannot be read"):
        sqlite.checkpoint(run)


def test_files_that_a_dead_server_left_are_swept_away(sqlite, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 100)
    monkeypatch.setattr(module, "UNCLAIMED", -1)
    run = submit(sqlite)
    take_turn(sqlite, state=b"x" * 1000)
    (sqlite.files / "half.safetensors.0123.part").write_bytes(b"x")
    (sqlite.files / "unclaimed.1.safetensors").write_bytes(b"x")
    sqlite.sweep()
    assert sqlite.checkpoint(run)
    assert {file.name for file in sqlite.files.iterdir()} == {f"{run}.1.safetensors"}


def test_a_store_from_a_newer_lab_is_refused(store):
    with store._db.begin() as db:
        db.execute(sa.text("UPDATE version SET version = 99"))
    with pytest.raises(RunError, match=r"newer lab \(form 99"):
        Store(store._db.url.render_as_string(hide_password=False))


FORM_1 = """
CREATE TABLE version (version INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE runs (id VARCHAR(32) NOT NULL PRIMARY KEY, owner VARCHAR(64) NOT NULL, config TEXT NOT NULL,
  state VARCHAR(16) NOT NULL, want_stop BOOLEAN NOT NULL, server VARCHAR(32), turns INTEGER NOT NULL,
  created FLOAT NOT NULL, started FLOAT, finished FLOAT, epochs_done INTEGER NOT NULL, step INTEGER NOT NULL,
  steps INTEGER NOT NULL, accuracy FLOAT, message TEXT NOT NULL);
CREATE TABLE losses (run VARCHAR(32) NOT NULL REFERENCES runs (id) ON DELETE CASCADE, step INTEGER NOT NULL,
  losses {blob} NOT NULL, lrs {blob} NOT NULL, PRIMARY KEY (run, step));
CREATE TABLE epochs (run VARCHAR(32) NOT NULL REFERENCES runs (id) ON DELETE CASCADE, epoch INTEGER NOT NULL,
  train_loss FLOAT, valid_loss FLOAT, accuracy FLOAT NOT NULL, seconds FLOAT NOT NULL, PRIMARY KEY (run, epoch));
CREATE TABLE checkpoints (run VARCHAR(32) NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  step INTEGER NOT NULL, data {blob}, file TEXT);
CREATE TABLE servers (id VARCHAR(32) NOT NULL PRIMARY KEY, beat FLOAT NOT NULL, devices TEXT, slots INTEGER NOT NULL);
INSERT INTO version VALUES (1);
INSERT INTO runs VALUES ('old', 'me', '{config}', 'running', false, 'gone', 1, 1.0, 2.0, NULL, 1, 12, 30, 0.1, '');
INSERT INTO servers VALUES ('gone', 1.0, NULL, 2);
INSERT INTO checkpoints VALUES ('old', 10, 'model', NULL);
"""


def test_a_store_from_the_first_lab_is_brought_forward_with_its_runs(store):
    url = store._db.url.render_as_string(hide_password=False)
    blob = "BLOB" if url.startswith("sqlite") else "BYTEA"
    with store._db.begin() as db:
        for table in reversed(module.checkpoints.metadata.sorted_tables):
            db.execute(sa.text(f"DROP TABLE {table.name}"))
        for statement in FORM_1.format(blob=blob, config=CONFIG.to_json()).split(";\n")[:-1]:
            db.exec_driver_sql(statement.replace("%", "%%"))
    forward = Store(url)
    Store(url)  # a second time nothing is left to do
    old = forward.run(ME, "old")
    assert (old.state, old.saved, old.size, old.pinned, old.shared, old.seconds) == ("running", 10, 5, False, False, 0)
    assert forward.bury_dead("interrupted") == 1
    forward.resume(ME, "old", SERVER)
    assert take_turn(forward) == "old"
    assert forward.run(ME, "old").epochs_done == 2


def image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (28, 28), dtype=np.uint8)


def test_digits_are_kept_for_their_learner_and_pooled_if_they_are_shared(store, monkeypatch):
    kept = store.examples
    three, seven = kept.keep(ME, image(3), 3, "drawn"), kept.keep(ME, image(7), 1)
    kept.keep(OTHER, image(3), 8)
    assert kept.keep(ME, image(7).astype(np.float32) / 255, 7) == seven  # the same once more, with another label
    assert [(each.id, each.label, each.origin) for each in kept.of(ME)] == [(seven, 7, ""), (three, 3, "drawn")]
    np.testing.assert_array_equal(kept.of(ME)[1].image, image(3))
    assert kept.pool() == []
    kept.share(OTHER, three, True)  # not theirs
    kept.relabel(OTHER, three, 9)
    kept.delete(OTHER, three)
    kept.share(ME, three, True)
    assert [(each.id, each.label) for each in kept.pool()] == [(three, 3)]
    kept.delete(ME, three)
    assert kept.pool() == []
    monkeypatch.setattr(examples, "MOST", 1)
    with pytest.raises(RunError, match="You keep 1 digits"):
        kept.keep(ME, image(4), 4)


@pytest.mark.parametrize("size", [5, 50])
def test_a_run_may_begin_with_a_model_and_digits_of_a_learners(store, monkeypatch, size):
    monkeypatch.setattr(module, "LARGE", 10)
    start = Start("shipped", b"m" * size, b"digits", 2)
    run = store.run(ME, store.submit(ME, CONFIG, 30, SERVER, start=start))
    assert (run.parent, run.examples, run.saved, run.size) == ("shipped", 2, 0, size + 6)
    assert (store.checkpoint(run.id), store.extra(run.id)) == (b"m" * size, b"digits")
    if size < 10 or store._db.dialect.name != "sqlite":
        assert store.snapshot(run.id, 0) == b"m" * size
    take_turn(store, state=b"n" * size)
    assert store.checkpoint(run.id) == b"n" * size
    assert len(list(store.files.glob(f"{run.id}*"))) <= 1  # the file that it began with is gone


def test_an_epoch_whose_loss_is_no_number_comes_back_as_one(store):
    run = store.claim(submit(store), SERVER)
    store.add_epoch(run, {"epoch": 1, "train_loss": 1.0, "valid_loss": np.nan, "accuracy": 0.1, "seconds": 1.0})
    assert np.isnan(store.curves(run.id).epochs[0]["valid_loss"])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////nowhere/runs.sqlite", "unable to open"),
        ("postgresql+psycopg://nobody@127.0.0.1:9/runs", "refused"),
        ("nonsense", "MNIST_STORE names no database"),
        ("foo://bar", "MNIST_STORE names no database"),
    ],
)
def test_a_store_that_cannot_be_opened_is_named(url, said):
    with pytest.raises(RunError, match=said):
        Store(url)


def test_a_file_that_is_no_store_is_named_and_stays_as_it_is(tmp_path):
    file = tmp_path / "runs.sqlite"
    file.write_text("These are my notes, and no database at all. " * 50)
    before = file.read_bytes()
    with pytest.raises(RunError, match="not a database"):
        Store(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_full_disk_is_one_sentence(sqlite):
    with sqlite._db.connect() as db:
        db.execute(sa.text("PRAGMA max_page_count = 1"))  # no more than there are
    with pytest.raises(StoreError, match="database or disk is full"):
        for _ in range(100):
            submit(sqlite)


def test_a_store_that_may_only_be_read_is_read_and_says_so(sqlite, tmp_path):
    run = submit(sqlite)
    with sqlite3.connect(tmp_path / "runs.sqlite") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sa.event.listen(sqlite._db, "checkout", lambda connection, *_: connection.execute("PRAGMA query_only = ON"))
    assert sqlite.run(ME, run).state == "queued"
    with pytest.raises(StoreError, match="readonly"):
        sqlite.request_stop(ME, run)
