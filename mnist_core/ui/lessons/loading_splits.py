"""Parts of the page Loading: who decides which images are for training, and why there are three sets."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import ArrayLike

from mnist_core.chapter import dealing
from mnist_core.chapter.folders import grandparent
from mnist_core.data import DigitData
from mnist_core.ui import chart
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

FOLDERS, RANDOM, SAMPLER = "Given folders", "At random", "By a sampler"
SHOWN = 40
COINS, IMAGES = 300, 200


def splits() -> None:
    """Part "Splits": three ways to split, on the data in use."""
    data = current_data()
    rows = np.concatenate([data.train, data.valid])
    st.header("Which images may the model learn from?")
    st.markdown(
        "A model must be checked on images that it has never seen. So some images are kept apart. The **training "
        "set** is what the model learns from. The **validation set** is what we check it with, after each epoch. Who "
        "decides which image goes where?"
    )
    way = st.segmented_control(
        "Who decides", [FOLDERS, RANDOM, SAMPLER], default=FOLDERS, required=True, key="loading_split", **BOUND
    )
    if way == FOLDERS:
        _by_folders(data, rows)
    else:
        _at_random(data, rows, way)


def _by_folders(data: DigitData, rows: np.ndarray) -> None:
    """GrandparentSplitter: the folder above the label's folder decides."""
    shown = rows[_spread(len(rows))]
    paths = [dealing.file_path(data, int(row)) for row in shown]
    train, valid = dealing.grandparent_split(paths, train_name="training", valid_name="testing")
    file = paths[valid[-1]]
    folder, label, name = file.split("/")
    if not ask(
        f"A file lies at `{file}`. Which part says whether it is for training?",
        [folder, label, name],
        right=grandparent(file),
        because=f"`{folder}` is the folder of the folder. The folder right above the file, `{label}`, is its label.",
        key="loading_folder",
    ):
        return
    st.markdown(
        "The one who made the data decided. The label is the *parent* folder of a file; the folder above it, its "
        "*grandparent*, says `training` or `testing`. fastai's **GrandparentSplitter** reads just that."
        + (
            ""
            if data.source.name == "mnist"
            else " The digits from scikit-learn come without folders: here are the paths that they would have, after "
            "the split that this lab uses for them."
        )
    )
    st.code(
        'splitter = GrandparentSplitter(train_name="training", valid_name="testing")',
        wrap_lines=True,
    )
    table = [
        {
            "Path": paths[i],
            "Grandparent": paths[i].split("/")[0],
            "Parent, the label": paths[i].split("/")[1],
            "Goes to": name,
        }
        for name, side in (("training", train[:3]), ("validation", valid[:3]))
        for i in side
    ]
    st.table(pd.DataFrame(table).set_index("Path"), alt="Where six of the files go")
    _show_sides(data, shown, train, valid)
    _show_counts(data, data.train, data.valid)
    show_source(
        dealing.file_path,
        dealing.grandparent_split,
        calls=f"""
# A split by folders
rows = np.concatenate([data.train, data.valid])
paths = [file_path(data, int(row)) for row in rows[:: len(rows) // {SHOWN}][:{SHOWN}]]
train, valid = grandparent_split(paths, train_name="training", valid_name="testing")
print(paths[train[0]], "is for training, and", paths[valid[0]], "for validation")
print("Of", len(paths), "files", len(train), "are for training,", len(valid), "for validation")
print(f"Of all images {{len(data.train):,}} and {{len(data.valid):,}}")
""",
    )


