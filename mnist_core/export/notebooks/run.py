"""A run as a Jupyter notebook: the same training in plain PyTorch, step by step, with the same numbers.

Where a step of the lab is a function of its own, the notebook holds that function's source, without its
annotations; a model is written out from the layers it has. The rest of a step is written here, and the tests hold
what comes out of it to `training.train`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

import torch

from mnist_core import devices
from mnist_core.chapter.loop import BasicOptim
from mnist_core.chapter.losses import LOSSES
from mnist_core.config import TrainConfig
from mnist_core.errors import LabError
from mnist_core.export.bundle import bundle
from mnist_core.export.notebooks.data import data_steps, listed
from mnist_core.export.notebooks.document import Step, import_lines, joined, write_notebook
from mnist_core.models import MODELS, new_model, precision, resnet18, to_input
from mnist_core.options import MODEL_TITLES
from mnist_core.runs.records import Run


def run_notebook(config: TrainConfig, *, with_lab: bool = False, shown: Sequence[Mapping[str, float]] = ()) -> bytes:
    """A notebook that trains as a run of this configuration did, epoch by epoch with the same loss and accuracy.

    "auto" is settled here, by this machine's devices: the notebook names the device and the number format.

    Parameters
    ----------
    config : the run
    with_lab : whether it calls the lab's own functions; otherwise every step is written out in plain PyTorch
    shown : the epochs of the run, as `Curves.epochs`, which the notebook then tells for comparison

    Returns
    -------
    the bytes of an .ipynb file, nbformat 4, always the same for the same arguments

    Raises
    ------
    LabError
        If the run learned from a learner's own pictures and the notebook is to be a plain one.
    """
    steps = _lab_steps(config, shown) if with_lab else _plain_steps(config, shown)
    return write_notebook(steps)


def why_none(run: Run) -> str:
    """Why a run cannot be repeated from its settings, in words that end a sentence; "" if it can."""
    if run.parent:
        return "it began with the weights of another model, and a notebook starts with new ones."
    if json.loads(run.changes):
        return "its learning rate was changed by hand while it trained. Train it again without a change to get one."
    return ""


def _plain_steps(config: TrainConfig, shown: Sequence[Mapping[str, float]]) -> list[Step]:
    if config.data not in ("mnist", "digits"):
        raise LabError(
            f"This run learned from your own pictures in {config.data}, and only the lab knows how to read them: "
            "take the notebook that uses the lab."
        )
    device = devices.available()[0] if config.device == "auto" else config.device
    steps = [
        *data_steps(config),
        _tensors(config, device),
        _model(config, device),
        _loss(config),
        _optimizer(config, device),
        _batches(config),
        _loop(config, device),
        _curves(shown),
        _weights(config),
        _prediction(config),
    ]
    return [_setup(config, [code for _, code in steps], device), *steps]


def _setup(config: TrainConfig, codes: Iterable[str], device: str) -> Step:
    words = f"""# {_title(config)}

{_settings(config)} This notebook trains the same model as a run of the MNIST lab, but without the lab: in plain
PyTorch, one step after the other. It gives the same losses and the same accuracies.

- To install what it needs: `pip install jupyterlab fastai`. fastai brings PyTorch with it.
- To open it: `jupyter lab run.ipynb`.
- To run a cell: Shift and Enter. Run them from top to bottom.

