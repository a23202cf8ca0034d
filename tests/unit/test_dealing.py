"""Dealing: pairs, splits, batches and means, against zip, torch, fastai and sums by hand."""

import numpy as np
import pytest
import torch
from fastai.data.load import DataLoader as FastaiDataLoader
from fastai.data.transforms import GrandparentSplitter, RandomSplitter
from fastai.learner import AvgMetric
from torch.utils.data import DataLoader

from mnist_core.chapter import dealing
from mnist_core.chapter.losses import batch_accuracy
from mnist_core.data import load


@pytest.fixture(scope="module")
def data():
    return load("digits")


@pytest.fixture(scope="module")
def dset(data):
    return dealing.make_dataset(data.select("37"))


@pytest.mark.parametrize("letters", ["abcd", "abcdef", "ab", ""])
def test_pairs_stop_where_the_shorter_one_ends(letters):
    numbers = [1, 2, 3, 4]
    expected = [(numbers[i], letters[i]) for i in range(min(4, len(letters)))]
    assert dealing.zip_pairs(numbers, letters) == expected


def test_the_dataset_is_the_chapters_threes_then_sevens(data, dset):
    rows = np.concatenate([data.train[data.labels[data.train] == digit] for digit in (3, 7)])
    x = torch.stack([x for x, _ in dset])
    assert x.dtype == torch.float32
    assert torch.equal(x, torch.tensor(data.images[rows]).reshape(-1, 784).float() / 255)
    assert [y.tolist() for _, y in dset] == [[int(label == 3)] for label in data.labels[rows]]


@pytest.mark.parametrize("bs", [1, 8, 1000])
def test_the_first_batch_in_order_is_that_of_fastais_loader(dset, bs):
    xb, yb = dealing.first_batch(dset, bs=bs, shuffle=False, seed=0)
    x, y = FastaiDataLoader(dset, bs=bs).one_batch()
    assert torch.equal(xb, x)
    assert torch.equal(yb, y)