def _at_random(data: DigitData, rows: np.ndarray, way: str) -> None:
    """RandomSplitter, and the same by SubsetRandomSampler."""
    st.markdown(
        f"All {len(rows):,} images in one pile: fastai's **RandomSplitter** shuffles their numbers and cuts. The "
        "*seed* is a number that the random order follows from."
        if way == RANDOM
        else f"All {len(rows):,} images stay in one Dataset. Their numbers are shuffled and cut, and each DataLoader "
        "gets a **SubsetRandomSampler**: torch's way to give out only some of the items, in a new random order each "
        "epoch."
    )
    with st.container(horizontal=True):
        percent = st.slider("Share kept for validation, %", 5, 50, 20, step=5, key="loading_share", width=260, **BOUND)
        seed = st.number_input("Seed of the split", 0, 9999, 42, key="loading_split_seed", width=160, **BOUND)
    pct = percent / 100
    train, valid = dealing.random_split(len(rows), valid_pct=pct, seed=seed)
    again = dealing.random_split(len(rows), valid_pct=pct, seed=seed)[1]
    other = dealing.random_split(len(rows), valid_pct=pct, seed=seed + 1)[1]
    changed = len(valid) - dealing.shared(valid, again)
    if not ask(
        "We split twice with the same seed. How many images change sides?",
        ["None", f"About {percent} %", "All"],
        right="None" if not changed else "All",
        because="The same seed gives the same order, and so the same split. Without a seed every start of the notebook "
        "has another validation set, and its accuracies cannot be compared.",
        key="loading_same_seed",
    ):
        return
    st.code(_code(way, pct, seed), wrap_lines=True)
    st.markdown(
        f"{len(train):,} images for training, {len(valid):,} for validation. With the seed {seed} once more, {changed} "
        f"images change sides. With the seed {seed + 1}, only {dealing.shared(valid, other):,} of the {len(valid):,} "
        "validation images are the same."
    )
    if way == SAMPLER:
        first, second = dealing.sampler_order(valid, seed=seed, epochs=2)
        st.markdown(
            f"The first numbers that the validation sampler gives in epoch 1: {_numbers(first)}. In epoch 2: "
            f"{_numbers(second)}. The same {len(first):,} images, in another order. And with the same seed it is the "
            "same split as the RandomSplitter's: both shuffle with `torch.randperm`."
        )
    shown = _spread(len(rows))
    is_valid = np.isin(shown, valid.numpy())
    _show_sides(data, rows[shown], np.flatnonzero(~is_valid), np.flatnonzero(is_valid))
    _show_counts(data, rows[train.numpy()], rows[valid.numpy()])
    calls = f"""
# A split at random
n = len(data.train) + len(data.valid)
train, valid = random_split(n, valid_pct={pct}, seed={seed})
print(f"{{len(train):,}} images for training, {{len(valid):,}} for validation")
again, other = (random_split(n, valid_pct={pct}, seed=seed)[1] for seed in ({seed}, {seed + 1}))
print(len(valid) - shared(valid, again), "change sides with the same seed")
print(f"{{shared(valid, other):,}} are in both with the next seed")
"""
    if way == SAMPLER:
        calls += f"""for order in sampler_order(valid, seed={seed}, epochs=2):
    print("An epoch begins with", order[:5])"""
    show_source(dealing.random_split, dealing.sampler_order, dealing.shared, calls=calls)


def _code(way: str, pct: float, seed: int) -> str:
    if way == RANDOM:
        return f"splitter = RandomSplitter(valid_pct={pct:g}, seed={seed})\ntrain, valid = splitter(files)"
    return (
        f"torch.manual_seed({seed})\nshuffled = torch.randperm(len(dset))\ncut = int({pct:g} * len(dset))\n"
        "train_dl = DataLoader(dset, sampler=SubsetRandomSampler(shuffled[cut:]))\n"
        "valid_dl = DataLoader(dset, sampler=SubsetRandomSampler(shuffled[:cut]))"
    )


def _numbers(order: list[int]) -> str:
    return ", ".join(map(str, order[:5]))


