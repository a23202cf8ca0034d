"""What leaves the lab is the lab's own code: run where there is no lab, it gives what the lab gives."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from mnist_core import images
from mnist_core.chapter import gradients, losses, softmax
from mnist_core.data import load
from mnist_core.export.bundle import bundle


def alone(*wanted, given=()) -> dict:
    """The names that a bundle defines, run where nothing of the lab is."""
    found = bundle(*wanted, given=given)
    assert "mnist_core" not in found.code
    names: dict = {"__name__": "elsewhere"}
    sys.modules["elsewhere"] = type(sys)("elsewhere")  # dataclass looks its module up
    exec("\n".join([*found.imports, found.code]), names)
    return names


def test_functions_alone_give_what_they_give_in_the_lab():
    names = alone(gradients.descend, softmax.work_out, losses.mnist_loss)
    time, speed = gradients.roller_coaster()
    here, there = (f(time, speed, lr=1e-5, steps=5) for f in (gradients.descend, names["descend"]))
    assert torch.equal(here.params, there.params)
    assert there.steps == 5
    predictions, targets = torch.tensor([0.9, -0.4]), torch.tensor([1, 0])
    assert names["mnist_loss"](predictions, targets) == losses.mnist_loss(predictions, targets)


def test_the_whole_way_of_a_drawing_leaves_the_lab():
    digit = load("digits").images[0]
    sheet = np.pad(np.kron(255 - digit, np.ones((6, 6), np.uint8)), 40, constant_values=255)
    names = alone(images.to_mnist)
    assert np.array_equal(names["to_mnist"](sheet).result, images.to_mnist(sheet).result)
    with pytest.raises(names["ImageError"], match="No ink"):
        names["to_mnist"](np.zeros((50, 50), np.uint8))


def test_annotations_go_and_first_lines_and_comments_stay():
    code = bundle(images.to_mnist).code
    assert "->" not in code
    assert "type: ignore" not in code
    assert '"""The steps that bring a picture of one digit to the form of MNIST\'s images."""' in code
    assert "# the median passes over the ink" in code
    assert code.count("SIDE, BOX, CENTRE = 28, 20, 14") == 1


def test_name_that_the_caller_defines_is_told_and_not_looked_for():
    found = bundle("mnist_core.chapter.nudge:train_linear37", given=("load",))
    assert found.given == {"load"}
    assert "def load" not in found.code


def test_two_things_of_one_name_are_refused():
    with pytest.raises(ValueError, match="f is defined in mnist_core"):
        bundle(gradients.f, "tests.unit.test_bundle:f")


def f() -> None:
    """Has the name of the chapter's f."""


def test_bundle_runs_in_a_python_of_its_own(tmp_path):
    found = bundle(losses.mnist_loss)
    program = "\n".join([*found.imports, found.code, "import torch; print(mnist_loss(torch.zeros(1), torch.ones(1)))"])
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-I", "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "tensor(0.5000)\n"
