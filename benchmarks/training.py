"""How long an epoch takes: `python -m benchmarks.training`.

Four ways to train the same model on MNIST, measured in one run, in CPU seconds an epoch (training and validation, one
thread): ours, a bare loop over slices of tensors, fastai's Learner over `DataLoader(list(zip(x, y)))`, and the first
write-up's DataBlock from PNG files. The ratios are what DESIGN.md asks for; absolute times are this machine's.
"""

import statistics
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from fastai.vision.all import (
    SGD,
    CategoryBlock,
    DataBlock,
    DataLoader,
    DataLoaders,
    GrandparentSplitter,
    ImageBlock,
    IntToFloatTensor,
    Learner,
    PILImageBW,
    Resize,
    accuracy,
    get_image_files,
    parent_label,
)
from torch import Tensor, nn

from mnist_core import devices
from mnist_core.config import TrainConfig
from mnist_core.data import DigitData, load
from mnist_core.models import new_model
from mnist_core.training import make_learner

ROUNDS = 3
MODELS = ("linear", "mlp128", "cnn")
ASKED = {  # name of the other way -> the ratio to reach for each model; DESIGN.md
    "Learner over list(zip)": {"linear": 2.2, "mlp128": 1.6},
    "DataBlock from PNG": {"linear": 100, "mlp128": 60, "cnn": 2.3},
}
BARE_AT_MOST = {"linear": 1.3, "mlp128": 1.15}


def main(mnist: Path) -> None:
    warnings.simplefilter("ignore")
    devices.use_threads()
    data = load("mnist")
    tensors = [as_tensors(data, rows) for rows in (data.train, data.valid)]
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(mnist) as archive:
            archive.extractall(folder, filter="data")
        print(f"{'model':8} {'way':26} {'CPU s/epoch':>12} {'ratio':>8}   asked")
        for name in MODELS:
            measure(TrainConfig(model=name, lr=0.1, device="cpu"), data, tensors, Path(folder) / "mnist_png")


def measure(config: TrainConfig, data: DigitData, tensors: list[tuple[Tensor, Tensor]], pngs: Path) -> None:
    """Time the ways in turn, round by round, so that a slow minute of the machine strikes them all."""
    ways = {
        "ours": ours(config, data),
        "bare loop over slices": bare(config, tensors),
        "Learner over list(zip)": over_zip(config, tensors),
    }
    times = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, epoch in ways.items():
            times[way].append(cpu_seconds(epoch))
    times["DataBlock from PNG"] = [cpu_seconds(from_png(config, pngs))]
    mine = statistics.median(times["ours"])
    for way, seconds in times.items():
        median = statistics.median(seconds)
        if way == "bare loop over slices":
            ratio, asked = mine / median, BARE_AT_MOST.get(config.model)
            note = f"ours at most {asked} times" if asked else ""
        else:
            ratio, asked = median / mine, ASKED.get(way, {}).get(config.model)
            note = f"ours at least {asked} times faster" if asked else ""
        print(f"{config.model:8} {way:26} {median:12.3f} {ratio:8.2f}   {note}", flush=True)


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def as_tensors(data: DigitData, rows) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(data.images[rows]).float().div(255).unsqueeze(1)
    return images, torch.from_numpy(data.labels[rows])


def as_written(config: TrainConfig) -> nn.Module:
    """The model as the write-ups have it: the CNN with its ReLU before the pooling, in float32."""
    model = new_model(config)
    if config.model == "cnn":
        first, pool, relu, second, *_, flatten, last = model
        return nn.Sequential(first, relu, pool, second, relu, pool, flatten, last)
    return model


def ours(config: TrainConfig, data: DigitData) -> Callable[[], object]:
    learn = make_learner(config, data)
    return lambda: learn.fit(1, config.lr)


def bare(config: TrainConfig, tensors: list[tuple[Tensor, Tensor]]) -> Callable[[], object]:
    (train_x, train_y), (valid_x, valid_y) = tensors
    model = as_written(config)
    opt = torch.optim.SGD(model.parameters(), lr=config.lr)

    def epoch() -> None:
        for rows in torch.randperm(len(train_x)).split(config.bs):
            loss = F.cross_entropy(model(train_x[rows]), train_y[rows])
            loss.backward()
            opt.step()
            opt.zero_grad()
        with torch.no_grad():
            sum(
                (model(xb).argmax(1) == yb).sum() for xb, yb in zip(valid_x.split(256), valid_y.split(256), strict=True)
            )

    return epoch


def over_zip(config: TrainConfig, tensors: list[tuple[Tensor, Tensor]]) -> Callable[[], object]:
    (train_x, train_y), (valid_x, valid_y) = tensors
    dls = DataLoaders(
        DataLoader(list(zip(train_x, train_y, strict=True)), bs=config.bs, shuffle=True),
        DataLoader(list(zip(valid_x, valid_y, strict=True)), bs=config.bs),
    )
    return one_epoch(dls, config)


def from_png(config: TrainConfig, folder: Path) -> Callable[[], object]:
    block = DataBlock(
        blocks=(ImageBlock(cls=PILImageBW), CategoryBlock),
        get_items=get_image_files,
        splitter=GrandparentSplitter(train_name="training", valid_name="testing"),
        get_y=parent_label,
        item_tfms=Resize(28),
        batch_tfms=IntToFloatTensor(),
    )
    dls = block.dataloaders(folder, bs=config.bs, num_workers=0, device=torch.device("cpu"))
    return one_epoch(dls, config)


def one_epoch(dls: DataLoaders, config: TrainConfig) -> Callable[[], object]:
    learn = Learner(dls, as_written(config), loss_func=nn.CrossEntropyLoss(), opt_func=SGD, metrics=accuracy)

    def epoch() -> None:
        with learn.no_logging(), learn.no_bar():
            learn.fit(1, config.lr)

    return epoch


if __name__ == "__main__":
    source = load("mnist").source
    archive = Path(source.detail)
    if not archive.is_file():
        sys.exit("This benchmark reads PNG files from MNIST's archive: set MNIST_PATH to mnist_png.tgz.")
    main(archive)
