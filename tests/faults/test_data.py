"""Bad archives, disks, networks and names get one sentence that names the thing; nothing is left half-written."""

import functools
import http.server
import io
import json
import os
import socket
import socketserver
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core import paths
from mnist_core.data import background, load, prepare_mnist, start_preparing, status
from mnist_core.data.cache import cache_file
from mnist_core.errors import DataError
from tests.pictures import pack, save_mnist_like

ROOT = Path(__file__).parents[2]


@pytest.fixture
def archive(tmp_path) -> Path:
    save_mnist_like(tmp_path / "pictures")
    return pack(tmp_path / "pictures", tmp_path / "mnist_png.tgz")


def wait_for(stages: set[str], seconds: float = 60):
    """The status once it is in one of these stages."""
    end = time.monotonic() + seconds
    while (now := status()).stage not in stages:
        assert time.monotonic() < end, now
        time.sleep(0.05)
    return now


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_cut_archive_is_named_and_leaves_nothing_behind(share, archive, new_home, monkeypatch):
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    monkeypatch.setenv("MNIST_PATH", str(archive))
    with pytest.raises(DataError, match=r"mnist_png\.tgz .*(download|holds no)"):
        prepare_mnist()
    assert not cache_file("mnist").exists()
    assert not list(new_home.glob("*.part"))


def foreign_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("letters/a.txt"), io.BytesIO())


@pytest.mark.parametrize(
    "write",
    [foreign_tar, lambda path: path.write_text("no archive at all"), lambda path: path.write_bytes(os.urandom(9_999))],
    ids=["another archive", "text", "noise"],
)
def test_a_foreign_archive_is_named(write, tmp_path, new_home, monkeypatch):
    write(tmp_path / "mnist_png.tgz")
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "mnist_png.tgz"))
    with pytest.raises(DataError, match=r"mnist_png\.tgz"):
        prepare_mnist()


def test_a_damaged_picture_is_named(tmp_path, new_home, monkeypatch):
    save_mnist_like(tmp_path / "pictures")
    (tmp_path / "pictures/testing/8/1.png").write_bytes(b"\x89PNG\r\n\x1a\n then nothing")
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "pictures"))
    with pytest.raises(DataError, match=r"testing/8/1\.png"):
        prepare_mnist()


def test_a_bomb_of_an_archive_is_refused_before_it_fills_the_memory(tmp_path, new_home, monkeypatch):
    import gzip

    with gzip.open(tmp_path / "bomb.tgz", "wb", compresslevel=1) as stream:
        for _ in range(40):
            stream.write(bytes(1 << 20))
    monkeypatch.setattr("mnist_core.data.decode._MOST_BYTES", 1 << 24)
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "bomb.tgz"))
    with pytest.raises(DataError, match="far larger than MNIST"):
        prepare_mnist()


