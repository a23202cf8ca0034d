"""Four ways to load the same image files for training, from all by hand to fastai's `DataBlock`.

Each takes a folder laid out as MNIST's, `{training,testing}/<digit>/*.png`, and gives fastai's `DataLoaders`: a loader
of training batches and one of validation batches. The ways are those of the first write-up. This module imports fastai
at its top, so that its functions read as they would in a notebook; the app's own process must not import it.
"""

from pathlib import Path

import torch
from fastai.data.load import DataLoader
from fastai.vision.all import (
    CategoryBlock,
    DataBlock,
    DataLoaders,
    GrandparentSplitter,
    ImageBlock,
    IntToFloatTensor,
    PILImageBW,
    Resize,
    get_image_files,
    parent_label,
    tensor,
)
from PIL import Image
from torch import Tensor
from torchvision import transforms
from torchvision.datasets import ImageFolder

CPU = torch.device("cpu")


def read_digits(folder: Path) -> tuple[Tensor, Tensor]:
    """All images of a folder of class folders, and their labels.

    Returns
    -------
    x : float32 Tensor of shape (n, 784) in [0, 1]
    y : int64 Tensor of shape (n,), the digit shown
    """
    images, labels = [], []
    for file in sorted(folder.glob("*/*.png")):
        images.append(tensor(Image.open(file)))  # (28, 28), uint8
        labels.append(int(file.parent.name))
    x = torch.stack(images).float() / 255  # (n, 28, 28)
    return x.view(-1, 28 * 28), tensor(labels)  # (n, 28, 28) -> (n, 784)


def by_hand(folder: Path, *, bs: int) -> DataLoaders:
    """Every step written out: read all files into one tensor, zip it with the labels, cut batches."""
    train_x, train_y = read_digits(folder / "training")
    valid_x, valid_y = read_digits(folder / "testing")
    train_dl = DataLoader(list(zip(train_x, train_y, strict=True)), bs=bs, shuffle=True)
    valid_dl = DataLoader(list(zip(valid_x, valid_y, strict=True)), bs=bs)
    return DataLoaders(train_dl, valid_dl)


def image_folder(folder: Path, *, bs: int) -> DataLoaders:
    """torchvision's `ImageFolder`: a folder's name is the label, a file is read when its turn comes."""
    to_grey = transforms.Compose([transforms.Grayscale(num_output_channels=1), transforms.ToTensor()])
    train_dl = DataLoader(ImageFolder(folder / "training", to_grey), bs=bs, shuffle=True)
    valid_dl = DataLoader(ImageFolder(folder / "testing", to_grey), bs=bs)
    return DataLoaders(train_dl, valid_dl)


def data_block(folder: Path, *, bs: int) -> DataLoaders:
    """fastai's `DataBlock`: a description of the data; fastai does the rest."""
    block = DataBlock(
        blocks=(ImageBlock(cls=PILImageBW), CategoryBlock),  # a grey image in, a category out
        get_items=get_image_files,
        splitter=GrandparentSplitter(train_name="training", valid_name="testing"),
        get_y=parent_label,
        item_tfms=Resize(28),
    )
    return block.dataloaders(folder, bs=bs, num_workers=0, device=CPU)


def data_block_batch_tfms(folder: Path, *, bs: int) -> DataLoaders:
    """The same, with `IntToFloatTensor` named as a transform of whole batches."""
    block = DataBlock(
        blocks=(ImageBlock(cls=PILImageBW), CategoryBlock),
        get_items=get_image_files,
        splitter=GrandparentSplitter(train_name="training", valid_name="testing"),
        get_y=parent_label,
        item_tfms=Resize(28),
        batch_tfms=IntToFloatTensor(),
    )
    return block.dataloaders(folder, bs=bs, num_workers=0, device=CPU)
