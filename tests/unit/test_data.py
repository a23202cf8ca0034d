"""Data: what is loaded, how it is split, and that the quick decoder agrees with PIL."""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from mnist_core.data import cached_mnist, load, prepare_mnist
from mnist_core.data.cache import read_cache, write_cache
from mnist_core.data.decode import read_mnist
from mnist_core.data.types import DigitSet, Source
from tests.pictures import pack, save_mnist_like


def png_with_filter(image: np.ndarray, kind: int) -> bytes:
    """A grey PNG whose rows all use one filter, written from the PNG specification."""
    values = np.pad(image.astype(int), ((1, 0), (1, 0)))
    x, left, up, corner = values[1:, 1:], values[1:, :-1], values[:-1, 1:], values[:-1, :-1]
    guess = left + up - corner
    near = [abs(guess - left), abs(guess - up), abs(guess - corner)]
    paeth = np.choose(np.argmin(near, axis=0), [left, up, corner])
    rows = (x - [0 * x, left, up, (left + up) // 2, paeth][kind]).astype(np.uint8)
    packed = zlib.compress(b"".join(bytes([kind]) + row.tobytes() for row in rows))
    chunks = [
        (b"IHDR", b"\0\0\0\x1c\0\0\0\x1c\x08\0\0\0\0"),
        (b"IDAT", packed[:99]),
        (b"IDAT", packed[99:]),
        (b"IEND", b""),
    ]
    parts = (len(d).to_bytes(4) + k + d + zlib.crc32(k + d).to_bytes(4) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", range(5), ids=["none", "sub", "up", "average", "paeth"])
def test_every_png_filter_gives_the_pixels_that_pil_gives(kind, tmp_path):
    image = np.random.default_rng(kind).integers(0, 256, (28, 28), np.uint8)
    png = png_with_filter(image, kind)
    assert (np.asarray(Image.open(io.BytesIO(png))) == image).all()
    save_mnist_like(tmp_path, count=10)
    (tmp_path / "training/9/0.png").write_bytes(png)

    images, labels, _ = read_mnist(tmp_path)

    assert (images[0] == image).all()
    assert labels[0] == 9


@pytest.mark.parametrize("options", [{}, {"compress_level": 0}, {"bits": 8, "optimize": True}])
def test_folder_and_archive_give_the_same_images_in_the_order_of_their_numbers(options, tmp_path):
    arrays = save_mnist_like(tmp_path / "pictures", **options)
    archive = pack(tmp_path / "pictures", tmp_path / "mnist.tgz")

    for place in (tmp_path / "pictures", archive):
        images, labels, training = read_mnist(place)
        assert training == 40
        assert labels[:12].tolist() == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8]
        names = [f"{part}/{9 - n % 10}/{n}.png" for part in ("training", "testing") for n in range(40)]
        assert (images == np.stack([arrays[name] for name in names])).all()


def test_a_colour_picture_among_the_grey_ones_is_read_through_pil(tmp_path):
    arrays = save_mnist_like(tmp_path)
    Image.fromarray(arrays["training/8/1.png"]).convert("RGB").save(tmp_path / "training/8/1.png")
    images, _, _ = read_mnist(tmp_path)
    assert (images[1] == arrays["training/8/1.png"]).all()


def test_real_mnist_matches_the_official_checksums_and_pil(real_mnist, new_home, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(real_mnist))
    heard = []
    source = prepare_mnist(lambda *told: heard.append(told))
    data = load("mnist")

    assert source.verified is True
    assert data.images.shape == (70_000, 28, 28)
    assert (len(data.train), len(data.valid)) == (60_000, 10_000)
    assert heard[0] == ("finding", 0, 0)
    assert heard[-1] == ("decoding", 70_000, 70_000)
    assert load("auto").source.name == "mnist"
    threes_and_sevens = load("mnist", digits="37")
    assert (len(threes_and_sevens.train), len(threes_and_sevens.valid)) == (12_396, 2_038)  # as in the chapter
    sampler = load("mnist", digits="48", split="sampler")
    assert (len(sampler.train), len(sampler.valid)) == (9_355, 2_338)  # a fifth of 11,693
    assert sampler.train.max() < 60_000
    assert len(load("mnist", split="random").valid) == 14_000


def test_data_that_differ_from_mnist_are_used_and_said_to_be_unverified(tmp_path, new_home, monkeypatch):
    save_mnist_like(tmp_path / "pictures")
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "pictures"))
    assert prepare_mnist().verified is False
    assert load("mnist", digits="12").classes == (1, 2)


def test_the_copy_of_another_source_is_not_taken_for_the_one_that_is_named(tmp_path, new_home, monkeypatch):
    save_mnist_like(tmp_path / "pictures")
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "pictures"))
    prepare_mnist()
    assert cached_mnist()
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "others"))
    assert cached_mnist() is None
    monkeypatch.setenv("MNIST_PATH", "")
    assert cached_mnist()


@pytest.mark.parametrize("place", ["data/mnist_png", "archive/mnist_png.tgz", "elsewhere/mnist_png"])
def test_fastais_own_copy_is_found_without_importing_fastai(place, tmp_path, new_home):
    base = new_home / "fastai"
    save_mnist_like(tmp_path / "pictures")
    (base / place).parent.mkdir(parents=True)
    if place.endswith("tgz"):
        pack(tmp_path / "pictures", base / place)
    else:
        (tmp_path / "pictures").rename(base / place)
    if place.startswith("elsewhere"):
        (base / "config.ini").write_text(f"[DEFAULT]\ndata = {base / 'elsewhere'}\narchive = archive\n")
    assert prepare_mnist().detail == str(base / place)


