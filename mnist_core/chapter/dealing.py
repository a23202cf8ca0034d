"""From images to batches: pairs, splits, decks dealt into batches, and the mean of batches that are not equally large.

The splits and the dealing follow fastai and torch number by number; tests hold them against `RandomSplitter`,
`GrandparentSplitter` and torch's samplers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, SubsetRandomSampler

from mnist_core.chapter.folders import TESTING, TRAINING, grandparent
from mnist_core.chapter.loop import make_dls
from mnist_core.chapter.losses import mnist_loss
from mnist_core.data import DigitData, load

Pair = tuple[Tensor, Tensor]


def zip_pairs(x: Sequence[object], y: Sequence[object]) -> list[tuple[object, object]]:
    """The first of x with the first of y, the second with the second; stops where the shorter one ends.

    Examples
    --------
    >>> zip_pairs([1, 2, 3, 4], "abcd")
    [(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')]
    """
    return list(zip(x, y, strict=False))


def make_dataset(data: DigitData) -> list[Pair]:
    """The training images of two digits as the chapter's Dataset: a list of pairs (x, y).

    Parameters
    ----------
    data : DigitData of two digits

    Returns
    -------
    list of pairs: x is a float32 Tensor of shape (784,) in [0, 1]; y an int64 Tensor of shape (1,), 1 for the first
    digit and 0 for the second
    """
    images = torch.from_numpy(data.images[data.train])  # (n, 28, 28)
    train_x = images.float().view(-1, 28 * 28) / 255  # (n, 28, 28) -> (n, 784)
    labels = torch.from_numpy(data.labels[data.train])
    train_y = (labels == data.classes[0]).long().unsqueeze(1)  # (n,) -> (n, 1)
    return list(zip(train_x, train_y, strict=True))


def first_batch(dset: list[Pair], *, bs: int, shuffle: bool, seed: int) -> Pair:
    """The first batch of a torch `DataLoader`.

    Returns
    -------
    xb : float32 Tensor of shape (bs, 784)
    yb : int64 Tensor of shape (bs, 1)
    """
    generator = torch.Generator().manual_seed(seed)
    dl: DataLoader[Pair] = DataLoader(dset, batch_size=bs, shuffle=shuffle, generator=generator)  # type: ignore[arg-type]
    xb, yb = next(iter(dl))
    return xb, yb


def to_bytes(x: Tensor) -> np.ndarray:
    """Rows of 784 values in [0, 1] as images again: float (n, 784) -> uint8 (n, 28, 28)."""
    return (x.view(-1, 28, 28) * 255).round().to(torch.uint8).numpy()


def file_path(data: DigitData, row: int) -> str:
    """Where an image lies in folders laid out as MNIST's, e.g. `training/3/10000.png`.

    Parameters
    ----------
    data : DigitData
    row : index into `data.images`. A file is named after it; where the validation images follow all training images,
        as in MNIST, theirs are counted from 0 again
    """
    is_valid, first_valid = row in data.valid, data.valid.min()
    number = row - first_valid if is_valid and first_valid > data.train.max() else row
    return f"{TESTING if is_valid else TRAINING}/{data.labels[row]}/{number}.png"


def grandparent_split(paths: Iterable[str], *, train_name: str, valid_name: str) -> tuple[list[int], list[int]]:
    """The split that the folders give, as fastai's `GrandparentSplitter`: it reads the folder above the label's.

    Returns
    -------
    train, valid : positions in `paths`

    Examples
    --------
    >>> grandparent_split(["training/3/7.png", "testing/7/0.png"], train_name="training", valid_name="testing")
    ([0], [1])
    """
    grandparents = [grandparent(path) for path in paths]
    return (
        [position for position, name in enumerate(grandparents) if name == train_name],
        [position for position, name in enumerate(grandparents) if name == valid_name],
    )


def random_split(n: int, *, valid_pct: float, seed: int) -> tuple[Tensor, Tensor]:
    """A random split, as fastai's `RandomSplitter`: shuffle the numbers 0 to n - 1, cut.

    Returns
    -------
    train, valid : int64 Tensors of positions, in random order; valid has `int(valid_pct * n)` of them
    """
    shuffled = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    cut = int(valid_pct * n)
    return shuffled[cut:], shuffled[:cut]


def sampler_order(indices: Tensor, *, seed: int, epochs: int) -> list[list[int]]:
    """In which order a `SubsetRandomSampler` hands out its part of the data, epoch by epoch."""
    sampler = SubsetRandomSampler(indices.tolist(), torch.Generator().manual_seed(seed))
    return [list(sampler) for _ in range(epochs)]


def count_classes(labels: ArrayLike, train: ArrayLike, valid: ArrayLike) -> dict[int, tuple[int, int]]:
    """Digit -> how many of its images are for training and for validation."""
    labels = np.asarray(labels)
    sides = [np.bincount(labels[np.asarray(side)], minlength=10) for side in (train, valid)]
    return {int(digit): (int(sides[0][digit]), int(sides[1][digit])) for digit in np.unique(labels)}


def deal(n: int, *, bs: int, shuffle: bool, seed: int, epochs: int = 1) -> list[list[list[int]]]:
    """A deck of n cards dealt into batches, as torch's `DataLoader` deals a Dataset.

    Returns
    -------
    for each epoch its batches, each a list of positions in the deck; the last batch holds what is left

    Examples
    --------
    >>> deal(5, bs=2, shuffle=False, seed=0)
    [[[0, 1], [2, 3], [4]]]
    """
    generator = torch.Generator().manual_seed(seed)
    deck = range(n)
    sampler = RandomSampler(deck, generator=generator) if shuffle else SequentialSampler(deck)
    batches = BatchSampler(sampler, bs, drop_last=False)
    return [list(batches) for _ in range(epochs)]


def deck_of(data: DigitData, *, size: int) -> list[int]:
    """The labels of a small deck: as many cards of each digit, in the order of the training images, sorted by digit."""
    each = size // len(data.classes)
    return [digit for digit in data.classes for _ in range(each)]


def classes_per_batch(labels: ArrayLike, batches: Iterable[Sequence[int]]) -> list[int]:
    """How many different labels each batch holds."""
    labels = np.asarray(labels)
    return [len(np.unique(labels[batch])) for batch in batches]


@dataclass(frozen=True)
class OneEpoch:
    """What one epoch of training led to.

    Attributes
    ----------
    losses : float32 array, one value for each batch
    accuracy : over all validation images
    right : bool array of shape (n,), whether each validation image is told right; ordered by digit
    said : digit -> how many of the validation images the model takes for it
    """

    losses: np.ndarray
    accuracy: float
    right: np.ndarray
    said: dict[int, int]


def train_one_epoch(*, data: str, digits: str, bs: int, lr: float, shuffle: bool, seed: int = 42) -> OneEpoch:
    """Train for one epoch, with batches shuffled or in the order of the digits.

    Parameters
    ----------
    data : name of the data, for `mnist_core.data.load`
    digits : all ten are told apart by the linear model, two by the chapter's `simple_net`
    bs, lr : batch size and learning rate
    shuffle : whether the batches are dealt at random
    seed : of the starting weights and of the shuffling
    """
    found, several = load(data, digits=digits), len(digits) > 2
    train_dl, valid_dl = make_dls(found, seed=seed if shuffle else None, bs=bs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = (
            nn.Linear(28 * 28, len(digits))
            if several
            else nn.Sequential(nn.Linear(28 * 28, 30), nn.ReLU(), nn.Linear(30, 1))
        )
    loss_func = F.cross_entropy if several else mnist_loss
    opt, losses = torch.optim.SGD(model.parameters(), lr), list[float]()
    for xb, yb in train_dl:
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
    with torch.no_grad():
        preds = model(next(iter(valid_dl))[0])  # (n, classes), or (n, 1)
    said = np.array(found.classes)[preds.argmax(dim=1) if several else (preds[:, 0] <= 0).long()]
    right = said == found.labels[found.valid]
    counts = {digit: int((said == digit).sum()) for digit in found.classes}
    return OneEpoch(np.array(losses, np.float32), float(right.mean()), right, counts)


def batch_means(values: ArrayLike, *, bs: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each batch, and how many values it holds: two arrays of shape (batches,).

    Examples
    --------
    >>> batch_means([1, 1, 0, 1, 0], bs=2)
    (array([1. , 0.5, 0. ]), array([2, 2, 1]))
    """
    values = np.asarray(values, dtype=float)
    starts = np.arange(0, len(values), bs)
    sizes = np.minimum(bs, len(values) - starts)
    return np.add.reduceat(values, starts) / sizes, sizes


def mean_of_batches(accs: ArrayLike) -> float:
    """What the chapter's `validate_epoch` gives: every batch counts the same, however small it is."""
    return float(np.mean(np.asarray(accs)))


def weighted_mean(accs: ArrayLike, sizes: ArrayLike) -> float:
    """Each batch counts by its size, as fastai's `AvgMetric` does: the accuracy over all images.

    Examples
    --------
    >>> weighted_mean([1.0, 0.5, 0.0], [2, 2, 1])
    0.6
    """
    accs, sizes = np.asarray(accs), np.asarray(sizes)
    return float((accs * sizes).sum() / sizes.sum())


@dataclass(frozen=True)
class Luck:
    """Models that only guess, tried one after the other, the best one kept.

    Attributes
    ----------
    valid : float array of shape (models,): after k tries the validation accuracy of the best
    test : the same model's accuracy on a test set
    """

    valid: np.ndarray
    test: np.ndarray


def keep_the_luckiest(models: int, *, images: int, seed: int = 0) -> Luck:
    """Toss a coin for every image, keep the model with the best validation accuracy, and test it.

    Parameters
    ----------
    models : how many are tried
    images : in the validation set, and as many in the test set
    seed : of the coins
    """
    rng = np.random.default_rng(seed)
    valid, test = rng.binomial(images, 0.5, (2, models)) / images
    best = np.maximum.accumulate(valid)
    kept = [int(np.argmax(valid[: k + 1])) for k in range(models)]
    return Luck(best, test[kept])


def gap(values: ArrayLike, bs: int) -> float:
    """By how much the mean of the batches differs from the mean of all values."""
    accs, sizes = batch_means(values, bs=bs)
    return mean_of_batches(accs) - weighted_mean(accs, sizes)


def mix(values: np.ndarray, *, seed: int) -> np.ndarray:
    """The same values in a random order."""
    return np.random.default_rng(seed).permutation(values)


def shared(some: Tensor, others: Tensor) -> int:
    """How many numbers are in both; neither holds one twice."""
    return len(np.intersect1d(some, others))