def test_mnist_path_that_does_not_exist_is_said_and_auto_goes_on(new_home, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", "/no/such/place")
    with pytest.raises(DataError, match="MNIST_PATH names /no/such/place"):
        load("mnist")
    assert load("auto").source.name == "digits"


def test_a_full_disk_leaves_no_half_written_file(archive, new_home):
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from mnist_core.data import load\n"
        "try: load('mnist')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "print(len(load('digits').images))"
    )
    env = os.environ | {"MNIST_PATH": str(archive)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("DataError The decoded images")
    assert "MNIST_HOME" in done.stdout
    assert done.stdout.endswith("\n1797\n")
    assert [path.name for path in new_home.iterdir() if path.name != "mnist.lock"] == []


@pytest.mark.parametrize("damage", [b"", b"\xff" * 8, b"garbage " * 99, None], ids=["empty", "length", "noise", "cut"])
def test_a_damaged_cache_is_made_anew(damage, archive, new_home, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(archive))
    prepare_mnist()
    path = cache_file("mnist")
    path.write_bytes(path.read_bytes()[:-1000] if damage is None else damage)
    assert load("auto").source.name == "digits"
    assert len(load("mnist").images) == 80


def test_two_processes_that_prepare_at_once_make_one_whole_copy(archive, new_home):
    env = os.environ | {"MNIST_PATH": str(archive)}
    command = [sys.executable, "-c", "from mnist_core.data import load; print(len(load('mnist').images))"]
    both = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == ["80", "80"]
    assert not list(new_home.glob("*.part"))


def test_without_a_place_for_a_cache_the_digits_are_there(tmp_path, monkeypatch):
    """A home that is a file cannot be written to by anyone, not even by root."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "file/home"))
    monkeypatch.setattr(paths, "_temporary", lambda: tmp_path / "file/temporary")
    assert len(load("digits").images) == 1797
    assert load("auto").source.name == "digits"
    with pytest.raises(DataError, match="MNIST_HOME"):
        prepare_mnist()
    start_preparing()
    assert status().stage == "failed"


def test_no_network_is_one_sentence_within_20_seconds_and_can_be_tried_again(new_home):
    for _ in range(2):
        began = time.monotonic()
        start_preparing()
        assert status().stage == "finding"
        now = wait_for({"failed", "ready"})
        assert now.name == "digits"
        assert "could not be downloaded" in now.message
        assert "MNIST_PATH" in now.message
        assert time.monotonic() - began < 20 * (1 + os.getloadavg()[0] / os.cpu_count())


def test_a_network_that_swallows_everything_is_given_up(new_home, monkeypatch):
    from fastai.data.external import URLs

    monkeypatch.setattr("mnist_core.data.mnist._ANSWER_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(URLs, "MNIST", f"http://127.0.0.1:{silent.getsockname()[1]}/mnist_png.tgz")
        with pytest.raises(DataError, match="no answer"):
            prepare_mnist(download=True)


def test_an_answer_that_is_no_web_page_is_a_failed_download(new_home, monkeypatch):
    from fastai.data.external import URLs

    class Babble(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"hello there\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Babble) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setattr(URLs, "MNIST", f"http://127.0.0.1:{server.server_address[1]}/mnist_png.tgz")
        with pytest.raises(DataError, match="could not be downloaded"):
            prepare_mnist(download=True)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder that a web server on this machine offers as the place of fastai's MNIST."""
    from fastai.data.external import URLs, fastai_cfg

    fastai_cfg.cache_clear()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(URLs, "MNIST", f"http://127.0.0.1:{server.server_port}/mnist_png.tgz")
        yield tmp_path
        server.shutdown()
    fastai_cfg.cache_clear()


def test_a_download_is_followed_by_its_decoding_and_stays_in_fastais_folder(new_home, archive, served):
    heard = []
    source = prepare_mnist(lambda *told: heard.append(told), download=True)
    assert source.detail == str(new_home / "fastai/archive/mnist_png.tgz")
    assert [stage for stage, *_ in heard] == ["finding", "downloading", "downloading", "decoding"]
    assert len(load("auto").images) == 80


def test_a_page_that_comes_in_place_of_the_archive_is_refused(new_home, served):
    (served / "mnist_png.tgz").write_text("<html>Please log in to this network</html>")
    with pytest.raises(DataError, match="cannot be read as an MNIST archive"):
        prepare_mnist(download=True)
    (served / "mnist_png.tgz").unlink()
    with pytest.raises(DataError, match="could not be downloaded"):
        prepare_mnist(download=True)


def test_the_worker_tells_how_far_it_is_and_ends_ready(archive, new_home, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(archive))
    start_preparing()
    now = wait_for({"ready", "failed"})
    assert (now.name, now.fraction) == ("mnist", 1.0)


def test_a_killed_worker_is_not_shown_as_running_for_ever(new_home, monkeypatch):
    monkeypatch.setattr(background, "_DEAD_SECONDS", 2.0)
    start = subprocess.Popen

    def start_and_kill(*args, **kwargs):
        worker = start(*args, **kwargs)
        worker.kill()
        return worker

    monkeypatch.setattr(background.subprocess, "Popen", start_and_kill)
    start_preparing()
    now = wait_for({"failed"}, seconds=10)
    assert "stopped before it was done" in now.message


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"stage": 7}', '{"stage": "decoding", "done": "x", "total": 3}', '{"odd": 1}']
)
def test_a_status_file_full_of_nonsense_is_a_failure_not_a_traceback(text, new_home):
    new_home.mkdir()
    (new_home / "mnist-status.json").write_text(text)
    assert status().stage == "failed"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"name": "minst"}, "'minst'"),
        ({"name": ""}, "''"),
        ({"name": "a\0b"}, "There are no data"),
        ({"name": "a" * 300}, "There are no data"),
        ({"name": "~nobody-of-this-name/x"}, "There are no data"),
        ({"name": "digits", "digits": ""}, "''"),
        ({"name": "digits", "digits": "3x"}, "'3x'"),
        ({"name": "digits", "digits": "٣"}, "٣"),
        ({"name": "digits", "split": "half"}, "'half'"),
        ({"name": "digits", "split_seed": -1}, "-1"),
    ],
)
def test_a_bad_name_or_choice_is_named(settings, named):
    with pytest.raises(DataError, match=named):
        load(**settings)


