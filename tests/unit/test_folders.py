"""Paths of images: the folders of the real archive, and fastai's own readers of paths."""

import tarfile
from pathlib import Path

import pytest

from mnist_core.chapter import folders
from mnist_core.data import load


@pytest.fixture(scope="module")
def data():
    return load("digits")


def test_label_and_split_are_what_fastai_reads(data):
    from fastai.data.transforms import GrandparentSplitter, parent_label

    paths = [
        folders.path_of(data, split, digit, file)
        for split in (folders.TRAINING, folders.TESTING)
        for digit in (0, 3, 7)
        for file in folders.files(data, split, digit)
    ]
    assert [folders.parent_label(path) for path in paths] == [parent_label(path) for path in paths]
    train, valid = GrandparentSplitter(folders.TRAINING, folders.TESTING)([Path(path) for path in paths])
    assert [i for i, path in enumerate(paths) if folders.grandparent(path) == folders.TRAINING] == list(train)
    assert [i for i, path in enumerate(paths) if folders.grandparent(path) == folders.TESTING] == list(valid)


def test_every_image_is_in_one_folder_and_the_folder_is_its_label(data):
    found = []
    for split in (folders.TRAINING, folders.TESTING):
        for digit in data.classes:
            files = folders.files(data, split, digit)
            assert len(files) == folders.counts(data)[split][digit]
            assert (data.labels[list(files.values())] == digit).all()
            found += files.values()
    assert sorted(found) == list(range(len(data.images)))


def test_files_and_counts_are_those_of_the_real_archive(real_mnist):
    if real_mnist.is_dir():
        names = [str(path.relative_to(real_mnist.parent)) for path in real_mnist.rglob("*.png")]
    else:
        with tarfile.open(real_mnist) as archive:
            names = [name for name in archive.getnames() if name.endswith(".png")]
    inside = {folders.TRAINING: {}, folders.TESTING: {}}
    for name in names:
        split, digit, file = name.split("/")[-3:]
        inside[split].setdefault(int(digit), set()).add(file)
    data = load("mnist")
    for split, digits in inside.items():
        for digit, files in digits.items():
            assert set(folders.files(data, split, digit)) == files
            assert folders.counts(data)[split][digit] == len(files)


def test_the_second_three_is_the_file_that_the_chapter_prints(real_mnist):
    assert list(folders.files(load("mnist"), folders.TRAINING, 3))[:3] == ["10.png", "10000.png", "10011.png"]


def test_the_tree_marks_the_way_to_the_file_and_counts_every_image(data):
    lines = folders.tree(data, "digits_png/testing/3/12.png")
    way = [line.name for line in lines if line.on_way]
    assert way == ["digits_png/", "testing/", "3/", "12.png"]
    assert lines[0].images == len(data.images)
    assert sum(line.images for line in lines if line.depth == 1) == len(data.images)
    assert sum(line.images for line in lines if line.depth == 2) == len(data.valid)


def test_bytes_of_all_images(data):
    assert folders.total_bytes(data) == data.images.nbytes
    assert folders.total_bytes(data, channels=3) == 3 * 1797 * 28 * 28