It was written for PyTorch {torch.__version__.partition("+")[0]} and the device "{device}". Another version, or another
kind of processor, may round a sum in another way. Then the numbers differ a little."""
    threads = "torch.set_num_threads(1)  # as the lab: more threads add in another order, and so round in another way"
    return words, joined(*import_lines(*codes, "torch"), "", threads)


def _tensors(config: TrainConfig, device: str) -> Step:
    words = (
        "## Tensors\n\n`to_input` makes of a batch what the model takes: numbers from 0 to 1, and an axis for the one "
        "channel."
    )
    if config.outputs == 1:
        first, second = config.classes
        words += f" The target is 1 for a {first} and 0 for a {second}."
        target = f"(torch.from_numpy(labels) == {first}).long().unsqueeze(1)  # (n,) -> (n, 1)"
    elif len(config.classes) == 10:
        words += " The target is the digit itself."
        target = "torch.from_numpy(labels).long()"
    else:
        words += f" The target says which of {listed(config.digits)} it is, counted from 0."
        target = f"torch.searchsorted(torch.tensor({list(config.classes)}), torch.from_numpy(labels))"
    there = "" if device == "cpu" else ".to(device)"
    return words, joined(
        *_device(device),
        f"inputs = torch.from_numpy(images){there}",
        f"targets = {target}" if not there else f"targets = ({target.partition('  #')[0]}){there}",
        "train_x, train_y = inputs[train], targets[train]",
        "valid_x, valid_y = inputs[valid], targets[valid]",
        "",
        bundle(to_input).code,
    )


def _device(device: str) -> list[str]:
    """Where to compute, if not on the CPU: what the run had, where the reader has it too."""
    if device == "cpu":
        return []
    there = "torch.backends.mps" if device == "mps" else f"torch.{device}"
    return [f'device = torch.device("{device}" if {there}.is_available() else "cpu")', ""]


def _model(config: TrainConfig, device: str) -> Step:
    words = f"## The model\n\n{MODEL_TITLES[config.model]}. Its weights start at random. "
    words += "The seed makes the start the same each time."
    lines = [f"torch.manual_seed({config.seed})"]
    if config.model == "resnet18":
        lines = [bundle(resnet18).code, "", *lines, f"model = resnet18({config.outputs})"]
    else:
        layers = [f"    nn.{layer!r}," for layer in new_model(config).children()]
        lines += ["model = nn.Sequential(", *layers, ")"]
    if config.init == "randn":
        words += " They are drawn with a standard deviation of 1, as by the chapter's `init_params`."
        lines += ["for p in model.parameters():", "    nn.init.normal_(p)"]
    if MODELS[config.model].convolutional:
        words += " `channels_last` is an order in memory in which convolutions are faster."
        lines.append("model = model.to(memory_format=torch.channels_last)")
    if device != "cpu":
        lines.append("model = model.to(device)")
    return words, joined(*lines, "sum(p.numel() for p in model.parameters())  # how many numbers it learns")


def _loss(config: TrainConfig) -> Step:
    words = "## The loss\n\nThe loss is what training makes smaller. The accuracy is for us: the share that is right."
    loss, metric = LOSSES[config.loss_name]
    if config.loss_name == "mnist_loss":
        words += " `mnist_loss` is the chapter's: how far the predictions are from the targets."
        lines = [bundle(loss).code, ""]
        loss_func = loss.__name__
    else:
        words += " Cross-entropy is small if the model gives the right digit a high probability."
        lines = []
        loss_func = "nn.CrossEntropyLoss()"
    if config.label_smoothing:
        words += f" With label smoothing, {config.label_smoothing:.0%} of the target is spread over all digits."
        loss_func = f"nn.CrossEntropyLoss(label_smoothing={config.label_smoothing})"
    return words, joined(*lines, bundle(metric).code, "", f"loss_func, metric = {loss_func}, {metric.__name__}")


def _optimizer(config: TrainConfig, device: str) -> Step:
    words = "## The optimiser\n\nIt takes the steps: each changes every weight a little, against its gradient."
    if config.optimizer == "BasicOptim":
        lines = [bundle(BasicOptim).code, "", f"opt = BasicOptim(model.parameters(), lr={config.lr})"]
    else:
        own = {"AdamW": f", weight_decay={config.wd}"}
        if config.momentum:
            own["SGD"] = f", momentum={config.momentum}"
        fused = ", fused=True" if device in ("cpu", "cuda", "mps") else ""
        options = f"lr={config.lr}{own.get(config.optimizer, '')}{fused}"
        lines = [f"opt = torch.optim.{config.optimizer}(model.parameters(), {options})"]
        if fused:
            words += " `fused=True` only makes it faster."
    if config.schedule == "one-cycle":
        words += (
            " The learning rate is not always the same. In one cycle it rises for a quarter of the training and then "
            "falls."
        )
        lines.append(f"lr_at = combined_cos(0.25, {config.lr} / 25, {config.lr}, {config.lr} / 1e5)")
        if config.optimizer != "BasicOptim":
            words += " The momentum does the opposite."
            lines.append("momentum_at = combined_cos(0.25, 0.95, 0.85, 0.95)")
    return words, joined(*lines)


def _batches(config: TrainConfig) -> Step:
    words = f"## The batches\n\nA step looks at {config.bs} images, a batch. "
    words += "An epoch is one way through all training images."
    if not config.shuffle and not config.shift:
        code = f"def batches(epoch):\n    return zip(train_x.split({config.bs}), train_y.split({config.bs}))"
        return words + " Their order is always the same.", code
    order = "torch.arange(len(train_x))"
    lines = ["def batches(epoch):"]
    if config.shuffle:
        words += " Each epoch deals them anew. The seed and the epoch make the deal the same each time."
        lines.append(f"    dealer = torch.Generator().manual_seed({config.seed} * 1009 + epoch)")
        order = "torch.randperm(len(train_x), generator=dealer)"
    if not config.shift:
        return words, joined(
            *lines,
            f"    order = {order}",
            f"    for rows in order.split({config.bs}):",
            "        yield train_x[rows], train_y[rows]",
        )
    pixels = "1 pixel" if config.shift == 1 else f"{config.shift} pixels"
    words += (
        f" Each image is moved by up to {pixels}, so that no two epochs look the same. "
        "`windows[i, down, right]` is image i, moved."
    )
    return words, joined(
        f"framed = F.pad(train_x, ({config.shift},) * 4)",
        "windows = framed.unfold(1, 28, 1).unfold(2, 28, 1)  # looks at the same memory, no copy for each move",
        "",
        *lines,
        f"    order = {order}",
        f"    mover = torch.Generator().manual_seed({config.seed} * 1013 + epoch)",
        f"    moves = torch.randint({2 * config.shift + 1}, (len(train_x), 2), generator=mover)",
        f"    for rows, move in zip(order.split({config.bs}), moves.split({config.bs})):",
        "        yield windows[rows, move[:, 0], move[:, 1]], train_y[rows]",
    )


def _loop(config: TrainConfig, device: str) -> Step:
    words = """## Training

