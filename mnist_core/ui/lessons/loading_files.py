"""Parts of the page Loading that work on real files: the four ways, and what can be exported."""

import pandas as pd
import streamlit as st

from mnist_core.chapter import loading
from mnist_core.chapter.loading import WAYS, ExportReport, Prediction, Stage, WayReport
from mnist_core.ui import chart
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.experiment import experiment, start
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

ABOUT = {
    "By hand": "Open every file, stack the images, divide by 255, zip them with their labels. Nothing is hidden.",
    "ImageFolder": "torchvision's Dataset for folders. The name of a folder is the label. A file is opened each time "
    "its turn comes.",
    "DataBlock": "fastai's plan for data. You say *what* the inputs and labels are, where they come from and how to "
    "split them. fastai does the rest.",
    "DataBlock + batch transform": "The same plan, with one line more: a *batch transform*, which is done to a whole "
    "batch at once.",
}
FOUR_WAYS = [f"mnist_core.chapter.four_ways:{name}" for name in WAYS.values()]
SPACE = """\
# app.py, beside learner.pkl and a requirements.txt with the lines: fastai, gradio
import gradio as gr
from fastai.vision.all import PILImageBW, load_learner

learn_inf = load_learner("learner.pkl")

def classify(image):
    digit, index, probs = learn_inf.predict(PILImageBW.create(image))
    return dict(zip(learn_inf.dls.vocab, map(float, probs)))

gr.Interface(classify, gr.Image(image_mode="L"), gr.Label(num_top_classes=3)).launch()"""


def four_ways() -> None:
    """Part "Four ways": the same files, loaded four times."""
    st.header("From files to batches")
    st.markdown(
        "MNIST comes as 70,000 small PNG files. The name of the folder is the label. How do the files become batches? "
        "One write-up of this chapter tried four ways. Choose one and read its code."
    )
    way = st.segmented_control(
        "Way of loading", list(WAYS), default="By hand", required=True, key="loading_way", **BOUND
    )
    st.markdown(ABOUT[way])
    functions = ("read_digits", "by_hand") if way == "By hand" else (WAYS[way],)
    show_source(
        *(f"mnist_core.chapter.four_ways:{name}" for name in functions), title="The code of this way", expanded=True
    )
    source = current_data().source.name
    bs = 64
    start(loading.measure_ways, data=source, bs=bs)
    if not ask(
        "Everything is ready, and batches are asked for. Which way gives the most images a second?",
        ["By hand", "ImageFolder", "DataBlock"],
        right="By hand",
        because="By hand, all files were opened beforehand, and a batch is only copied. The others open each file "
        "again, in every epoch.",
        key="loading_fastest",
    ):
        return
    reports = experiment(
        loading.measure_ways, working="Writing PNG files and loading them in four ways", data=source, bs=bs
    )
    st.markdown(
        f"Measured just now on this machine: the same {reports[0].files:,} training files, written from the "
        f"data in use, {bs} in a batch. A pass hands out every batch once, with no training in between. Each figure "
        "is the best of two passes."
    )
    st.table(_costs(reports), alt="What each way costs")
    _show_epochs(reports)
    st.markdown("**What one batch looks like**")
    st.dataframe(_batches(reports))  # wide: a table that scrolls sideways on a phone cannot do so by keyboard
    _explain_batches(reports)
    _show_stages(experiment(loading.follow_a_file, working="Following a file", data=source, bs=bs), reports)
    show_source(loading.measure_ways, loading.follow_a_file)
    show_source(
        loading.write_files,
        *FOUR_WAYS,
        title="All four ways",
        calls=f"""
# Four ways to load the same files
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    write_files(data, folder)
    for way in (by_hand, image_folder, data_block, data_block_batch_tfms):
        dls = way(folder, bs={bs})
        xb, yb = dls.train.one_batch()
        values = f"{{xb.min().item():g}} to {{xb.max().item():g}}"
        print(way.__name__, type(xb).__name__, tuple(xb.shape), values)
        print(f"{{sum(len(yb) for _, yb in dls.train):,}} images in a pass")
""",
    )