def test_a_shuffled_first_batch_follows_from_its_seed(dset):
    first, again, other = (dealing.first_batch(dset, bs=32, shuffle=True, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_bytes_of_floats_are_the_images_again(data, dset):
    rows = data.select("37").train[:20]
    assert np.array_equal(dealing.to_bytes(torch.stack([x for x, _ in dset[:20]])), data.images[rows])


def test_the_file_of_an_image_tells_its_set_and_its_label(data):
    for row in (data.train[0], data.valid[-1]):
        folder, label, name = dealing.file_path(data, int(row)).split("/")
        assert folder == ("testing" if row in data.valid else "training")
        assert label == str(data.labels[row])
        assert name == f"{row}.png"


def test_mnists_testing_files_are_counted_from_0(real_mnist):
    mnist = load("mnist")
    assert dealing.file_path(mnist, 60_000) == "testing/7/0.png"  # the first test image is a 7
    assert dealing.file_path(mnist, 0) == "training/5/0.png"


def test_grandparent_split_agrees_with_fastai(data, tmp_path):
    rows = np.concatenate([data.valid[:30], data.train[:50]])
    paths = [dealing.file_path(data, int(row)) for row in rows]
    ours = dealing.grandparent_split(paths, train_name="training", valid_name="testing")
    theirs = GrandparentSplitter("training", "testing")([tmp_path / path for path in paths])
    assert [list(side) for side in ours] == [list(side) for side in theirs]


@pytest.mark.parametrize("n", [1, 9, 1797])
@pytest.mark.parametrize(("pct", "seed"), [(0.2, 42), (0.5, 7), (0.05, 0)])
def test_random_split_agrees_with_fastai_and_leaves_the_global_state_alone(n, pct, seed):
    before = torch.get_rng_state()
    ours = dealing.random_split(n, valid_pct=pct, seed=seed)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        theirs = RandomSplitter(pct, seed=seed)(list(range(n)))
    assert [side.tolist() for side in ours] == [list(side) for side in theirs]


def test_a_sampler_gives_its_own_items_only_each_epoch_in_another_order():
    _, valid = dealing.random_split(100, valid_pct=0.2, seed=1)
    first, second = dealing.sampler_order(valid, seed=3, epochs=2)
    assert sorted(first) == sorted(second) == sorted(valid.tolist())
    assert first != second
    generator = torch.Generator().manual_seed(3)
    assert first == valid[torch.randperm(20, generator=generator)].tolist()


def test_counts_are_those_of_a_loop(data):
    counts = dealing.count_classes(data.labels, data.train, data.valid)
    for digit in range(10):
        assert counts[digit] == (
            sum(data.labels[row] == digit for row in data.train),
            sum(data.labels[row] == digit for row in data.valid),
        )


@pytest.mark.parametrize("bs", [1, 7, 60, 100])
@pytest.mark.parametrize("shuffle", [False, True])
def test_dealing_hands_out_every_card_once_an_epoch(bs, shuffle):
    for batches in dealing.deal(60, bs=bs, shuffle=shuffle, seed=5, epochs=3):
        assert sorted(card for batch in batches for card in batch) == list(range(60))
        assert [len(batch) for batch in batches] == [min(bs, 60 - start) for start in range(0, 60, bs)]


def test_dealing_in_order_agrees_with_a_dataloader():
    dl = DataLoader(range(10), batch_size=4)
    assert dealing.deal(10, bs=4, shuffle=False, seed=0) == [[batch.tolist() for batch in dl]]


def test_a_shuffled_deal_follows_from_its_seed_and_changes_from_epoch_to_epoch():
    first, again, other = (dealing.deal(60, bs=10, shuffle=True, seed=seed, epochs=2) for seed in (4, 4, 5))
    assert first == again
    assert first != other
    assert first[0] != first[1]


def test_a_deck_has_as_many_cards_of_each_digit_in_order(data):
    assert dealing.deck_of(data, size=60) == sorted([*range(10)] * 6)
    assert dealing.deck_of(data.select("37"), size=60) == [3] * 30 + [7] * 30


def test_classes_per_batch_are_counted_as_sets_are():
    labels = [0, 0, 1, 2, 2, 9]
    batches = [[0, 1], [2, 3, 4], [5]]
    assert dealing.classes_per_batch(labels, batches) == [len({labels[i] for i in batch}) for batch in batches]


@pytest.mark.parametrize("bs", [1, 2, 3, 64, 256, 1000])
def test_the_weighted_mean_of_batches_is_the_accuracy_and_fastais_metric(bs):
    generator = torch.Generator().manual_seed(0)
    preds, yb = torch.randn(359, 1, generator=generator), torch.randint(0, 2, (359, 1), generator=generator)
    right = ((preds > 0) == yb).flatten().numpy()
    accs, sizes = dealing.batch_means(right, bs=bs)
    parts = [batch_accuracy(p, y).item() for p, y in zip(preds.split(bs), yb.split(bs), strict=True)]
    assert accs == pytest.approx(parts)
    assert sizes.tolist() == [len(part) for part in preds.split(bs)]
    assert dealing.weighted_mean(accs, sizes) == pytest.approx(right.mean())
    metric = AvgMetric(batch_accuracy)
    metric.reset()
    for p, y in zip(preds.split(bs), yb.split(bs), strict=True):
        metric.accumulate(_Batch(p, y))
    assert dealing.weighted_mean(accs, sizes) == pytest.approx(metric.value.item())
    assert dealing.mean_of_batches(accs) == pytest.approx(torch.tensor(parts).mean().item())
    assert dealing.gap(right, bs) == pytest.approx(np.mean(parts) - right.mean(), abs=1e-6)


class _Batch:
    """What a fastai metric looks at."""

    def __init__(self, pred, yb):
        self.pred, self.yb, self.y = pred, (yb,), yb

    def to_detach(self, value):
        return value


def test_the_means_agree_where_the_last_batch_is_full():
    right = np.random.default_rng(0).random(360) < 0.7
    assert dealing.gap(right, 60) == pytest.approx(0, abs=1e-12)
    assert dealing.gap(right, 360) == pytest.approx(0, abs=1e-12)
    assert dealing.gap(np.array([1, 1, 1, 0]), 3) == pytest.approx(0.5 - 0.75)


def test_mixing_keeps_the_values_and_follows_from_its_seed():
    right = np.arange(50) < 30
    mixed = dealing.mix(right, seed=0)
    assert mixed.sum() == 30
    assert not np.array_equal(mixed, right)
    assert np.array_equal(mixed, dealing.mix(right, seed=0))


def test_the_luckiest_guesser_is_no_better_on_new_images():
    luck = dealing.keep_the_luckiest(300, images=200)
    assert np.all(np.diff(luck.valid) >= 0)
    assert 0.55 < luck.valid[-1] < 0.65  # three standard deviations of 200 coins are 0.106
    ends = [dealing.keep_the_luckiest(100, images=200, seed=seed) for seed in range(200)]
    assert np.mean([end.test[-1] for end in ends]) == pytest.approx(0.5, abs=0.01)
    assert np.mean([end.valid[-1] for end in ends]) == pytest.approx(0.5 + 2.5 * 0.0354, abs=0.01)  # Blom: 100 normals


def test_shared_counts_what_both_hold():
    assert dealing.shared(torch.tensor([5, 1, 3]), torch.tensor([3, 4, 5])) == len({5, 1, 3} & {3, 4, 5})


@pytest.mark.parametrize(("digits", "classes"), [("0123456789", 10), ("37", 2)])
def test_batches_in_order_teach_the_last_digit_only_and_shuffled_ones_all(digits, classes):
    in_order, shuffled = (
        dealing.train_one_epoch(data="digits", digits=digits, bs=32, lr=0.1, shuffle=shuffle)
        for shuffle in (False, True)
    )
    assert in_order.accuracy == pytest.approx(1 / classes, abs=0.03)
    assert in_order.said[int(digits[-1])] == len(in_order.right)
    assert shuffled.accuracy > in_order.accuracy + 0.4
    for epoch in (in_order, shuffled):
        assert epoch.accuracy == epoch.right.mean()
        assert sum(epoch.said.values()) == len(epoch.right)
        assert np.isfinite(epoch.losses).all()


def test_one_epoch_agrees_with_a_loop_in_torch():
    data = load("digits")
    epoch = dealing.train_one_epoch(data="digits", digits="0123456789", bs=32, lr=0.1, shuffle=False, seed=1)
    x, y = torch.tensor(data.images[data.train]).float().view(-1, 784) / 255, torch.tensor(data.labels[data.train])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = torch.nn.Linear(784, 10)
    opt, losses = torch.optim.SGD(model.parameters(), lr=0.1), []
    for xb, yb in zip(x.split(32), y.split(32), strict=True):
        loss = torch.nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
    assert epoch.losses == pytest.approx(losses, rel=1e-4, abs=1e-5)


def test_the_write_ups_figures_come_out_on_mnist(real_mnist):
    ten, two = "0123456789", "37"
    accuracy = {
        (digits, shuffle): dealing.train_one_epoch(
            data="mnist", digits=digits, bs=256, lr=0.1, shuffle=shuffle
        ).accuracy
        for digits in (ten, two)
        for shuffle in (False, True)
    }
    assert accuracy[ten, False] == pytest.approx(0.101, abs=0.003)
    assert accuracy[ten, True] == pytest.approx(0.889, abs=0.01)
    assert accuracy[two, False] == pytest.approx(0.507, abs=0.005)
    assert accuracy[two, True] == pytest.approx(0.966, abs=0.005)