For each batch: predict, compute the loss, compute the gradients, take a step. After each epoch the validation images
say how good the model is. The training loss is smoothed, as fastai does it: one batch alone says little."""
    steps_in_all, schedule = [], []
    if config.schedule == "one-cycle":
        steps_in_all = [f"steps = {config.epochs} * math.ceil(len(train_x) / {config.bs})"]
        schedule = _schedule(config)
    return words, joined(
        *_outputs_of(config, device),
        "",
        "@torch.no_grad()",
        "def validate():",
        *_if_resnet(config, "    model.eval()"),
        "    outputs = torch.cat([outputs_of(images) for images in valid_x.split(1000)])",
        "    return loss_func(outputs, valid_y).item(), metric(outputs, valid_y).item()",
        "",
        *steps_in_all,
        "step, smooth, rows = 0, 0.0, []",
        f"for epoch in range({config.epochs}):",
        *_if_resnet(config, "    model.train()"),
        "    for xb, yb in batches(epoch):",
        *schedule,
        "        loss = loss_func(outputs_of(xb), yb)",
        "        loss.backward()",
        "        opt.step()",
        "        opt.zero_grad()",
        "        step += 1",
        "        smooth = 0.98 * smooth + 0.02 * loss.item()",
        "    train_loss = smooth / (1 - 0.98**step)",
        "    valid_loss, share_right = validate()",
        '    rows.append({"train_loss": train_loss, "valid_loss": valid_loss, "accuracy": share_right})',
        '    print(f"epoch {epoch + 1:3}  train loss {train_loss:.4f}  valid loss {valid_loss:.4f}  '
        'accuracy {share_right:.4f}")',
    )


def _outputs_of(config: TrainConfig, device: str) -> list[str]:
    """The function that runs the model on bytes, in the number format that the run had."""
    if precision(config, torch.device(device)) is torch.float32:
        return ["def outputs_of(images):", "    return model(to_input(images))"]
    kind = '"cpu"' if device == "cpu" else "device.type"
    return [
        "def outputs_of(images):",
        f"    with torch.autocast({kind}, torch.bfloat16):  # numbers of 16 bits, not 32",
        "        return model(to_input(images)).float()",
    ]


def _schedule(config: TrainConfig) -> list[str]:
    if config.optimizer == "BasicOptim":
        return ["        opt.lr = lr_at(step / steps)"]
    momentum = "momentum_at(step / steps)"
    name, value = ("momentum", momentum) if config.optimizer == "SGD" else ("betas", f"({momentum}, 0.999)")
    return [f"        opt.param_groups[0].update(lr=lr_at(step / steps), {name}={value})"]


def _if_resnet(config: TrainConfig, line: str) -> list[str]:
    """A line that makes a difference only to batch normalisation."""
    return [line] if config.model == "resnet18" else []


def _curves(shown: Sequence[Mapping[str, float]]) -> Step:
    code = """fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3))
epochs = range(1, len(rows) + 1)
left.plot(epochs, [row["train_loss"] for row in rows], "o-", label="training")
left.plot(epochs, [row["valid_loss"] for row in rows], "s--", label="validation")
left.set(xlabel="epoch", ylabel="loss")
left.legend()
right.plot(epochs, [row["accuracy"] for row in rows], "o-")
right.set(xlabel="epoch", ylabel="accuracy")
plt.show()"""
    return "## How it went\n\n" + _table(shown), code


def _weights(config: TrainConfig) -> Step:
    words = "## What the model looks for\n\n"
    if config.model in ("cnn", "resnet18"):
        layer = "model.conv1" if config.model == "resnet18" else "model[0]"
        words += "The first filters of the first layer."
        pictures = f"{layer}.weight[:10, 0]  # (10, height, width)"
    else:
        units = "output" if config.model == "linear" else "hidden unit, for the first ten of them"
        words += f"A weight for each pixel and {units}."
        pictures = "model[1].weight[:10].view(-1, 28, 28)"
    words += " Blue is above 0: ink there makes the output larger. Red is below 0. White is 0."
    code = f"""pictures = {pictures}