def _costs(reports: tuple[WayReport, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Way": report.way,
            "Ready after, s": f"{report.ready_seconds:.3f}",
            "One pass, s": f"{report.pass_seconds:.4f}",
            "Images a second": f"{report.rate:,.0f}",
            "Images in a pass": f"{report.images:,}",
        }
        for report in reports
    ).set_index("Way")


def _batches(reports: tuple[WayReport, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Way": report.way,
            "xb": f"{report.kind} {report.shape}",
            "dtype": report.dtype,
            "Values": f"{report.low:g} to {report.high:g}",
            "yb": report.labels,
        }
        for report in reports
    ).set_index("Way")


def _show_epochs(reports: tuple[WayReport, ...]) -> None:
    """What each way costs over many epochs."""
    hand, *others = reports
    epochs = st.slider("Epochs", 1, 40, 5, key="loading_epochs", **BOUND)
    seconds = [report.seconds(epochs) for report in reports]
    chart.show_bars(
        "loading_seconds",
        ["By hand", "Folder", "Block", "Block +"],  # longer names would hide each other on a phone
        seconds,
        title=f"Seconds of loading for {epochs} epochs",
        x_name="",
        unit=" s",
        digits=2,
        alt=f"Seconds of loading for {epochs} epochs: "
        + ", ".join(f"{report.way} {s:.2f}" for report, s in zip(reports, seconds, strict=True)),
    )
    slowest = max(others, key=lambda report: report.pass_seconds)
    st.markdown(
        f"By hand, the files are opened once, which takes {hand.ready_seconds:.2f} s; a pass then takes "
        f"{hand.pass_seconds:.4f} s. {slowest.way} takes {slowest.pass_seconds:.2f} s for every pass. In return the "
        "later ways need little memory, however many pictures there are, and can change each picture anew in every "
        "epoch."
    )


def _explain_batches(reports: tuple[WayReport, ...]) -> None:
    st.markdown(
        "By hand, `xb` has one row of 784 numbers for each image. The others keep the image's form: "
        "(batch, channels, height, width). Grey images have one *channel*; coloured ones have three."
    )
    if dropped := [report for report in reports if report.images < report.files]:
        st.markdown(
            f"The DataBlock gives only {dropped[0].images:,} of {dropped[0].files:,} images in a pass: for training, "
            "fastai leaves out the last batch when it is not full."
        )


def _show_stages(stages: tuple[Stage, ...], reports: tuple[WayReport, ...]) -> None:
    """Item and batch transforms, and why the third and the fourth way are the same."""
    st.header("Item transforms and batch transforms")
    st.markdown(
        "A *transform* is a step on the way from file to batch. **Item transforms** work on one image at a time, "
        "such as `Resize(28)`: all images of a batch must have one size. **Batch transforms** work on a whole batch, "
        "on the GPU where there is one. This is what happens to a file in the DataBlock:"
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Step": stage.step,
                "Works on": stage.of,
                "Type": stage.kind,
                "Shape": "" if stage.of == "file" else str(stage.shape),
                "dtype": stage.dtype,
                "Values": "" if stage.low is None else f"{stage.low:g} to {stage.high:g}",
            }
            for stage in stages
        ).set_index("Step")
    )
    plain, named = reports[2:]
    same = (plain.kind, plain.shape, plain.dtype, plain.high) == (named.kind, named.shape, named.dtype, named.high)
    st.markdown(
        "`IntToFloatTensor` makes floats of the bytes and divides by 255. "
        + (
            "The third way got it too, though its code does not name it: an `ImageBlock` brings it along. So the "
            "third and the fourth way give the same batches. The write-up took them for two different ways."
            if same
            else "Only the fourth way got it."
        )
    )


