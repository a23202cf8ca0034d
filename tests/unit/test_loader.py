import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.data.loader import TensorDataLoader, make_dls

pytestmark = pytest.mark.both_sources


def numbered(n: int, **options) -> TensorDataLoader:
    """A loader whose targets are the images' numbers."""
    return TensorDataLoader(torch.zeros(n, 28, 28, dtype=torch.uint8), torch.arange(n), **options)


def order(dl: TensorDataLoader) -> list[int]:
    return torch.cat([yb for _, yb in dl]).tolist()


def test_without_shuffling_it_gives_what_torchs_loader_gives():
    images = torch.randint(0, 256, (1000, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(1000)
    ours = TensorDataLoader(images, targets, bs=256)
    theirs = DataLoader(TensorDataset(images.float().div(255).unsqueeze(1), targets), batch_size=256)
    assert len(ours) == len(theirs) == 4
    for (xb, yb), (xt, yt) in zip(ours, theirs, strict=True):
        assert torch.equal(xb, xt)
        assert torch.equal(yb, yt)


def test_every_epoch_deals_every_image_once_in_another_order():
    dl = numbered(1000, bs=64, shuffle_seed=7)
    first = order(dl)
    dl.epoch = 1
    second = order(dl)
    assert sorted(first) == sorted(second) == list(range(1000))
    assert first != second != list(range(1000))


def test_the_order_of_an_epoch_follows_from_seed_and_epoch_alone():
    dl = numbered(1000, bs=64, shuffle_seed=7)
    dl.epoch = 3
    again = numbered(1000, bs=64, shuffle_seed=7)
    again.epoch = 3
    other = numbered(1000, bs=64, shuffle_seed=8)
    other.epoch = 3
    assert order(dl) == order(dl) == order(again) != order(other)


def test_with_a_shift_every_image_is_moved_by_up_to_so_many_pixels_and_what_comes_in_is_black():
    images = torch.randint(1, 256, (500, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    dl = TensorDataLoader(images, torch.arange(500), bs=64, shuffle_seed=3, shift=2, shift_seed=3)
    framed = torch.nn.functional.pad(images.float() / 255, (2, 2, 2, 2))
    moves = set()
    for xb, yb in dl:
        for image, number in zip(xb[:, 0], yb.tolist(), strict=True):
            moves |= {
                (y, x) for y in range(5) for x in range(5) if torch.equal(image, framed[number, y : y + 28, x : x + 28])
            }
    assert moves == {(y, x) for y in range(5) for x in range(5)}


def test_moves_are_dealt_anew_in_each_epoch_and_follow_from_seed_and_epoch_alone():
    images = torch.randint(1, 256, (100, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))

    def dealt(epoch: int, skip: int = 0) -> torch.Tensor:
        dl = TensorDataLoader(images, torch.arange(100), bs=30, shift=1, shift_seed=3)
        dl.epoch, dl.skip = epoch, skip
        return torch.cat([xb for xb, _ in dl])

    assert torch.equal(dealt(0), dealt(0))
    assert not torch.equal(dealt(0), dealt(1))
    assert torch.equal(dealt(1, skip=2), dealt(1)[60:])


def test_with_two_digits_the_first_is_1_and_the_second_0(source):
    data = load(source, digits="37")
    dls = make_dls(data, TrainConfig(data=source, digits="37", shuffle=False), torch.device("cpu"))
    labels = torch.from_numpy(data.labels[data.train])
    targets = torch.cat([yb for _, yb in dls.train])
    assert targets.shape == (len(labels), 1)
    assert torch.equal(targets.squeeze(1) == 1, labels == 3)


def test_with_more_digits_a_target_is_the_index_of_its_class(source):
    data = load(source, digits="479")
    dls = make_dls(data, TrainConfig(data=source, digits="479", shuffle=False), torch.device("cpu"))
    targets = torch.cat([yb for _, yb in dls.valid])
    assert torch.equal(torch.tensor([4, 7, 9])[targets], torch.from_numpy(data.labels[data.valid]))