pictures = pictures.detach().cpu()
limit = pictures.abs().max()
fig, axes = plt.subplots(1, len(pictures), figsize=(12, 1.5), squeeze=False)
for ax, picture in zip(axes[0], pictures):
    ax.imshow(picture, cmap="RdBu", vmin=-limit, vmax=limit)
    ax.axis("off")
plt.show()"""
    return words, code


def _prediction(config: TrainConfig) -> Step:
    words = "## A prediction\n\nThe model reads the first validation image. "
    if config.outputs == 1:
        first, second = config.classes
        words += f"The sigmoid of its output is the probability of a {first}."
        code = f"""share = outputs_of(valid_x[:1]).sigmoid().item()
print(f"{first}: {{share:.1%}}, {second}: {{1 - share:.1%}}")"""
    else:
        words += "Softmax makes probabilities of its outputs."
        code = f"""shares = outputs_of(valid_x[:1]).softmax(dim=1)[0].tolist()
print(", ".join(f"{{digit}}: {{share:.1%}}" for digit, share in zip({list(config.classes)}, shares)))"""
    show = """plt.figure(figsize=(2, 2))
plt.imshow(valid_x[0].cpu(), cmap="gray")
plt.axis("off")
plt.show()"""
    evaluate = ["model.eval()"] if config.model == "resnet18" else []
    return words, joined(show, *evaluate, "with torch.no_grad():", *(f"    {line}" for line in code.splitlines()))


def _lab_steps(config: TrainConfig, shown: Sequence[Mapping[str, float]]) -> list[Step]:
    default = TrainConfig()
    named = ((field.name, getattr(config, field.name)) for field in fields(config))
    settings = ", ".join(f"{name}={value!r}" for name, value in named if value != getattr(default, name))
    words = f"""# {_title(config)}

{_settings(config)} This notebook repeats a run of the MNIST lab by the lab's own
functions.

- Put it into the lab's folder, beside `Home.py`.
- Install JupyterLab where the lab is installed: `pip install jupyterlab`.
- To open it: `jupyter lab run.ipynb`.
- To run a cell: Shift and Enter. Run them from top to bottom.

All that makes the run is in its `TrainConfig`. What is not named has its usual value."""
    imports = """import matplotlib.pyplot as plt

from mnist_core.checkpoint import undump
from mnist_core.config import TrainConfig
from mnist_core.interpret import probabilities
from mnist_core.training import load_data, train"""
    get_mnist = "from mnist_core.data import prepare_mnist\n\nprepare_mnist(download=True)  # if it is not here yet"
    show = """def show(row):
    print(f"epoch {row.epoch:3}  train loss {row.train_loss:.4f}  valid loss {row.valid_loss:.4f}  "
          f"accuracy {row.accuracy:.4f}")

outcome = train(config, data, on_epoch=show)
rows = outcome.epochs"""
    look = """model = undump(outcome.state)
image = data.images[data.valid[0]].astype("float32") / 255  # (28, 28), 0 to 1
shares = probabilities(model, image[None])[0]
plt.figure(figsize=(2, 2))
plt.imshow(image, cmap="gray")
plt.axis("off")
plt.show()
print(", ".join(f"{digit}: {share:.1%}" for digit, share in zip(model.classes, shares)))"""
    return [
        (words, joined(imports, "", f"config = TrainConfig({settings})")),
        ("## The data", joined(*([get_mnist] if config.data == "mnist" else []), "data = load_data(config)")),
        ("## Training\n\nA line for each epoch. " + _table(shown), show),
        ("## A prediction\n\nThe model reads the first validation image.", look),
    ]


def _table(shown: Sequence[Mapping[str, float]]) -> str:
    """The epochs of the run in Markdown, to compare with those of the notebook."""
    if not shown:
        return ""
    rows = "".join(
        f"\n| {row['epoch']:.0f} | {row['train_loss']:.4f} | {row['valid_loss']:.4f} | {row['accuracy']:.4f} |"
        for row in shown
    )
    head = "| epoch | train loss | valid loss | accuracy |\n|---|---|---|---|"
    return f"This is what the run in the lab gave:\n\n{head}{rows}"


def _title(config: TrainConfig) -> str:
    return f"{MODEL_TITLES[config.model]}: digits {listed(config.digits)}"


def _settings(config: TrainConfig) -> str:
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs} epochs"
    return f"Learning rate {config.lr:g}, {epochs}, batches of {config.bs:,}."