def own(folder: Path, name: str, data: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def test_a_picture_that_is_none_is_named(tmp_path):
    own(tmp_path / "mine", "3/letter.png", b"just text")
    with pytest.raises(DataError, match=r"3/letter\.png"):
        load(str(tmp_path / "mine"))


def test_own_data_without_class_folders_or_enough_pictures_say_so(tmp_path):
    own(tmp_path / "empty", "cats/1.png", b"")
    with pytest.raises(DataError, match="no pictures in folders named 0 to 9"):
        load(str(tmp_path / "empty"))
    save_one(tmp_path / "one/3/1.png")
    with pytest.raises(DataError, match="too few"):
        load(str(tmp_path / "one"))
    with pytest.raises(DataError, match="no images of 7"):
        load(str(tmp_path / "one"), digits="37")


def save_one(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(path)
    return path.read_bytes()


def test_a_zip_bomb_is_refused_by_its_size_and_by_what_comes_out(tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_core.data.own._MOST_BYTES_EACH", 1 << 16)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3/1.png", bytes(1 << 20))
    with pytest.raises(DataError, match=r"3/1.png has 1,048,576 bytes"):
        load(str(tmp_path / "bomb.zip"))
    monkeypatch.setattr("mnist_core.data.own._MOST_FILES", 3)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"3/{number}.png", save_one(tmp_path / "one.png"))
    with pytest.raises(DataError, match="more than 3 files"):
        load(str(tmp_path / "many.zip"))


def test_names_that_climb_out_of_an_archive_write_nothing(tmp_path):
    picture = save_one(tmp_path / "one.png")
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/mine.zip", "w") as archive:
        for number in range(10):
            archive.writestr(f"../../3/{number}.png", picture)
    with pytest.raises(DataError, match=r"mine\.zip holds no pictures"):
        load(str(tmp_path / "in/mine.zip"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "one.png"]


@pytest.mark.parametrize("ending", ["zip", "tgz"])
def test_a_cut_own_archive_is_named(ending, tmp_path):
    for number in range(30):
        save_one(tmp_path / f"mine/3/{number}.png")
    place = tmp_path / f"mine.{ending}"
    if ending == "tgz":
        pack(tmp_path / "mine", place)
    else:
        with zipfile.ZipFile(place, "w") as archive:
            for file in (tmp_path / "mine").rglob("*.png"):
                archive.write(file, file.relative_to(tmp_path))
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    with pytest.raises(DataError, match=f"mine.{ending}"):
        load(str(place))


def test_the_status_is_written_whole(new_home):
    new_home.mkdir()
    background._write(background._Report("decoding", 1, 2))
    assert json.loads((new_home / "mnist-status.json").read_text())["done"] == 1
    assert status().fraction == 0.5
    assert list(new_home.glob("*.part")) == []
