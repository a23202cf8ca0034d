"""Experiments: results from another process, kept, and what happens when that process fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mnist_core import data, experiments
from mnist_core.errors import DataError, LabError
from mnist_core.models import parameter_count
from tests.conftest import ROOT


@pytest.fixture
def lab():
    lab = experiments.Experiments()
    yield lab
    lab.close()


def test_a_result_comes_from_another_process_and_is_kept(lab):
    first = lab.run(os.getpid)
    assert first.result(60) != os.getpid()
    assert lab.run(os.getpid) is first


def test_the_oldest_result_is_forgotten_when_all_of_them_with_their_questions_are_too_large(lab, monkeypatch):
    monkeypatch.setattr(experiments, "_KEPT_BYTES", 3200)
    oldest, asked_with_much = lab.run(_zeros, count=1000), lab.run(_length, of=bytes(1000))
    assert lab.run(_zeros, count=1500).result(60) == bytes(1500)
    lab.run(os.getpid)
    assert lab.run(_length, of=bytes(1000)) is asked_with_much
    assert lab.run(_zeros, count=1000) is not oldest


def test_what_an_experiment_prints_is_not_taken_for_its_result(lab):
    assert lab.run(print, sep="-").result(60) is None
    assert lab.run(os.getpid).result(60) > 0


def test_an_error_for_the_learner_arrives_as_it_was_raised(lab):
    with pytest.raises(DataError, match="no data named 'nowhere'"):
        lab.run(data.load, name="nowhere").result(60)


def test_a_fault_of_ours_is_a_sentence_and_the_next_experiment_runs(lab, capfd):
    with pytest.raises(LabError, match="a reason of ours"):
        lab.run(parameter_count, model=7).result(60)
    assert "AttributeError" in capfd.readouterr().err
    assert lab.run(os.getpid).result(60) > 0


def test_a_killed_process_fails_its_experiment_with_a_sentence_and_the_next_one_starts_another(lab):
    old = lab.run(os.getpid).result(60)
    waiting = lab.run(_sleep_long)
    time.sleep(0.5)
    psutil.Process(old).kill()
    with pytest.raises(LabError, match="start it again"):
        waiting.result(60)
    assert lab.run(parameter_count_of_linear).result(60) == 7850


def test_what_nobody_waits_for_any_more_never_begins(lab, tmp_path):
    lab.run(_sleep_a_little)
    with lab.waiting_for(_touch, path=str(tmp_path / "left")) as left:
        pass
    with lab.waiting_for(_touch, path=str(tmp_path / "stayed")) as stayed:
        with lab.waiting_for(_touch, path=str(tmp_path / "stayed")):
            pass  # one of two stops waiting
        stayed.result(60)
    assert left.cancelled()
    assert [file.name for file in tmp_path.iterdir()] == ["stayed"]


def test_an_experiment_past_its_time_is_ended(lab, monkeypatch):
    lab.run(os.getpid).result(60)
    monkeypatch.setattr(experiments, "LIMIT_SECONDS", 0.5)
    with pytest.raises(LabError, match="start it again"):
        lab.run(_sleep_long).result(60)


def test_no_process_is_left_when_the_app_is_killed():
    script = (
        "import os, time, sys; from mnist_core.experiments import Experiments\n"
        "from tests.unit.test_experiments import _sleep_long\n"
        "lab = Experiments(); print(lab.run(os.getpid).result(), flush=True); lab.run(_sleep_long); time.sleep(60)"
    )
    app = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    child = psutil.Process(int(app.stdout.readline()))
    time.sleep(0.5)
    app.kill()
    app.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def _zeros(count: int) -> bytes:
    return bytes(count)


def _length(of: bytes) -> int:
    return len(of)


def _sleep_a_little() -> None:
    time.sleep(1)


def _touch(path: str) -> None:
    Path(path).touch()


def _sleep_long() -> None:
    time.sleep(60)


def parameter_count_of_linear() -> int:
    from mnist_core.config import TrainConfig
    from mnist_core.models import new_model

    return parameter_count(new_model(TrainConfig(model="linear", epochs=1)))
