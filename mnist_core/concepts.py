"""The chapter's concepts, each in a sentence under the page that teaches it, and its questionnaire in our words.

A page ends with its own (`ui.lesson.wrap_up`); a test holds the table against the list of what the lab must teach.
"""

CONCEPTS: dict[str, dict[str, str]] = {
    "1_pixels": {
        "grey image as numbers": "A grey picture is a table with one whole number per pixel, here from 0 to 255.",
        "folder as label": "The images of a digit lie in a folder that is named after it; the folder's name is the "
        "label, the right answer.",
    },
    "2_tensors": {
        "list comprehension": "A loop that makes a list in one line: `[o * 2 for o in numbers if o > 0]`.",
        "stack": "`torch.stack` lays tensors of equal shape on each other; the new first axis counts them.",
        "rank": "How many axes a tensor has: a number 0, a row 1, a table 2, a pile of tables 3.",
        "shape": "How long each axis is. The number of lengths is the rank.",
        "dtype": "The kind of number that a tensor holds, such as `uint8` or `float32`; all are of one kind.",
        "jagged": "A list whose rows have different lengths; no tensor can be made from it.",
        "NumPy v tensor": "Both hold a table of numbers. A tensor can also lie on a GPU and have a gradient, but it is "
        "never jagged.",
        "slicing": "Taking a part by its positions: `t[1:3]` starts at 1 and stops before 3.",
        "row, column access": "`t[1]` is a row; `t[:, 1]` is a column, the colon standing for every row.",
        "type promotion": "Where two kinds of number meet, the result has the kind that can hold both: whole numbers "
        "and floats give floats.",
        "`view`/`-1`": "`view` gives the same numbers another shape; for one axis -1 says: as long as it must be.",
        "`unsqueeze`/`squeeze`": "`unsqueeze` adds an axis of length 1, `squeeze` takes such axes away.",
        "broadcasting": "Where shapes differ, an axis of length 1 is used again and again, as if it were stretched, "
        "without a copy.",
        "matrix product `@`": "Each cell of `a @ b` is a row of `a` times a column of `b`, number by number, added up.",
        "transpose": "`.T` turns rows into columns.",
        "bias": "A number that is added to the sum of weight times pixel, so that the answer need not be 0 for an "
        "empty image.",
    },
    "3_baseline": {
        "mean image": "The average of all images of a digit, pixel by pixel: the ideal digit.",
        "L1": "The mean absolute difference: how far two images are apart in a typical pixel.",
        "MSE/RMSE": "The mean squared difference, and its square root; large differences weigh more than in L1.",
        "baseline": "A simple model that a better one has to beat; without it nobody knows whether a result is good.",
    },
    "4_gradients": {
        "function plot": "A picture of a function: the input goes to the right, the output upwards.",
        "derivative": "How fast the output changes when the input changes a little: the slope of the tangent.",
        "`requires_grad_`": "Tells PyTorch to remember what is calculated with a tensor, for the gradient.",
        "`backward`": "`loss.backward()` walks back through the calculation and works out every gradient.",
        "`.grad`": "Where a parameter keeps its gradient after `backward`.",
        "in-place `_`": "A method whose name ends in an underscore changes the tensor itself and makes no new one.",
        "`zero_grad`": "Sets the gradients back to zero; without it each `backward` adds to the last.",
        "learning rate": "How far a step goes: the gradient is multiplied by it.",
        "forward pass": "From the inputs to the loss.",
        "backward pass": "From the loss back to a gradient for every parameter.",
    },
    "5_descent": {
        "seven steps of SGD": "Initialise, predict, loss, gradient, step, repeat from predict, stop.",
        "mini-batch": "A few of the items, on which one step is taken: cheaper than all of them, and good enough.",
    },
    "6_losses": {
        "why accuracy is no loss": "A tiny change of a weight changes no answer, so accuracy stays as it is: its "
        "gradient is 0 almost everywhere, and nothing can be learned from that.",
        "`torch.where`": "`torch.where(c, a, b)` takes from `a` where `c` is true, and from `b` elsewhere.",
        "sigmoid": "Squeezes any number into the range between 0 and 1: 1 / (1 + exp(-x)).",
        "mnist_loss": "The mean distance of the predictions, after a sigmoid, from their targets 0 and 1.",
        "metric v loss": "A metric is read by people; a loss is read by the optimiser, so it must have a useful "
        "gradient.",
        "logits": "The outputs of a model before a sigmoid or a softmax: any number, not probabilities.",
        "softmax": "Makes several outputs into probabilities: exp of each, divided by the sum of all.",
        "log": "The logarithm: it makes a product into a sum, and a probability near 0 into a very negative number.",
        "likelihood": "The probability that a model gives to what really was there.",
        "NLL": "Negative log-likelihood: minus the log of the probability of the right class.",
        "cross-entropy": "Softmax, log and NLL in one: the loss for two and more classes.",
        "log-sum-exp": "log(sum(exp(x))), worked out after the largest x is taken away, so that nothing overflows.",
        "CrossEntropyLossFlat": "fastai's cross-entropy: it lays the axes flat first, and knows how to turn outputs "
        "into predictions.",
    },
    "7_loading": {
        "shuffle": "Dealing the items in a new random order in each epoch.",
        "DataLoader": "Gives one mini-batch after another, shuffled if asked.",
        "DataLoaders": "fastai's pair of a training and a validation DataLoader.",
        "Dataset": "Anything that gives the pair of item and label for a number, and knows its length.",
        "(x, y) pairs by zip": "`list(zip(x, y))` puts each input beside its label.",
        "training, validation, test set": "The first to learn from, the second to choose with, the third to look at "
        "once, at the end.",
        "GrandparentSplitter": "Splits by the name of the folder above the label's folder, such as `training`.",
        "RandomSplitter": "Keeps a random share for validation, the same one for the same seed.",
        "SubsetRandomSampler": "Gives a DataLoader only some of the items, in random order.",
        "ImageFolder": "torchvision's Dataset from folders of images.",
        "DataBlock": "fastai's plan for data: what the inputs and labels are, where they come from, how to split and "
        "change them.",
        "item and batch transforms": "What is done to each item on the processor, such as resizing, and to each whole "
        "batch where the model is, such as converting.",
        "`IntToFloatTensor`": "fastai's batch transform from bytes 0 to 255 to floats 0 to 1.",
        "vocab": "The list of classes; the model's answer is a position in it.",
        "predict": "`learn.predict(item)` does the whole way from an item to a class and its probability.",
        "export": "`learn.export()` saves the model with everything that it needs to predict.",
        "load_learner": "Opens what `export` saved, ready to predict. It is a pickle: open only files that you trust.",
        "Gradio Space": "A small web page on Hugging Face that lets others try a model.",
    },
    "8_loop": {
        "epoch": "Once through all the training items.",
        "init_params": "Makes the starting weights at random.",
        "linear1": "The chapter's first model: `xb @ weights + bias`.",
        "calc_grad": "Predictions, loss and `backward` for one mini-batch.",
        "train_epoch": "For each mini-batch: gradient, step, zero the gradient.",
        "validate_epoch": "The accuracy over the validation set.",
        "batch_accuracy": "The share of a mini-batch that is right.",
        "BasicOptim": "The chapter's optimiser in two methods: `step` and `zero_grad`.",
        "SGD": "Stochastic gradient descent: a step after each mini-batch, against its gradient.",
        "nn.Linear": "PyTorch's linear layer: it keeps the weights and the bias, and makes their start.",
        "parameters": "All that a model learns: `model.parameters()` gives them to the optimiser.",
        "Learner": "fastai's class that holds data, model, loss and optimiser together, and trains.",
        "fit": "Trains for so many epochs.",
        "fit_one_cycle": "Trains with a learning rate that first rises and then falls.",
        "lr_find": "Tries growing learning rates on a few batches and suggests one.",
        "recorder": "Keeps every loss and learning rate of a training.",
        "MNISTLearner": "A Learner of one's own, from the chapter's loop.",
        "nonlinearity": "A function whose plot is no straight line, between linear layers; without it any number of "
        "them is one linear layer.",
        "ReLU": "Negative numbers become 0, the others stay: `max(x, 0)`.",
        "nn.Sequential": "A model that calls its layers one after the other.",
        "nn.Module": "The class of every layer and model in PyTorch: it knows its parameters.",
        "activation v parameter": "A parameter is learned and stays; an activation is calculated anew for each input.",
        "parameter count": "How many numbers a model learns.",
    },
    "9_train": {
        "conv2d, kernel, stride, padding": "A convolution slides a small table of weights, the kernel, over the image; "
        "the stride is the width of a step, the padding a rim of zeros.",
        "max-pool": "Keeps the largest number of each small square.",
        "flatten": "Lays all numbers of an image into one row.",
        "resnet18": "A convolutional model of 18 layers with shortcuts around its blocks.",
        'transfer and "not pretrained"': "Transfer learning starts from weights learned on other images; here every "
        "model starts at random.",
        "overfitting": "Learning the training images by heart: their loss still falls while the validation loss rises.",
        "accelerator (MPS, CUDA, CPU), fallback": "The chip that calculates: an NVIDIA GPU (CUDA), an Apple GPU (MPS), "
        "and where there is none the processor (CPU).",
    },
    "12_weights": {
        "weights as images": "The weights that multiply the pixels have a pixel each, so they can be seen as an image.",
    },
    "13_mistakes": {
        "confusion matrix": "A table that counts how often each digit is taken for which: a row for each digit shown, "
        "a column for each digit said.",
        "top losses": "The images with the highest loss: those that surprise the model most.",
        "precision, recall": "Precision: of all that was called a 9, the share that is one. Recall: of all nines, the "
        "share that was found.",
        "calibration": "A model is calibrated if it is as often right as it says: in 90 of 100 images of which it is "
        "90% sure.",
        "confidence interval": "The range in which the true accuracy may lie, given so many right of so many images; "
        "the fewer images, the wider.",
    },
    "14_draw": {
        "out-of-scope drawings": "Whatever is drawn, the model answers with one of its classes: it cannot say that it "
        "does not know.",
        "preprocessing": "What is done to a picture before a model gets it: the same as was done to the images that it "
        "learned from.",
        "nearest neighbours": "The training images that differ least from an image. Their labels can vote on what it "
        "shows.",
    },
    "15_deploy": {
        "safetensors": "A file of named tensors and a little text. It cannot run a program, so it is safe to open.",
        "pickle": "Python's own file for any object. Opening one can run any program that somebody put into it.",
        "ONNX": "A file that holds the steps of a calculation, for programs in many languages.",
        "model card": "A few lines that say what a model is, what it was made from and how to feed it.",
        "parity": "Two programs say the same of the same input, but for the last decimal places.",
    },
}
"""Page (its file without the ending) -> concept -> what it means."""