def export() -> None:
    """Part "Export": from a learner to a file, and from the file to an app."""
    st.header("Take the learner away")
    st.markdown(
        "`learn.export()` writes a learner into one file: the model, and everything that it needs to read a new image. "
        "The write-up that tried the four ways trained a good model, called `export`, and got an error. So it "
        "matters how the data were loaded."
    )
    source = current_data().source.name
    start(loading.try_exports, data=source)
    if not ask(
        "Four learners, loaded in the four ways. Which can be exported?",
        ["All four", "Only the DataBlocks", "None"],
        right="Only the DataBlocks",
        because="`export` keeps an empty copy of the Dataset, for its transforms and its labels. It asks the Dataset "
        "for `new_empty`, which only fastai's own Datasets have.",
        key="loading_export",
    ):
        return
    reports = experiment(
        loading.try_exports, working="Training a linear model on PNG files and exporting it", data=source
    )
    for report in reports:
        if report.error:
            st.markdown(f":material/close: **{report.way}**")
            st.code(f'learn.export("learner.pkl")\n{report.error}', language=None, wrap_lines=True)
        else:
            st.markdown(f":material/check: **{report.way}**: a file of {report.size:,} bytes.")
    if good := [report for report in reports if not report.error]:
        file = _use(good[-1])
        show_source(
            loading.write_files,
            *FOUR_WAYS,
            loading.try_export,
            calls=f"""
# A learner exported, and opened again
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    write_files(data, folder)
    for way in (by_hand, image_folder, data_block, data_block_batch_tfms):
        report = try_export(way.__name__, way, folder)
        print(way.__name__, report.error or "can be exported")
print("vocab:", report.vocab)
for said in report.predictions:
    if said.file == {file!r}:
        print("digit:", said.digit, "index:", said.index)
        print("probs:", [f"{{p:.4f}}" for p in said.probabilities])
""",
        )


def _use(report: ExportReport) -> str:
    """An exported learner, opened again; gives the file that it was asked for."""
    st.header("Open it again and predict")
    st.markdown(
        "`load_learner` opens the file. `predict` takes a new image through the whole way: open, resize, make a "
        "tensor, divide by 255, model, softmax. **vocab** is the list of classes: the model only says a position in "
        "it. This model was trained for three epochs only, on few images, so it may be unsure, or wrong."
    )
    files = {prediction.file: prediction for prediction in report.predictions}
    file = st.segmented_control(
        "File to predict", list(files), default=next(iter(files)), required=True, key="loading_file", **BOUND
    )
    chosen = files[file]
    left, right = st.columns([2, 5], gap="medium")
    with left:
        digit_wall(
            chosen.image[None], [f"a handwritten {chosen.label}"], key="loading_file_x", label="The file", side=112
        )
    with right:
        st.code(_session(report, chosen), wrap_lines=True)
    chart.show_bars(
        "loading_predict",
        report.vocab,
        chosen.probabilities,
        strong=chosen.index,
        title="probs: how likely each class is",
        x_name="class",
        height=220,
        alt="Probabilities: "
        + ", ".join(f"{name} {p:.3f}" for name, p in zip(report.vocab, chosen.probabilities, strict=True)),
    )
    st.warning(
        "The file is a *pickle*: opening one can run any program that somebody put into it. Open only files that you "
        "made or trust.",
        icon=":material/warning:",
    )
    st.header("From the file to a web page")
    st.markdown(
        "A **Gradio Space** is a small web page on Hugging Face where others can try your model: put the exported "
        "file and this `app.py` into a new Space, and it runs. MNIST is light ink on black, so a dark drawing on "
        "white paper must be turned round first: the page Draw shows how."
    )
    st.code(SPACE, wrap_lines=True)
    return file


def _session(report: ExportReport, chosen: Prediction) -> str:
    probs = ", ".join(f"{p:.4f}" for p in chosen.probabilities)
    return (
        'learn_inf = load_learner("learner.pkl")\n'
        f"learn_inf.dls.vocab\n# {list(report.vocab)}\n"
        f'digit, index, probs = learn_inf.predict("{chosen.file}")\n'
        f"digit  # {chosen.digit!r}\nindex  # {chosen.index}\nprobs\n# {probs}"
    )
