"""The steps of a plain notebook that read the images and keep some apart, without the lab and as the lab does it."""

from mnist_core.config import TrainConfig
from mnist_core.data.digits import to_mnist_form
from mnist_core.export.bundle import bundle
from mnist_core.export.notebooks.document import Step, joined


def data_steps(config: TrainConfig) -> list[Step]:
    """Two steps, after which `images`, `labels`, `train` and `valid` are what `load` gives in the lab.

    Parameters
    ----------
    config : of its settings data ("mnist" or "digits"), digits, split and split_seed count
    """
    return [_mnist(config) if config.data == "mnist" else _digits(config), _split(config)]


def _mnist(config: TrainConfig) -> Step:
    parts = ["training"] if config.split == "sampler" else ["training", "testing"]
    words = f"""## The data

MNIST is a folder of small pictures: `training/3/7.png` is a 3. fastai downloads it once and keeps it. If you have it
already, name its folder or its archive in the environment variable `MNIST_PATH`.

We read the pictures of the digits {listed(config.digits)}. Each becomes 28 rows of 28 pixels, from 0 (black) to
255 (white). To read many small files takes a while: about a quarter of a minute for all of them."""
    code = f"""place = os.environ.get("MNIST_PATH") or untar_data(URLs.MNIST)
if os.path.isfile(place):  # an archive
    unpacked = tempfile.TemporaryDirectory()  # deleted when you close the notebook
    shutil.unpack_archive(place, unpacked.name)
    place = unpacked.name

files = []
for part in {parts}:
    found = Path(place).rglob(f"{{part}}/[{config.digits}]/*.png")
    files += sorted(found, key=lambda file: int(file.stem))

images = np.stack([np.asarray(Image.open(file)) for file in files])  # (n, 28, 28)
labels = np.array([int(file.parent.name) for file in files])
images.shape"""
    return words, code


def _digits(config: TrainConfig) -> Step:
    words = f"""## The data

scikit-learn brings 1,797 handwritten digits of 8 by 8 pixels. We make them look like MNIST: enlarge each to 20 by 20,
make its edges sharp again, and put a black margin of 4 pixels around it. Then each is 28 rows of 28 pixels, from 0
(black) to 255 (white). We keep the digits {listed(config.digits)}."""
    keep = f"keep = np.isin(digits.target, {list(config.classes)})"
    return words, joined(
        bundle(to_mnist_form).code,
        "",
        "digits = load_digits()",
        keep,
        "images = np.stack([to_mnist_form(image) for image in digits.images[keep] / 16])  # (n, 28, 28)",
        "labels = digits.target[keep]",
        "images.shape",
    )


def _split(config: TrainConfig) -> Step:
    words = (
        "## Training and validation\n\nThe model learns from the training images. The validation images tell how "
        "good it is on images that it has never seen: "
    )
    by_digit = """
train = train[np.argsort(labels[train], kind="stable")]
valid = valid[np.argsort(labels[valid], kind="stable")]"""
    if config.split != "official":
        words += "a random fifth of all. The seed makes the choice the same each time."
        code = f"""shuffled = np.random.default_rng({config.split_seed}).permutation(len(images))
cut = int(0.2 * len(images))
train, valid = np.sort(shuffled[cut:]), np.sort(shuffled[:cut])"""
    elif config.data == "mnist":
        words += "they are MNIST's own test images."
        code = """is_training = np.array([file.parts[-3] == "training" for file in files])
train, valid = np.flatnonzero(is_training), np.flatnonzero(~is_training)"""
    else:
        words += "a random fifth of each digit. The seed makes the choice the same each time."
        by_digit = "\ntrain, valid = np.array(train), np.array(valid)"
        code = f"""train, valid = [], []
for digit in {list(config.classes)}:
    shuffled = np.random.default_rng([{config.split_seed}, digit]).permutation(np.flatnonzero(labels == digit))
    cut = int(0.2 * len(shuffled))
    train += sorted(shuffled[cut:])
    valid += sorted(shuffled[:cut])"""
    words += " Both are in the order of the digits: first all images of the smallest digit, then those of the next."
    return words, f"{code}{by_digit}\nlen(train), len(valid)"


def listed(digits: str) -> str:
    """Digits in words: "3 and 7"."""
    return "0 to 9" if len(digits) == 10 else f"{', '.join(digits[:-1])} and {digits[-1]}"
