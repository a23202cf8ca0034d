"""The lab from a shell, one command each: train, predict, evaluate, data, models, runs, export, notebook, import.

Answers go to standard output, progress and errors to standard error; a mistake of the user's gives one line and
exit status 2.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from mnist_core import paths
from mnist_core.config import TrainConfig
from mnist_core.errors import LabError

_SHELL = "shell"  # the owner of what is brought in here: a browser's learners have names of their own


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # a library's own affair
    try:
        args.command(args)
    except LabError as error:
        print(f"mnist_core: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("mnist_core: stopped.", file=sys.stderr)
        return 130
    return 0


def train(args: argparse.Namespace) -> None:
    """Train as the options say, with a progress bar; keep the model if `--out` names a file."""
    settings = {name: value for name, value in vars(args).items() if name in TrainConfig.__dataclass_fields__}
    config = TrainConfig.from_dict({name: value for name, value in settings.items() if value is not None})
    out = _writable(args.out) if args.out else None

    from tqdm import tqdm

    from mnist_core import checkpoint, training
    from mnist_core.models import parameter_count

    data = training.load_data(config)
    config.check_fits(len(data.train))
    batches = -(-len(data.train) // config.bs)
    began = time.monotonic()
    with tqdm(total=config.epochs * batches, unit="batch", disable=args.quiet or None) as bar:
        outcome = training.train(
            config,
            data,
            on_batches=lambda seen: bar.update(len(seen.losses)),
            on_epoch=lambda row: bar.set_postfix_str(f"epoch {row.epoch}, accuracy {row.accuracy:.4f}"),
        )
    if outcome.kind == "diverged":
        print(f"mnist_core: {outcome.message}", file=sys.stderr)
    trained = checkpoint.undump(outcome.state)
    if out:
        card = {"accuracy": trained.card["accuracy"], "epochs_done": outcome.epochs_done, "data": data.source.title}
        with _writing(out):
            paths.write_atomically(out, checkpoint.dump(trained.model, config, card))
    report = {
        "config": config.to_dict(),
        "outcome": outcome.kind,
        "epochs": [asdict(row) for row in outcome.epochs],
        "accuracy": trained.card["accuracy"],
        "parameters": parameter_count(trained.model),
        "seconds": round(time.monotonic() - began, 3),
        "weights_sha256": training.weights_sha256(trained.model),
        "source": asdict(data.source),
    }
    if args.json:
        print(json.dumps(report))
    else:
        for row in outcome.epochs:
            losses = f"train loss {row.train_loss:.4f}  valid loss {row.valid_loss:.4f}"
            print(f"epoch {row.epoch:3}  {losses}  accuracy {row.accuracy:.4f}  {row.seconds:.2f} s")


def predict(args: argparse.Namespace) -> None:
    """Read digits in picture files."""
    from mnist_core import images, interpret

    trained = _model(args.model)
    answers = []
    for file in args.files:
        try:
            data = Path(file).read_bytes()
        except OSError as error:
            raise LabError(f"{file} cannot be read ({error.strerror}): check the path.") from None
        try:
            steps = images.to_mnist(images.open_picture(data, "it"))
        except LabError as error:
            raise LabError(f"{file} cannot be read: {error}") from None
        chances = interpret.probabilities(trained, steps.result[None])[0].tolist()
        best = max(range(len(chances)), key=chances.__getitem__)
        named = {str(digit): chance for digit, chance in zip(trained.classes, chances, strict=True)}
        answers.append({"file": file, "digit": trained.classes[best], "probabilities": named})
    if args.json:
        print(json.dumps(answers))
        return
    for answer in answers:
        print(f"{answer['file']}: {answer['digit']} ({answer['probabilities'][str(answer['digit'])]:.1%})")


def evaluate(args: argparse.Namespace) -> None:
    """How a model does on all validation images."""
    from mnist_core import interpret
    from mnist_core.data import load

    trained = _model(args.model)
    # by the run's own split: a model must not be judged on what it was trained on
    data = load(args.data, split=trained.config.split, split_seed=trained.config.split_seed)
    result = interpret.evaluate(trained, data)
    if args.json:
        figures = {"accuracy": result.accuracy, "per_class": result.per_class, "images": result.images}
        print(json.dumps({**figures, "source": asdict(data.source)}))
        return
    print(f"{data.source.title}: accuracy {result.accuracy:.4f} over {result.images:,} images")
    for digit, share in result.per_class.items():
        print(f"  {digit}: {share:.4f}")


def data(args: argparse.Namespace) -> None:
    """What data there are, from where, and whether they match the official ones; fetch MNIST with `--download`."""
    from mnist_core import data as mnist_data

    if args.download:
        from tqdm import tqdm

        with tqdm(total=1.0, disable=args.quiet or None, bar_format="{desc} {percentage:3.0f}%|{bar}|") as bar:

            def show(stage: str, done: int, total: int) -> None:
                bar.set_description_str(stage)
                bar.n = done / total if total else 0
                bar.refresh()

            mnist_data.prepare_mnist(progress=show, download=True)
    found = [asdict(source) for source in mnist_data.sources()]
    if args.json:
        print(json.dumps(found))
        return
    words = {True: "verified against the official checksums", False: "NOT the official images", None: "no checksums"}
    for source in found:
        print(f"{source['name']:8} {source['title']}: {source['detail']} ({words[source['verified']]})")


def models(args: argparse.Namespace) -> None:
    """The models that come with the lab; make them anew from MNIST with `--make`."""
    from tqdm import tqdm

    from mnist_core import shipped
    from mnist_core.models import parameter_count

    if args.make is not None:
        for name in args.make or shipped.SMALL:
            with tqdm(desc=name, unit="batch", disable=args.quiet or None) as bar:
                shipped.make(name, bar.update)
    found = []
    for name in shipped.there():
        trained, size = shipped.load(name), shipped.path(name).stat().st_size
        row = {"name": name, "accuracy": trained.card["accuracy"], "parameters": parameter_count(trained.model)}
        found.append({**row, "bytes": size, "file": str(shipped.path(name))})
    if args.json:
        print(json.dumps(found))
        return
    for row in found:
        figures = (
            f"accuracy {row['accuracy']:.4f}  {row['parameters']:>10,} parameters  {row['bytes'] / 1000:>8,.0f} kB"
        )
        print(f"{row['name']:9} {figures}  {row['file']}")


def runs(args: argparse.Namespace) -> None:
    """The runs that the lab keeps on this machine, newest first."""
    from mnist_core.runs.store import Store

    found = Store().all_runs()
    if args.json:
        print(json.dumps([{"id": run.id, "title": run.title, "state": run.state, **_settings(run)} for run in found]))
        return
    for run in found:
        print(f"{run.id}  {run.state:11}  {run.title}")


def _settings(run: Any) -> dict[str, Any]:
    return {"accuracy": run.accuracy, "epochs_done": run.epochs_done, "config": run.config.to_dict()}


def export(args: argparse.Namespace) -> None:
    """Write a model as a file that other programs open, or as a web app."""
    from mnist_core.export.formats import format_named, write
    from mnist_core.export.space import SPACES, make_space

    space = SPACES.get(args.format)
    form = space or format_named(args.format)
    out = _writable(args.out or form.file)
    data = (make_space if space else write)(args.format, _model(args.model))
    with _writing(out):
        paths.write_atomically(out, data)
    client = "" if space else str(format_named(args.format).client_file)
    if args.json:
        print(json.dumps({"file": str(out), "format": args.format, "bytes": len(data), "client": client}))
        return
    print(f"{out}: {len(data):,} bytes; " + (f"{client} opens it" if client else "its README.md says how to start it"))


def notebook(args: argparse.Namespace) -> None:
    """Write the training of a run as a Jupyter notebook that repeats it, in plain PyTorch."""
    from mnist_core.export.notebooks.run import run_notebook, why_none
    from mnist_core.runs.store import Store

    out = _writable(args.out)
    store = Store()
    run = store.any_run(args.run)
    if reason := why_none(run):
        raise LabError(f"There is no notebook of the run {run.id}: {reason}")
    shown = store.curves(run.id).epochs
    with _writing(out):
        paths.write_atomically(out, run_notebook(run.config, with_lab=args.with_lab, shown=shown))
    print(json.dumps({"file": str(out)}) if args.json else f"{out}: open it with jupyter lab {out}")


def import_(args: argparse.Namespace) -> None:
    """Keep a model file of this lab as a run that everybody may see who has its link."""
    from mnist_core.runs.imports import add_model
    from mnist_core.runs.limits import Limits
    from mnist_core.runs.store import Store

    try:
        data = Path(args.file).read_bytes()
    except OSError as error:
        raise LabError(f"{args.file} cannot be read ({error.strerror}): check the path.") from None
    store = Store()
    run = add_model(store, Limits.from_environment(), _SHELL, data, args.file)
    store.mark(_SHELL, run, "shared", True)
    print(json.dumps({"run": run}) if args.json else f"{run}: open it in the app with /train-model?run={run}")


def _model(name: str | None) -> Any:
    """A shipped model, a model's file, or the model of a run by its id."""
    from mnist_core import checkpoint, shipped

    if name is None or name in shipped.MODELS:
        return shipped.load(name or "cnn")
    if os.path.exists(name):  # noqa: PTH110  (Path's own fails for a name that is too long)
        return checkpoint.read(Path(name))
    from mnist_core.runs.store import Store

    store = Store()
    run = store.any_run(name)
    state = store.checkpoint(run.id)
    if state is None:
        raise LabError(f"The run {run.id} has not saved a model yet: wait for its first epoch.")
    return checkpoint.undump(state, name)