def _spread(n: int) -> np.ndarray:
    """The positions of a few images from all over the data."""
    return np.arange(SHOWN) * (n // SHOWN)


def _show_sides(data: DigitData, rows: np.ndarray, train: ArrayLike, valid: ArrayLike) -> None:
    """A few images in their two sets."""
    st.markdown(f"{SHOWN} of the images, and where they go:")
    for name, side, key in (("training", train, "train"), ("validation", valid, "valid")):
        here = rows[np.asarray(side, dtype=int)]
        st.markdown(f"**For {name}: {len(here)} of {SHOWN}**")
        digit_wall(
            data.images[here],
            [f"a handwritten {label}" for label in data.labels[here]],
            key=f"loading_wall_{key}",
            label=f"Images for {name}",
            captions=[str(row) for row in here],
            side=40,
        )


def _show_counts(data: DigitData, train: np.ndarray, valid: np.ndarray) -> None:
    """All images, counted by digit."""
    counts = dealing.count_classes(data.labels, train, valid)
    table = pd.DataFrame(counts, index=["Training", "Validation"]).T.rename(index="digit {}".format)
    st.markdown(f"All images by digit: {len(train):,} for training and {len(valid):,} for validation.")
    st.table(table, alt="Images by digit")


def three_sets() -> None:
    """Part "Three sets": what training, validation and test set are for, and an accuracy that is only luck."""
    st.header("Why three sets?")
    st.markdown(
        "- **Training set**: the model changes its weights to fit these images. Its accuracy here says little: it "
        "may have learned them by heart.\n"
        "- **Validation set**: *metrics*, such as the accuracy, are worked out here. You use them to choose: the "
        "learning rate, the number of epochs, the model.\n"
        "- **Test set**: looked at once, at the very end. Nothing was chosen with it, so its accuracy is honest.\n\n"
        "Does choosing really make a number better than it is? Take 300 models that only toss a coin between 3 and 7, "
        "and keep the one with the best validation accuracy."
    )
    luck = dealing.keep_the_luckiest(COINS, images=IMAGES)
    best, test = luck.valid[-1], luck.test[-1]
    options = {"About 50 %": 0.5, f"{best:.1%}, as before": best, "100 %": 1.0}
    if not ask(
        f"The best of them is right for {best:.1%} of 200 validation images. And for 200 new images?",
        list(options),
        right=min(options, key=lambda option: abs(options[option] - test)),
        because=f"It gets {test:.1%} of the new ones. It knows nothing. Its validation accuracy was luck, and we chose "
        "the luck.",
        key="loading_coins",
    ):
        return
    tried = range(1, len(luck.valid) + 1)
    chart.show_lines(
        "loading_luck",
        [
            chart.line("on the validation set", tried, luck.valid, chart.BLUE),
            chart.line("the same model on a test set", tried, luck.test, chart.ORANGE),
        ],
        title="Accuracy of the luckiest of n coin tossers",
        x_name="models tried",
        height=260,
        x_axis={"type": "log", "max": len(tried)},
        alt=f"After {len(luck.valid)} models the best has {luck.valid[-1]:.3f} on 200 validation images and "
        f"{luck.test[-1]:.3f} on 200 test images.",
    )
    st.markdown(
        "Real models are better than coins, but the same happens to them on a smaller scale: the best figure of many "
        "tries, on the images that you chose with, is a little too good."
    )
    st.info(
        "One of the five write-ups did all three: a random fifth of the training images for validation, and MNIST's "
        "testing images once, at the end. The other four have no test set, as the chapter has none; one of them calls "
        "a validation image `test_x`. This lab follows the chapter, and so it says *validation*, never *test*.",
        icon=":material/info:",
    )
    show_source(
        dealing.keep_the_luckiest,
        calls=f"""
# The luckiest of {COINS} coin tossers
luck = keep_the_luckiest({COINS}, images={IMAGES})
print(f"The best is right for {{luck.valid[-1]:.1%}} of {IMAGES} validation images")
print(f"and for {{luck.test[-1]:.1%}} of {IMAGES} new ones")
""",
    )
