"""Work too long for a page and too short for a run: small trainings and timings, done in one process beside the app.

`run(function, **arguments)` gives a future at once. An experiment is a function of the library whose result follows
from its arguments, so that a result is kept, and thirty learners who ask the same wait for one computation. The other
process (`python -m mnist_core.experiments`) takes calls on its standard input; when the app ends or is killed, that
input ends, and so does the process.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import IO, Any

from mnist_core import process
from mnist_core.errors import LabError

LIMIT_SECONDS = 120.0
_KEPT = 200  # results
_KEPT_BYTES = 500_000_000  # of results and what they were asked with: a ResNet-18 is 45 MB

_Key = tuple[str, tuple[tuple[str, Any], ...]]


class Experiments:
    """A process for experiments, started when the first one is asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="experiments")  # asks, and waits for the answer
        self._process: subprocess.Popen[bytes] | None = None
        self._futures: dict[_Key, Future[Any]] = {}
        self._sizes: dict[_Key, int] = {}  # in bytes, of those that are there
        self._waiting: Counter[Future[Any]] = Counter()
        self._lock = threading.RLock()

    def run(self, function: Callable[..., Any], **arguments: Any) -> Future[Any]:
        """The future result of a call, from an earlier one with the same arguments where there was one.

        Parameters
        ----------
        function : a function at the top level of a module of `mnist_core`
        **arguments : hashable and picklable; the result must be picklable too, and is shared: never write into it

        Returns
        -------
        Future, whose exception is a LabError if the function raised one, if the process died, or if the call took
        longer than `LIMIT_SECONDS`
        """
        key = _key(function, arguments)
        with self._lock:
            known = self._futures.get(key)
            if known is None or (known.done() and known.exception()):
                self._futures.pop(key, None)  # one that failed; asked again it is the youngest
                self._futures[key] = self._thread.submit(self._call, key, arguments)
                self._make_room()
            return self._futures[key]

    @contextlib.contextmanager
    def waiting_for(self, function: Callable[..., Any], **arguments: Any) -> Iterator[Future[Any]]:
        """The same for somebody who may stop waiting: what nobody waits for any more, and has not begun, never does.

        So a slider pulled through twenty values does not leave twenty experiments behind.
        """
        with self._lock:
            future = self.run(function, **arguments)
            self._waiting[future] += 1
        try:
            yield future
        finally:
            with self._lock:
                self._waiting[future] -= 1
                if not self._waiting[future]:
                    del self._waiting[future]
                    if future.cancel():
                        self._futures.pop(_key(function, arguments), None)

    def warm_up(self) -> Future[Any]:
        """Start the process and its imports before a learner waits for them."""
        return self.run(_import_fastai)

    def close(self) -> None:
        """End the process."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process:
            self._process.kill()
            self._process.wait()

    def _make_room(self) -> None:
        """Forget the oldest results until the others are few enough."""
        while len(self._futures) > _KEPT or sum(self._sizes.values()) > _KEPT_BYTES:
            oldest = next(iter(self._futures))
            del self._futures[oldest]
            self._sizes.pop(oldest, None)

    def _call(self, key: _Key, arguments: dict[str, Any]) -> Any:
        if self._process is None or self._process.poll() is not None:
            self._process = process.start(
                "mnist_core.experiments", stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
            )
        child = self._process
        assert child.stdin and child.stdout
        timer = threading.Timer(LIMIT_SECONDS, child.kill)
        timer.start()
        try:
            asked = _send(child.stdin, (key[0], arguments))
            answer = pickle.load(child.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            child.kill()
            child.wait()  # until then `poll` may take it for alive, and the next experiment would be lost as well
            raise LabError("The experiment ended before its result was there; start it again.") from None
        finally:
            timer.cancel()
        result, error = pickle.loads(answer)
        if error:
            raise error
        with self._lock:
            if key in self._futures:
                self._sizes[key] = asked + len(answer)
        return result


def _key(function: Callable[..., Any], arguments: dict[str, Any]) -> _Key:
    return f"{function.__module__}:{function.__qualname__}", tuple(sorted(arguments.items()))


def _import_fastai() -> None:
    import fastai.vision.all  # noqa: F401


def _send(stream: IO[bytes], message: Any) -> int:
    """Send a message; gives its size in bytes."""
    size = stream.write(pickle.dumps(message))
    stream.flush()
    return size


def _answer(function: str, arguments: dict[str, Any]) -> tuple[Any, Exception | None]:
    """The result of a call, or what it raised: for a fault of ours a sentence, its traceback being in the log."""
    module, name = function.split(":")
    try:
        return getattr(import_module(module), name)(**arguments), None
    except LabError as error:
        return None, error
    except Exception:  # whatever it was, the next experiment must find this process alive
        sys.excepthook(*sys.exc_info())
        return None, LabError("The experiment failed for a reason of ours; the server's log has the details.")


def main() -> None:
    """Answer calls until there are no more: what an experiment prints goes to the log, not among the answers."""
    from mnist_core.devices import use_threads

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_the_app, args=(calls := os.pipe(),), daemon=True).start()
    use_threads()
    with os.fdopen(calls[0], "rb") as stream, contextlib.suppress(EOFError):
        while True:
            _send(answers, pickle.dumps(_answer(*pickle.load(stream))))  # as bytes, so that the app knows its size


def _end_with_the_app(calls: tuple[int, int]) -> None:
    """Pass standard input on, and end in the middle of an experiment when it ends."""
    while message := os.read(0, 65536):
        os.write(calls[1], message)
    os._exit(0)


if __name__ == "__main__":
    main()