def test_embedded_digits_are_scikit_learns_in_mnists_form(new_home):
    data = load("digits")
    small, labels = load_digits(return_X_y=True)

    assert data.images.shape == (1797, 28, 28)
    assert data.images.dtype == np.uint8
    assert (data.labels == labels).all()
    margin = data.images.copy()
    margin[:, 4:24, 4:24] = 0
    assert not margin.any()
    assert (data.images.min(axis=(1, 2)) == 0).all()
    shrunk = np.stack(
        [Image.fromarray(image[4:24, 4:24]).resize((8, 8), Image.Resampling.BOX) for image in data.images]
    )
    closest = np.corrcoef(shrunk.reshape(1797, -1)[:200], small[:200])[:200, 200:].argmax(axis=1)
    assert (closest == np.arange(200)).mean() > 0.97


def test_digits_are_the_same_however_scikit_learn_is_read(monkeypatch):
    from mnist_core.data import digits

    quick = digits._load_digits()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    for ours, theirs in zip(quick, digits._load_digits(), strict=True):
        assert (ours == theirs).all()


def test_digits_are_the_same_from_the_cache_as_made_anew(new_home):
    made, kept = load("digits"), load("digits")
    assert isinstance(kept.images.base, np.memmap)
    assert (made.images == kept.images).all()
    assert (made.labels == kept.labels).all()
    assert made.source == kept.source


def test_an_embedded_digit_is_for_validation_whichever_digits_are_chosen():
    # Otherwise a model of 3 and 7 would be evaluated on images that it was trained on.
    assert np.array_equal(load("digits", digits="37").valid, load("digits").select("37").valid)
    assert np.array_equal(load("digits", digits="37").train, load("digits").select("37").train)


@pytest.mark.parametrize("split", ["official", "random", "sampler"])
def test_splits_are_seeded_disjoint_complete_and_ordered_by_class(split):
    data = load("digits", digits="974", split=split)
    again = load("digits", digits="479", split=split)
    other = load("digits", digits="479", split=split, split_seed=1)

    assert data.classes == (4, 7, 9)
    assert (data.train == again.train).all()
    assert set(data.valid) != set(other.valid)
    everything = np.sort(np.concatenate([data.train, data.valid]))
    assert (everything == np.flatnonzero(np.isin(data.labels, (4, 7, 9)))).all()
    assert len(data.valid) == pytest.approx(0.2 * len(everything), abs=3)
    for indices in (data.train, data.valid):
        assert (np.lexsort((indices, data.labels[indices])) == np.arange(len(indices))).all()


def test_a_cached_set_is_mapped_not_copied_and_comes_back_equal(new_home):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (7, 28, 28), np.uint8), rng.integers(0, 10, 7)
    digits = DigitSet(images, labels, 5, Source("mnist", "MNIST", "a place", verified=False))
    write_cache("some", digits)
    back = read_cache("some")
    assert back.source == digits.source
    assert back.training == 5
    assert (back.images == images).all()
    assert (back.labels == labels).all()
    assert isinstance(back.images.base, np.memmap)
    assert [path.name for path in new_home.iterdir()] == ["some-1.safetensors"]


def save_own(folder: Path) -> None:
    """Ten grey pictures of 28x28 for each of two digits, and one large one, dark on light."""
    for digit in "38":
        (folder / digit).mkdir(parents=True)
        for number in range(10):
            Image.fromarray(np.full((28, 28), number, np.uint8)).save(folder / digit / f"{number}.png")
    page = np.full((90, 120), 255, np.uint8)
    page[20:70, 55:65] = 0
    Image.fromarray(page).save(folder / "8" / "photo.png")
    (folder / "notes.txt").write_text("not a picture")


@pytest.mark.parametrize("form", ["folder", "zip", "tgz"])
def test_own_pictures_come_from_a_folder_or_an_archive_alike(form, tmp_path):
    save_own(tmp_path / "mine")
    place = tmp_path / "mine"
    if form == "zip":
        place = tmp_path / "mine.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for file in (tmp_path / "mine").rglob("*.*"):
                archive.write(file, file.relative_to(tmp_path))
    if form == "tgz":
        place = pack(tmp_path / "mine", tmp_path / "mine.tgz")

    data = load(str(place))

    assert data.classes == (3, 8)
    assert np.bincount(data.labels).tolist() == [0, 0, 0, 10, 0, 0, 0, 0, 11]
    assert sorted(data.images[data.labels == 3].max(axis=(1, 2)).tolist()) == list(range(10))
    (photo,) = data.images[data.images.max(axis=(1, 2)) > 9]
    assert photo.max() > 200  # the dark stroke has become ink
    assert photo[:4].max() == 0


def test_own_training_and_testing_folders_are_the_official_split(tmp_path):
    save_own(tmp_path / "mine/training")
    save_own(tmp_path / "mine/testing")
    data = load(str(tmp_path / "mine"))
    assert (len(data.train), len(data.valid)) == (21, 21)
    assert data.train.max() < 21 <= data.valid.min()


def test_a_photograph_that_a_phone_took_sideways_is_turned(tmp_path):
    save_own(tmp_path / "mine")
    photo = Image.open(tmp_path / "mine/8/photo.png")
    exif = Image.Exif()
    exif[0x112] = 6  # orientation: turn a quarter to the right
    photo.rotate(90, expand=True).save(tmp_path / "mine/3/sideways.jpg", exif=exif, quality=95)
    data = load(str(tmp_path / "mine"))
    upright, turned = (data.images[data.labels == digit].astype(int) for digit in (8, 3))
    assert abs(upright[upright.max(axis=(1, 2)) > 9] - turned[turned.max(axis=(1, 2)) > 9]).mean() < 2
