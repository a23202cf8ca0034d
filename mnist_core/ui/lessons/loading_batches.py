"""Parts of the page Loading: pairs, the batch dealer, sorted or shuffled, the last batch."""

from functools import partial

import numpy as np
import streamlit as st

from mnist_core.chapter import dealing
from mnist_core.chapter.dealing import OneEpoch, Pair
from mnist_core.data import DigitData
from mnist_core.ui import chart
from mnist_core.ui.data import current_data
from mnist_core.ui.dealer import dealer
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

TEN, TWO = "All ten", "3 and 7"
DIGITS = {TEN: "0123456789", TWO: "37"}
CARDS = 60
BATCH_SIZES = {"mnist": 256, "digits": 32}
"""Of the trainings on this page: the write-ups' on MNIST; on 1,797 images that would be but six steps an epoch."""


@st.cache_resource(show_spinner=False, max_entries=2)
def _dataset(source: str, _data: DigitData) -> list[Pair]:
    return dealing.make_dataset(_data.select(DIGITS[TWO]))


def pairs() -> None:
    """Part "Pairs": zip, Dataset, DataLoader, DataLoaders."""
    st.header("Each image with its label")
    st.markdown(
        "A model learns from examples. Each example is a pair: an image, called `x`, and its label, called `y`. The "
        "label says which digit it is. Python's `zip` makes pairs."
    )
    if not ask(
        "`list(zip([1, 2, 3, 4], 'abcd'))`: what is in this list?",
        ["4 pairs", "8 values", "2 lists"],
        right="4 pairs",
        because="`zip` takes the first of both, then the second of both, and so on.",
        key="loading_zip",
    ):
        return
    letters = st.text_input("Your own letters", "abcd", max_chars=8, key="loading_letters", width=200, **BOUND)
    numbers = [1, 2, 3, 4]
    zipped = dealing.zip_pairs(numbers, letters)
    st.code(f"list(zip({numbers}, {letters!r}))\n{zipped}", wrap_lines=True)
    if lost := max(4, len(letters)) - len(zipped):
        st.markdown(
            f"`zip` stops where the shorter one ends: {lost} left over, and no error. With images and labels that "
            "would hide a mistake. `zip(x, y, strict=True)` raises an error instead."
        )

    st.header("A Dataset is a list of such pairs")
    data = current_data()
    dset = _dataset(data.source.name, data)
    st.markdown(
        f"A **Dataset** is anything that gives a pair `(x, y)` for a number, and knows its length. Here it is a list: "
        f"all {len(dset):,} threes and sevens for training. An image is one row of 784 numbers. The label is 1 for a 3 "
        "and 0 for a 7."
    )
    pair = st.slider("Which pair, by its number", 0, len(dset) - 1, 0, key="loading_pair", **BOUND)
    x, y = dset[pair]
    digit_wall(
        dealing.to_bytes(x),
        [f"a handwritten {3 if y.item() else 7}"],
        key="loading_x",
        label="The image of the pair",
        side=112,
    )
    st.code(
        f"dset = list(zip(train_x, train_y))\nlen(dset)  # {len(dset)}\nx, y = dset[{pair}]\n"
        f"x.shape  # {tuple(x.shape)}\ny  # {y}",
        wrap_lines=True,
    )

    st.header("A DataLoader gives batches")
    st.markdown(
        "A model does not look at one pair at a time, but at many at once. That is a *mini-batch*. The **DataLoader** "
        "takes a Dataset and gives one batch after the other: many images stacked into `xb`, their labels into `yb`. "
        "The *seed* is a number that the random order follows from: the same seed, the same batch."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bs = st.slider("Batch size, images", 1, 32, 8, key="loading_bs", width=260, **BOUND)
        seed = st.number_input("Seed of the shuffle", 0, 9999, 0, key="loading_seed", width=160, **BOUND)
        shuffle = st.toggle("Shuffle", True, key="loading_shuffle", **BOUND)
    xb, yb = dealing.first_batch(dset, bs=bs, shuffle=shuffle, seed=seed)
    targets = yb.flatten().tolist()
    digit_wall(
        dealing.to_bytes(xb),
        [f"a handwritten {3 if target else 7}" for target in targets],
        key="loading_batch",
        label="The images of the first batch",
        captions=[f"y = {target}" for target in targets],
        side=56,
    )
    st.code(
        f"dl = DataLoader(dset, batch_size={bs}, shuffle={shuffle})\nxb, yb = next(iter(dl))\n"
        f"xb.shape  # {tuple(xb.shape)}\nxb.dtype  # {xb.dtype}\n"
        f"yb.shape  # {tuple(yb.shape)}\nyb.dtype  # {yb.dtype}",
        wrap_lines=True,
    )
    if not shuffle:
        st.markdown("Without shuffling a batch holds only threes: the list begins with all of them.")
    st.markdown(
        "**DataLoaders**, with an *s*, is fastai's word for two of them side by side: `dls.train` gives the batches to "
        "learn from, `dls.valid` those to check with. A `Learner`, which does the training for you, takes both at once."
    )
    show_source(
        dealing.zip_pairs,
        dealing.make_dataset,
        dealing.first_batch,
        calls=f"""
# Pairs, and a batch of them
print(zip_pairs({numbers}, {letters!r}))
dset = make_dataset(data.select("37"))
x, y = dset[{pair}]
print(len(dset), "pairs; of one x has the shape", tuple(x.shape), "and y is", y)
xb, yb = first_batch(dset, bs={bs}, shuffle={shuffle}, seed={seed})
print(tuple(xb.shape), xb.dtype, tuple(yb.shape), yb.dtype)
print("The labels of the batch:", yb.flatten().tolist())
""",
    )


def batch_dealer() -> None:
    """Part "The batch dealer": a deck dealt with and without shuffling."""
    st.header("How are batches dealt?")
    ten = dealing.deck_of(current_data(), size=CARDS)
    first = dealing.deal(CARDS, bs=10, shuffle=False, seed=0)[0][0]
    st.markdown(
        f"Here are {CARDS} cards instead of {len(current_data().train):,} images. A card is an image, and the number "
        "on it is its label. The deck is sorted, as the chapter's images are: first all 0s, then all 1s, and so on. "
        "A batch takes the next cards from the deck."
    )
    if not ask(
        "Not shuffled, 10 cards a batch: how many different digits are in the first batch?",
        ["1", "2", "6", "10"],
        right=str(dealing.classes_per_batch(ten, [first])[0]),
        because="There are only six cards of each digit: six 0s, then four 1s.",
        key="loading_first",
    ):
        return
    digits = st.segmented_control(
        "Digits in the deck", list(DIGITS), default=TEN, required=True, key="loading_deck", **BOUND
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bs = st.slider("Cards in a batch", 4, 30, 10, key="loading_cards", width=260, on_change=_gather, **BOUND)
        seed = st.number_input("Seed of the deck", 0, 9999, 0, key="loading_deal_seed", width=160, **BOUND)
        shuffle = st.toggle("Shuffle before each epoch", key="loading_mix", **BOUND)
    deck = dealing.deck_of(current_data().select(DIGITS[digits]), size=CARDS)
    epochs = dealing.deal(CARDS, bs=bs, shuffle=shuffle, seed=seed, epochs=2)
    _deal(deck, epochs)
    counts = dealing.classes_per_batch(deck, epochs[0])
    numbers = range(1, len(counts) + 1)
    chart.show_bars(
        "loading_classes",
        list(numbers),
        counts,
        title="Different digits in each batch of epoch 1",
        x_name="batch",
        digits=0,
        height=220,
        y_axis={"min": 0, "max": len(set(deck)), "minInterval": 1},
        alt="Different digits in each batch of epoch 1: "
        + ", ".join(f"batch {n} {c}" for n, c in zip(numbers, counts, strict=True)),
    )
    _real_batches(current_data())
    show_source(
        dealing.deck_of,
        dealing.deal,
        dealing.classes_per_batch,
        calls=f"""
# Cards dealt into batches
deck = deck_of(data.select("{DIGITS[digits]}"), size={CARDS})
epochs = deal({CARDS}, bs={bs}, shuffle={shuffle}, seed={seed}, epochs=2)
print("Different digits in each batch:", classes_per_batch(deck, epochs[0]))
labels = data.labels[data.train]
for shuffle in (False, True):
    batches = deal(len(labels), bs={BATCH_SIZES[current_data().source.name]}, shuffle=shuffle, seed=0)[0]
    counts = classes_per_batch(labels, batches)
    print(f"All images, {{len(batches)}} batches: {{sum(counts) / len(counts):.2f}} different digits")
""",
    )


def _gather() -> None:
    """Batches of another size begin with a whole deck."""
    st.session_state["loading_dealt"] = 0


def _deal(deck: list[int], epochs: list[list[list[int]]]) -> None:
    """The cards, with what moves them."""
    a_round = len(epochs[0])
    total = a_round * len(epochs)
    if st.session_state.get("loading_dealt", 0) > total:
        _gather()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dealt = st.slider("Batches dealt", 0, total, key="loading_dealt", width=260, **BOUND)
        for label, icon, target in [
            ("Deal a batch", "chevron_right", min(dealt + 1, total)),
            ("To the end of the epoch", "last_page", min((dealt // a_round + 1) * a_round, total)),
            ("Gather all", "first_page", 0),
        ]:
            choice = {"loading_dealt": target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    epoch, here = divmod(max(dealt - 1, 0), a_round)
    here += dealt > 0
    batches = epochs[epoch]
    words = f"Epoch {epoch + 1}: {here} of {a_round} batches are dealt."
    if here:
        last = [deck[card] for card in batches[here - 1]]
        words += f" Batch {here} holds {', '.join(map(str, last))}: {len(set(last))} different."
    if here == a_round:
        words += f" Every card was dealt once. **That is one epoch.** In it the model takes {a_round} steps."
    dealer(deck, batches, dealt=here, key="loading_dealer", alt=words.replace("*", ""))
    st.markdown(words)


@st.cache_data(show_spinner=False, max_entries=2)
def _mean_classes(source: str, bs: int, _data: DigitData) -> dict[bool, tuple[int, float]]:
    """Shuffled or not -> how many batches, and how many different digits one holds on average, on the real data."""
    labels = _data.labels[_data.train]
    counts = {
        shuffle: dealing.classes_per_batch(labels, dealing.deal(len(labels), bs=bs, shuffle=shuffle, seed=0)[0])
        for shuffle in (False, True)
    }
    return {shuffle: (len(some), float(np.mean(some))) for shuffle, some in counts.items()}


def _real_batches(data: DigitData) -> None:
    bs = BATCH_SIZES[data.source.name]
    means = _mean_classes(data.source.name, bs, data)
    st.markdown(
        f"The same with all {len(data.train):,} training images, {bs} in a batch: an epoch has {means[True][0]} "
        f"batches. In order, a batch holds {means[False][1]:.2f} different digits on average. Shuffled, it holds "
        f"{means[True][1]:.2f}."
    )


def _train(digits: str, *, shuffle: bool) -> OneEpoch:
    source = current_data().source.name
    return experiment(
        dealing.train_one_epoch,
        working=f"Training for one epoch, {'shuffled' if shuffle else 'in order'}",
        data=source,
        digits=DIGITS[digits],
        bs=BATCH_SIZES[source],
        lr=0.1,
        shuffle=shuffle,
    )


def sorted_or_shuffled() -> None:
    """Part "Sorted or shuffled": what batches in order do to training."""
    st.header("What if nobody shuffles?")
    data = current_data()
    digits = st.segmented_control(
        "Digits to tell apart", list(DIGITS), default=TEN, required=True, key="loading_task", **BOUND
    )
    model = "a linear model" if digits == TEN else "a model of two layers, the chapter's `simple_net`,"
    st.markdown(
        f"We train {model} twice for one epoch, from the same start, on the same images, with a learning rate of 0.1 "
        f"and {BATCH_SIZES[data.source.name]} images in a batch. Once the images come in order, all of one digit and "
        "then all of the next. Once they are shuffled."
    )
    in_order, shuffled = (_train(digits, shuffle=shuffle) for shuffle in (False, True))
    options = {"About 10 %": 0.1, "About 50 %": 0.5, "About 90 %": 0.9}
    nearest = min(options, key=lambda option: abs(options[option] - in_order.accuracy))
    most = max(in_order.said, key=lambda digit: in_order.said[digit])
    last = data.select(DIGITS[digits]).classes[-1]
    share = in_order.said[most] / len(in_order.right)
    if not ask(
        "In order: how many of the validation images does the model get right?",
        list(options),
        right=nearest,
        because=f"It gets {in_order.accuracy:.1%} right. It says {most} for {share:.0%} of the images, "
        f"{'the digit that it saw last' if most == last else f'though the last digit it saw was {last}'}.",
        key=f"loading_order_{DIGITS[digits]}",
    ):
        return
    left, right = st.columns(2)
    left.metric("Accuracy, in order", f"{in_order.accuracy:.4f}")
    right.metric("Accuracy, shuffled", f"{shuffled.accuracy:.4f}")
    chart.show_lines(
        "loading_losses",
        [
            chart.line("in order", range(1, 1 + len(in_order.losses)), in_order.losses, chart.ORANGE),
            chart.line("shuffled", range(1, 1 + len(shuffled.losses)), shuffled.losses, chart.BLUE),
        ],
        title="Loss of each batch",
        x_name="batch",
        y_axis={"min": 0},
        alt=f"Loss of each of {len(in_order.losses)} batches. In order it is highest at {in_order.losses.max():.2f} "
        f"and ends at {in_order.losses[-1]:.2f}; shuffled it goes from {shuffled.losses[0]:.2f} to "
        f"{shuffled.losses[-1]:.2f}.",
    )
    st.markdown(
        f"In order, the loss looks good within each digit: it falls as low as {in_order.losses.min():.2f}, as the "
        f"model gives the same answer every time. Then the next digit comes, and the loss jumps, up to "
        f"{in_order.losses.max():.2f}. Each digit wipes out what was learned about the digits before it. **A low "
        "training loss says nothing when the batches are not mixed.** Shuffled, every batch is a small picture of "
        "the whole."
    )
    published = (
        "Measured before on MNIST, mean of several seeds: 0.101 in order, 0.889 shuffled."
        if digits == TEN
        else "Measured before on MNIST: 0.507 in order, which is also what one write-up published, and 0.966 shuffled."
    )
    st.caption(f"{published} Only the training images need it: for validation the order does not matter.")
    show_source(
        dealing.train_one_epoch,
        calls=f"""
# Batches in order, and shuffled
name, digits, bs = "{data.source.name}", "{DIGITS[digits]}", {BATCH_SIZES[data.source.name]}
for shuffle in (False, True):
    epoch = train_one_epoch(data=name, digits=digits, bs=bs, lr=0.1, shuffle=shuffle)
    print(f"shuffle={{shuffle}}: accuracy {{epoch.accuracy:.4f}}, last loss {{epoch.losses[-1]:.2f}}")
""",
    )


def last_batch() -> None:
    """Part "The last batch": the mean of unequal batches against the accuracy."""
    st.header("Is the mean of the batches the accuracy?")
    st.markdown(
        "The chapter's `validate_epoch` works out the accuracy of each validation batch, and then takes the mean. But "
        "the last batch holds only what is left. It may be small, and still it counts as much as the others."
    )
    right = _train(TEN, shuffle=True).right
    if not ask(
        "When is the mean of the batch accuracies exactly the accuracy over all images?",
        ["Always", "When all batches are equally large", "Never"],
        right="When all batches are equally large",
        because="Only then does every image count the same.",
        key="loading_mean",
    ):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bs = st.slider("Batch size, images", 25, 300, 64, key="loading_last_bs", width=320, **BOUND)
        mixed = st.toggle("Shuffle the validation images", key="loading_last_mix", **BOUND)
    if mixed:
        right = dealing.mix(right, seed=0)
    _compare_means(right, bs)
    source = current_data().source.name
    show_source(
        dealing.train_one_epoch,
        dealing.mix,
        dealing.batch_means,
        dealing.mean_of_batches,
        dealing.weighted_mean,
        calls=f"""
# The mean of the batches, and the accuracy
name, digits, bs = "{source}", "{DIGITS[TEN]}", {BATCH_SIZES[source]}
epoch = train_one_epoch(data=name, digits=digits, bs=bs, lr=0.1, shuffle=True)
right = {"mix(epoch.right, seed=0)" if mixed else "epoch.right"}
accs, sizes = batch_means(right, bs={bs})
print(f"{{len(accs)}} batches; the last one holds {{sizes[-1]}} images, {{accs[-1]:.1%}} are right")
print(f"Mean of the batches {{mean_of_batches(accs):.5f}}, accuracy {{weighted_mean(accs, sizes):.5f}}")
""",
    )


def _compare_means(right: np.ndarray, bs: int) -> None:
    """The batches of one size as bars, their two means, and the difference for every size."""
    accs, sizes = dealing.batch_means(right, bs=bs)
    mean, true = dealing.mean_of_batches(accs), dealing.weighted_mean(accs, sizes)
    st.markdown(
        f"The model is the linear one, trained for one epoch. Its {len(right):,} validation images make {len(accs)} "
        f"batches. The last one holds **{sizes[-1]} of {bs}** images; {accs[-1]:.1%} of them are right."
    )
    columns = st.columns(3)
    columns[0].metric("Mean of the batches", f"{mean:.5f}")
    columns[1].metric("Accuracy over all images", f"{true:.5f}")
    columns[2].metric("Difference", f"{mean - true:+.5f}")
    chart.show_bars(
        "loading_accs",
        range(1, len(accs) + 1),
        accs,
        strong=len(accs) - 1,
        title="Accuracy of each batch, the last in orange",
        x_name="batch",
        height=240,
        y_axis={"min": 0, "max": 1},
        alt=f"Accuracy of {len(accs)} batches, from {accs.min():.3f} to {accs.max():.3f}; the last one has "
        f"{accs[-1]:.3f}.",
    )
    tried = range(25, 301)
    gaps = list(map(partial(dealing.gap, right), tried))
    here = tried.index(bs)
    chart.show_lines(
        "loading_gaps",
        [
            chart.line("difference", tried, gaps, chart.BLUE, width=1),
            chart.line("your batch size", [bs], gaps[here : here + 1], chart.ORANGE, width=0, marks=True),
        ],
        title="Mean of the batches minus accuracy",
        x_name="batch size, images",
        height=260,
        x_axis={"min": 25, "max": 300},
        alt=f"The difference for every batch size from 25 to 300: from {min(gaps):+.4f} to {max(gaps):+.4f}.",
    )
    none = [str(size) for size, gap in zip(tried, gaps, strict=True) if len(right) % size == 0 and abs(gap) < 1e-12]
    st.markdown(
        f"Batch sizes at which the two agree because the last batch is full: {', '.join(none)}. For the others the "
        "cure is to weigh: each batch counts by its number of images. fastai's recorder does this, and so does this "
        "lab."
    )
    st.code(
        f"accs.mean()\n# {mean:.5f}\n(accs * sizes).sum() / sizes.sum()\n# {true:.5f}",
        wrap_lines=True,
    )
