"""The parts of the Baseline page: ideal digits, differences, the nearest of them, how good that is, and where not."""

import random

import numpy as np
import streamlit as st
from torch import Tensor, from_numpy, stack

from mnist_core import charts
from mnist_core.chapter import baseline, tensors
from mnist_core.data import DigitData
from mnist_core.errors import DataError, ImageError
from mnist_core.images import to_mnist
from mnist_core.ui import lab
from mnist_core.ui.chart import show_bars
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lesson import ask
from mnist_core.ui.pad import drawing_pad
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

ALL = "all"
COUNTS = ["1", "2", "3", "5", "10", "20", "50", "100", "500", ALL]
DATA, DRAWING = "From the data", "Draw your own"
MOST_SHOWN = 60
AXIS = {"L1": 0.3, "RMSE": 0.5}  # the bars' axis stands still while an image moves


@st.cache_resource(show_spinner=False, max_entries=40)
def ideal_digit(source: str, digit: int, _data: DigitData) -> Tensor:
    """The mean of all training images of a digit."""
    return baseline.mean_digit(baseline.stacked(_data, digit))


def ideals(data: DigitData, digits: list[int]) -> Tensor:
    """The ideal digits, shape (k, 28, 28)."""
    return stack([ideal_digit(data.source.name, digit, data) for digit in digits])


def measured(data: DigitData) -> dict[str, np.ndarray]:
    """The distances of all validation images to all ideal digits."""
    working = f"Comparing {len(data.valid):,} images with {len(data.classes)} ideal digits"
    return experiment(baseline.measure, working=working, source=data.source.name)


def choose_digits(data: DigitData) -> list[int]:
    """The digits to tell apart, the same in every part of the page; at first the chapter's 3 and 7."""
    digits = st.segmented_control(
        "Digits to tell apart",
        data.classes,
        selection_mode="multi",
        default=[3, 7],
        key="baseline_digits",
        **lab.BOUND,
    )
    with st.container(horizontal=True):
        for label, some in (("3 and 7", [3, 7]), ("4 and 9", [4, 9]), ("All", list(data.classes))):
            choice = {"baseline_digits": some}
            st.button(label, type="tertiary", on_click=st.session_state.update, args=(choice,))
    if len(digits) < 2:
        raise DataError("With fewer than two digits there is nothing to tell apart: choose two or more.")
    return sorted(digits)


def ideal() -> None:
    """The mean of more and more images of a digit, then those of all digits."""
    data = current_data()
    st.markdown(
        "How would you tell a 3 from a 7 without any learning? Here is a simple idea: make one **ideal 3** and one "
        "**ideal 7**, and look which of them an image is like. We lay many images of a digit on top of each other and "
        "take, for each pixel, the mean. This is the *mean image*."
    )
    digit = st.segmented_control("Digit", data.classes, default=3, required=True, key="baseline_mean", **lab.BOUND)
    total = len(tensors.images_of(data, digit))
    if not ask(
        f"What will the mean of all {total:,} images look like?",
        [f"A sharp {digit}", f"A blurred {digit}", "Even grey"],
        right=f"A blurred {digit}",
        because="Where nearly all have ink, the mean is bright. Where some have ink and some have none, it is grey.",
        key=f"baseline_mean_guess_{digit}",
    ):
        return
    count = st.select_slider("Images to take the mean of", COUNTS, "1", key="baseline_count", **lab.BOUND)
    stacked = baseline.stacked(data, digit, count=None if count == ALL else int(count))
    left, right = st.columns([1, 3], gap="large", vertical_alignment="center")
    with left:
        show_digit(
            baseline.mean_digit(stacked).numpy(), alt=f"The mean of {len(stacked):,} images of the digit {digit}"
        )
    with right:
        st.code(
            f"stacked = torch.stack(images).float() / 255  # shape {tuple(stacked.shape)}\n"
            f"mean{digit} = stacked.mean(0)  # shape (28, 28)",
            wrap_lines=True,
        )
        st.caption(f"`mean(0)` takes the mean along the first axis, which counts the images: {len(stacked):,} here.")
    st.markdown("**The ideal digits**, each the mean of all its training images:")
    digit_wall(
        tensors.to_bytes(ideals(data, list(data.classes))).numpy(),
        [f"The ideal {digit}, blurred" for digit in data.classes],
        key="baseline_ideals",
        label="The ideal digits",
        captions=[str(digit) for digit in data.classes],
        side=72,
    )
    show_source(
        baseline.stacked,
        baseline.mean_digit,
        calls=f"""
# The mean image of a digit
images = stacked(data, {digit})
some = images[:{"" if count == ALL else count}]
mean{digit} = mean_digit(some)
print(f"{{len(images):,}} images of a {digit}")
print("The mean of", tuple(some.shape), "has the shape", tuple(mean{digit}.shape))
plt.imshow(mean{digit}.numpy(), cmap="gray")
""",
    )