def _writable(name: str) -> Path:
    """The file that a model will be written to, checked before an hour of training rather than after."""
    path = Path(name)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        with tempfile.TemporaryFile(dir=path.parent):
            return path


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Within it, a file that cannot be written is the user's mistake."""
    try:
        yield
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}): choose another place for --out.") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the whole usage."""
        self.exit(2, f"{self.prog}: {message} (try {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mnist_core", description="Train, use and measure digit models from a shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(run.__name__.rstrip("_"), help=run.__doc__.splitlines()[0], description=run.__doc__)
        sub.set_defaults(command=run)
        sub.add_argument("--json", action="store_true", help="print one JSON value as the last line")
        sub.add_argument("--quiet", action="store_true", help="no progress bar")
        return sub

    sub = command(train)
    default = TrainConfig()
    for name in TrainConfig.__dataclass_fields__:
        option = f"--{name.replace('_', '-')}"
        sub.add_argument(option, metavar=name.upper(), help=f"default {getattr(default, name)}")
    sub.add_argument("--out", metavar="FILE", help="keep the trained model here, as .safetensors")

    sub = command(predict)
    sub.add_argument("files", nargs="+", metavar="FILE", help="a picture of one digit")
    sub.add_argument("--model", metavar="RUN-OR-FILE", help="default: cnn, which comes with the lab")

    sub = command(evaluate)
    sub.add_argument("--model", metavar="RUN-OR-FILE", help="default: cnn, which comes with the lab")
    sub.add_argument("--data", default="mnist", metavar="{mnist,digits,PATH}")

    sub = command(data)
    sub.add_argument("--download", action="store_true", help="fetch MNIST if it is not here, and decode it")

    sub = command(models)
    sub.add_argument("--make", nargs="*", metavar="NAME", help="make these anew, or all that come along")

    command(runs)

    sub = command(export)
    sub.add_argument("model", metavar="RUN-OR-FILE", help="a run's id, a model's file, or one that comes along")
    sub.add_argument("--format", default="safetensors", metavar="{safetensors,onnx,fastai,gradio,streamlit}")
    sub.add_argument("--out", metavar="FILE", help="default: the name that its program expects")

    sub = command(notebook)
    sub.add_argument("run", metavar="RUN", help="a run's id")
    sub.add_argument("--with-lab", action="store_true", help="call the lab's own functions instead")
    sub.add_argument("--out", default="run.ipynb", metavar="FILE", help="default: run.ipynb")

    sub = command(import_)
    sub.add_argument("file", metavar="FILE", help="a .safetensors file that the lab wrote")
    return parser


if __name__ == "__main__":
    sys.exit(main())