QUESTIONS: dict[int, tuple[str, str]] = {
    1: ("1_pixels", "How does a computer keep a grey picture, and how one in colour?"),
    2: ("1_pixels", "How are the files of MNIST laid out in folders, and why so?"),
    3: ("3_baseline", "How does telling digits apart by pixel similarity work?"),
    4: ("2_tensors", "What is a list comprehension? Pick the odd numbers of a list and double them."),
    5: ("2_tensors", "What is a tensor of rank 3?"),
    6: ("2_tensors", "How do rank and shape differ, and how does one get the rank from the shape?"),
    7: ("3_baseline", "What are RMSE and L1?"),
    8: ("2_tensors", "How does one calculate with thousands of numbers at once, much faster than in a Python loop?"),
    9: ("2_tensors", "Make a 3 by 3 tensor of 1 to 9, double it, and take its bottom right four."),
    10: ("2_tensors", "What is broadcasting?"),
    11: ("7_loading", "Are metrics worked out on the training set or on the validation set, and why?"),
    12: ("5_descent", "What is SGD?"),
    13: ("5_descent", "Why does SGD use mini-batches?"),
    14: ("5_descent", "What are the seven steps of SGD?"),
    15: ("5_descent", "How do the weights of a model start?"),
    16: ("6_losses", "What is a loss?"),
    17: ("4_gradients", "Why not always take a high learning rate?"),
    18: ("4_gradients", "What is a gradient?"),
    19: ("4_gradients", "Must one know how to work out gradients by hand?"),
    20: ("6_losses", "Why is accuracy no loss?"),
    21: ("6_losses", "What does the sigmoid look like, and what is special about its shape?"),
    22: ("6_losses", "How do a loss and a metric differ?"),
    23: ("5_descent", "How do the new weights follow from a learning rate?"),
    24: ("7_loading", "What does a DataLoader do?"),
    25: ("8_loop", "What are the steps of an epoch of SGD, in pseudocode?"),
    26: ("7_loading", "How do `[1, 2, 3, 4]` and `'abcd'` become pairs, and what is special about the result?"),
    27: ("2_tensors", "What does `view` do?"),
    28: ("2_tensors", "What is a bias, and why is it needed?"),
    29: ("2_tensors", "What does `@` do?"),
    30: ("4_gradients", "What does `backward` do?"),
    31: ("4_gradients", "Why must gradients be set to zero?"),
    32: ("8_loop", "What is a Learner given?"),
    33: ("8_loop", "What are the basic steps of a training loop?"),
    34: ("8_loop", "What is ReLU? Draw it from -2 to 2."),
    35: ("8_loop", "What is an activation function?"),
    36: ("8_loop", "How do `F.relu` and `nn.ReLU` differ?"),
    37: ("8_loop", "One nonlinearity is enough to come close to any function; why are more used?"),
}
"""Number in the chapter's questionnaire -> (the page that answers it, the question in our words)."""


def questions_of(page: str) -> dict[int, str]:
    """The questions that a page answers, number -> text."""
    return {number: text for number, (answers, text) in QUESTIONS.items() if answers == page}