def difference() -> None:
    """One image minus an ideal digit: why the plain mean fails, and the two cures."""
    data = current_data()
    st.markdown(
        "How far is an image from an ideal digit? Subtract them, pixel by pixel. That gives 784 differences. One "
        "number is needed, so we take their mean. **Is that enough?**"
    )
    digit = st.segmented_control("A digit", data.classes, default=3, required=True, key="baseline_a", **lab.BOUND)
    number = _choose_number("baseline_a_number", len(tensors.images_of(data, digit)), _first(data, digit))
    other = st.segmented_control(
        "Minus the ideal", data.classes, default=7, required=True, key="baseline_b", **lab.BOUND
    )
    a, b = tensors.to_unit(tensors.image_tensor(data, digit, number)), ideal_digit(data.source.name, other, data)
    names = [f"a: this {digit}", f"b: ideal {other}", "a - b"]
    with st.container(width=520):
        weight_grid(stack([a, b, a - b]).numpy(), names, key="baseline_difference", what="values")
    plain, l1, rmse = (way(a, b).item() for way in (baseline.plain_difference, *baseline.DISTANCES.values()))
    near = "Near 0"
    if not ask(
        "In a - b, red is more ink than the ideal, blue is less. What is the mean of all 784 differences?",
        [near, "Far from 0"],
        right=near if abs(plain) < l1 / 2 else "Far from 0",
        because=f"It is {plain:+.4f}, but a pixel differs by {l1:.4f} on average. Too much ink here and too little "
        f"there **cancel** each other{'' if abs(plain) < l1 / 2 else ' in part'}. The mean only says which of the two "
        "has more ink. It is no distance.",
        key="baseline_cancel",
    ):
        return
    _two_cures(a, b, plain, l1, rmse)
    show_source(
        tensors.image_tensor,
        tensors.to_unit,
        baseline.stacked,
        baseline.mean_digit,
        baseline.plain_difference,
        baseline.mnist_distance,
        baseline.rmse,
        baseline.by_torch,
        calls=f"""
# An image minus an ideal digit
a = to_unit(image_tensor(data, {digit}, {number}))
b = mean_digit(stacked(data, {other}))
for distance in (plain_difference, mnist_distance, rmse):
    print(f"{{distance.__name__}}: {{distance(a, b):.4f}}")
for code, value in by_torch(a, b).items():
    print(f"{{code}}  # {{value:.4f}}")
plt.imshow((a - b).numpy(), cmap="coolwarm", vmin=-1, vmax=1)
""",
    )


def _two_cures(a: Tensor, b: Tensor, plain: float, l1: float, rmse: float) -> None:
    st.markdown("Make every difference positive before the mean is taken. There are two ways:")
    ways = [
        ("Plain difference", "(a - b).mean()", plain, "signs cancel"),
        ("L1, mean absolute difference", "(a - b).abs().mean()", l1, "drop the signs"),
        ("RMSE (or L2), root mean squared error", "((a - b)**2).mean().sqrt()", rmse, "square, and undo it at the end"),
    ]
    columns = ("Name", "Code", "Value", "What it does")
    st.table(
        [
            dict(zip(columns, (name, f"`{code}`", f"{value:.4f}", does), strict=True))
            for name, code, value, does in ways
        ],
        hide_index=True,
        alt="Three ways to make one number of the differences",
    )
    st.markdown(
        "A square makes large differences larger still: 0.9 becomes 0.81, but 0.1 only 0.01. So RMSE minds a few large "
        "differences more than many small ones. Without the root it is called the *mean squared error*, MSE. PyTorch "
        "has both, under their names as losses:"
    )
    st.code(
        "\n".join(f"{code}  # {value:.4f}" for code, value in baseline.by_torch(a, b).items()),
        wrap_lines=True,
    )


def _first(data: DigitData, digit: int) -> int:
    """The image to begin with: the chapter's own 3, where there is one."""
    return tensors.first_number(data) if digit == 3 else 0


def _choose_number(key: str, count: int, first: int) -> int:
    if st.session_state.get(key, 0) >= count:
        st.session_state[key] = count - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(f"Image, 0 to {count - 1:,}", 0, count - 1, first, key=key, width=200, **lab.BOUND)
        for label, icon, target in [
            ("Next", "chevron_right", (number + 1) % count),
            ("Random", "shuffle", random.randrange(count)),
        ]:
            choice = {key: target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    return number


def nearest() -> None:
    """Distances of one image, from the data or drawn, to the ideal digits, as bars."""
    data = current_data()
    st.markdown(
        "Now the machine can say what an image shows: **the digit whose ideal is nearest**, the shortest bar. It was "
        "never trained. Take an image that it has not seen, or draw one."
    )
    digits = choose_digits(data)
    way = st.segmented_control("Image", [DATA, DRAWING], default=DATA, required=True, key="baseline_way", **lab.BOUND)
    if way == DATA:
        digit, number = _choose_validation_image(data)
        code = f"image_at(data, validation_images(data, {digit})[{number}])"
        image = tensors.image_at(data, int(baseline.validation_images(data, digit)[number]))
        pixels, name = _move_and_compare(data, digits, tensors.to_unit(image), digit)
    else:
        left, right = st.columns([2, 3], gap="large")
        with left:
            drawing = drawing_pad("baseline_pad")
        with right:
            if drawing is None or drawing.is_blank:
                st.info("Nothing drawn yet. Draw one digit, as large as you like.", icon=":material/info:")
                return
            try:
                image = tensors.to_bytes(from_numpy(to_mnist(drawing.pixels).result))
            except ImageError as error:
                st.warning(str(error), icon=":material/info:")
                return
            pixels, name = _move_and_compare(data, digits, tensors.to_unit(image), None)
        code = tensors.as_code(image)
    st.markdown(
        "All this is one line. `means` has the shape "
        f"({len(digits)}, 28, 28) and the image (28, 28). PyTorch subtracts the one image from every mean, without a "
        "loop. This is called *broadcasting*; the page Tensors shows how it works."
    )
    st.code("(image - means).abs().mean((-1, -2))  # L1: one number for each ideal digit", wrap_lines=True)
    st.page_link(
        "pages/2_tensors.py",
        label="Broadcasting, step by step",
        icon=":material/view_in_ar:",
        query_params={"tensors_part": "Broadcasting"},
    )
    show_source(
        tensors.image_at,
        tensors.to_unit,
        baseline.validation_images,
        baseline.stacked,
        baseline.mean_digit,
        baseline.moved,
        baseline.mnist_distance,
        baseline.rmse,
        calls=f"""
# The nearest ideal digit
image = {code}
image = moved(to_unit(image), right={pixels})
for digit in {digits}:
    ideal = mean_digit(stacked(data, digit))
    print(f"{{digit}}: {{{baseline.DISTANCES[name].__name__}(image, ideal):.4f}}")
plt.imshow(image.numpy(), cmap="gray")
""",
    )


def _choose_validation_image(data: DigitData) -> tuple[int, int]:
    """The digit and which of its validation images is looked at."""
    digit = st.segmented_control("Digit", data.classes, default=3, required=True, key="baseline_digit", **lab.BOUND)
    return digit, _choose_number("baseline_number", len(baseline.validation_images(data, digit)), 0)


def _move_and_compare(data: DigitData, digits: list[int], image: Tensor, truth: int | None) -> tuple[int, str]:
    """The image, moved if the learner likes, and its distances; how far it was moved, and the name of the distance."""
    right, (farther, threes) = 0, _when_moved(data)
    if ask(
        "Move a 3 by 4 pixels to the right. Is it then still as near to the ideal 3?",
        ["As near", "Nearer", "Farther"],
        right="Farther" if farther > threes / 2 else "Nearer",
        because=f"Of the {threes:,} validation images of a 3, {farther:,} are then farther from it. The baseline "
        "compares pixel with pixel and does not know what a stroke is. For us a digit that is moved stays the same. "
        "Try it:",
        key="baseline_move_guess",
    ):
        right = st.slider("Move to the right, pixels", -8, 8, 0, key="baseline_move", **lab.BOUND)
    name = _choose_distance()
    picture = baseline.moved(image, right=right)
    distances = baseline.DISTANCES[name](picture, ideals(data, digits)).numpy()
    said = digits[int(distances.argmin())]
    verdict = "" if truth is None else " That is right." if said == truth else f" That is wrong, it is a {truth}."
    pictured, chart = st.columns([1, 2], gap="medium")
    with pictured:
        show_digit(picture.numpy(), alt="The image that is compared", side=140)
    pictured.markdown(f"Nearest: **{said}**.{verdict}")
    told = ", ".join(f"{digit}: {distance:.4f}" for digit, distance in zip(digits, distances, strict=True))
    with chart:
        show_bars(
            "baseline_bars",
            digits,
            distances,
            alt=f"{name} distance to each ideal digit. {told}.",
            x_name=f"{name} distance to the ideal digit",
            strong=int(distances.argmin()),
            height=260,
            y_axis={"min": 0, "max": max(AXIS[name], round(float(distances.max()), 2))},
        )
    return right, name


def _when_moved(data: DigitData) -> tuple[int, int]:
    """How many validation 3s go away from their ideal (L1) when they are moved 4 pixels, and of how many."""
    images = tensors.to_unit(from_numpy(data.images[baseline.validation_images(data, 3)]))
    own = ideal_digit(data.source.name, 3, data)
    before, after = (baseline.mnist_distance(baseline.moved(images, right=right), own) for right in (0, 4))
    return int((after > before).sum()), len(images)


def _choose_distance() -> str:
    return st.segmented_control(
        "Distance", list(baseline.DISTANCES), default="L1", required=True, key="baseline_distance", **lab.BOUND
    )


def how_good() -> None:
    """The accuracy of the baseline over all validation images, and what one write-up says of it."""
    data = current_data()
    guesses = {"About 50%": 0.5, "About 85%": baseline.PUBLISHED, "Over 93%": 0.97}
    st.markdown(
        "An image that was used to make the ideal digits is no fair test. So we take the **validation** images, which "
        "were kept apart. The *accuracy* is the share of them that the baseline gets right."
    )
    distances = measured(data)
    chapter = baseline.score(data, distances["L1"], (3, 7))
    if not ask(
        f"It never learned anything. How many of the {len(chapter.labels):,} validation images of 3 and 7 are right?",
        list(guesses),
        right=min(guesses, key=lambda guess: abs(guesses[guess] - chapter.accuracy)),
        because=f"With L1 it is {chapter.accuracy:.1%} of them, with RMSE "
        f"{baseline.score(data, distances['RMSE'], (3, 7)).accuracy:.1%}.",
        key="baseline_accuracy_guess",
    ):
        return
    _published(data, chapter)
    digits = choose_digits(data)
    scores = {name: baseline.score(data, distances[name], digits) for name in distances}
    _scores_as_table(data, scores)
    st.markdown("One line measures the L1 distance of all these images, by broadcasting:")
    st.code(
        f"mnist_distance(valid_x, mean{digits[0]})"
        f"  # ({len(scores['L1'].labels)}, 28, 28) - (28, 28): one distance for each image",
        wrap_lines=True,
    )
    name = _choose_distance()
    percents = {digit: 100 * share for digit, share in scores[name].per_class.items()}
    told = ", ".join(f"{digit}: {percent:.1f}%" for digit, percent in percents.items())
    show_bars(
        "baseline_per_class",
        list(percents),
        list(percents.values()),
        alt=f"Accuracy of each digit with {name}. {told}.",
        x_name=f"digit, with {name}",
        height=240,
        unit="%",
        digits=1,
        y_axis={"min": 0, "max": 100},
    )
    st.markdown(
        "**Why begin with a baseline?** It takes a few lines, and there is little that can go wrong. Its number is the "
        "one to beat: a model that trains for minutes and is no better is not worth it, or has a mistake in it."
    )
    show_source(
        baseline.measure,
        baseline.score,
        baseline.without_a_model,
        calls=f"""
# How good is the baseline?
distances = measure("{data.source.name}")
for way in distances:
    scored = score(data, distances[way], {digits})
    wrong, total = len(scored.wrong), len(scored.labels)
    print(f"{{way}}: {{scored.accuracy:.2%}}, {{wrong:,}} of {{total:,}} wrong")
always, right = without_a_model(data, {digits})
print(f"Always say {{always}}: {{right / total:.2%}}")
for digit, share in score(data, distances["{name}"], {digits}).per_class.items():
    print(f"{{digit}}: {{share:.1%}}")
""",
    )


def _published(data: DigitData, chapter: baseline.Score) -> None:
    claim = "One write-up of this chapter says that pixel similarity gets around 85% of 3 and 7 right."
    if data.source.name == "mnist":
        st.info(
            f"{claim} That figure is wrong: computed just now from the same images, L1 gives {chapter.accuracy:.1%}. "
            "A number in a text is a claim. Compute it again.",
            icon=":material/fact_check:",
        )
    else:
        st.info(
            f"{claim} Computed again on the same images, those of MNIST, L1 gives 95.1% and RMSE 96.6%. The numbers "
            "on this page are those of the small digits in use now, which are easier.",
            icon=":material/fact_check:",
        )


def _scores_as_table(data: DigitData, scores: dict[str, baseline.Score]) -> None:
    names = {"L1": "L1", "RMSE": "RMSE", "plain": "Plain difference, nearest to 0"}
    rows = [
        {
            "Way": names[way],
            "Right": f"{score.accuracy:.2%}",
            "Images wrong": f"{len(score.wrong):,} of {len(score.labels):,}",
        }
        for way, score in scores.items()
    ]
    always, same = baseline.without_a_model(data, scores["L1"].classes)
    total = len(scores["L1"].labels)
    rows.append(
        {
            "Way": f"Always say {always}",
            "Right": f"{same / total:.2%}",
            "Images wrong": f"{total - same:,} of {total:,}",
        }
    )
    st.table(rows, hide_index=True, alt="Accuracy of each way to decide")


def mistakes() -> None:
    """The images that the baseline gets wrong, with what it says, the surest mistake first."""
    data = current_data()
    st.markdown("Look at what goes wrong: it tells you what to improve. **Which digits does the baseline mix up?**")
    digits = choose_digits(data)
    name = _choose_distance()
    score = baseline.score(data, measured(data)[name], digits)
    if not len(score.wrong):
        st.info("No image is wrong with these digits and this distance. Choose more digits, or the other distance.")
        return
    options, right = _pair_options(score)
    if not ask(
        "Which of these happens most often?",
        options,
        right=right,
        because=", ".join(f"{_mixed_up(*pair)}: {_times(pair[2])}" for pair in score.confused()[:3] if pair[2]) + ".",
        key=f"baseline_mixed_{name}_{''.join(map(str, digits))}",
    ):
        return
    said = "; ".join(f"{_mixed_up(*pair)} {_times(pair[2])}" for pair in score.confused() if pair[2])
    figure = charts.confusion_figure(score.counts(), score.classes)
    st.plotly_chart(
        figure, config=charts.CONFIG, key="baseline_confusion", alt=f"How often each mistake is made: {said}"
    )
    st.caption("Each number says how often the digit of its row was taken for the digit of its column.")
    shown = score.wrong[:MOST_SHOWN]
    few = "All of them" if len(shown) == len(score.wrong) else f"The {len(shown)} worst"
    st.markdown(
        f"Wrong: {len(score.wrong):,} of {len(score.labels):,} images. {few}, with the label and what the baseline "
        "says. Press one to see why."
    )
    why = st.container()  # above the wall, or on a phone nobody would see it change
    picked = st.session_state.get("baseline_picked")
    places = np.flatnonzero(score.indices[shown] == picked)
    at = int(places[0]) if len(places) else 0
    digit_wall(
        data.images[score.indices[shown]],
        [f"A {score.labels[i]} taken for {score.preds[i]}" for i in shown],
        key="baseline_wall",
        label="Images that the baseline gets wrong",
        captions=[f"{score.labels[i]} → {score.preds[i]}" for i in shown],
        on_pick=lambda place: st.session_state.update(baseline_picked=int(score.indices[shown[place]])),
        picked=at,
        side=48,
    )
    with why:
        _why(data, score, int(shown[at]), name)
    show_source(
        baseline.Score,
        baseline.measure,
        baseline.score,
        calls=f"""
# The mistakes of the baseline
scored = score(data, measure("{data.source.name}")["{name}"], {digits})
print(f"{{len(scored.wrong):,}} of {{len(scored.labels):,}} wrong")
for digit, said, times in scored.confused()[:3]:
    print(f"{{digit}} taken for {{said}}: {{times:,}}")
place = scored.wrong[{at}]
away = dict(zip(scored.classes, scored.distances[place]))
digit, said = scored.labels[place], scored.preds[place]
print(f"This {{digit}}: {{away[digit]:.4f}} from its ideal, {{away[said]:.4f}} from that of {{said}}")
plt.imshow(data.images[scored.indices[place]], cmap="gray")
""",
    )


def _pair_options(score: baseline.Score) -> tuple[list[str], str]:
    """Some mix-ups to choose among, and which of them is the most frequent."""
    pairs = score.confused()
    most = pairs[0][2]
    if len(score.classes) == 2:
        right = "Both as often" if pairs[1][2] == most else _mixed_up(*pairs[0])
        return [*sorted(_mixed_up(*pair) for pair in pairs), "Both as often"], right
    rarer = [pair for pair in pairs if pair[2] < most]
    return sorted(_mixed_up(*pair) for pair in (pairs[0], rarer[0], rarer[len(rarer) // 3])), _mixed_up(*pairs[0])


def _mixed_up(digit: int, said: int, _count: int) -> str:
    return f"{digit} taken for {said}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _why(data: DigitData, score: baseline.Score, place: int, name: str) -> None:
    """The picked mistake in numbers, and the way to look at it more closely."""
    index, digit, said = int(score.indices[place]), int(score.labels[place]), int(score.preds[place])
    own, other = (float(score.distances[place, score.classes.index(each)]) for each in (digit, said))
    with st.container(horizontal=True):
        for picture, words in (
            (tensors.to_unit(tensors.image_at(data, index)), f"This {digit}"),
            (ideal_digit(data.source.name, digit, data), f"Ideal {digit}: {own:.4f} away"),
            (ideal_digit(data.source.name, said, data), f"Ideal {said}: {other:.4f} away"),
        ):
            with st.container(width=150, gap="xsmall"):
                show_digit(picture.numpy(), alt=words, side=140)
                st.caption(words)
    st.markdown(f"The ideal {said} is nearer than the ideal {digit}, by {own - other:.4f} ({name}). So it says {said}.")

    def open_it() -> None:
        number = str(np.searchsorted(baseline.validation_images(data, digit), index))
        st.session_state.update(
            baseline_way=DATA,
            baseline_digit=digit,
            baseline_number=int(number),
            baseline_move=0,
            baseline_part="Nearest",
        )
        # widgets that are not on the screen now do not write their values into the link themselves
        st.query_params.update(baseline_digit=str(digit), baseline_number=number)

    st.button("Move it, and compare again", icon=":material/open_with:", on_click=open_it)
