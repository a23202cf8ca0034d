"""The worker that `background.start_preparing` starts."""

from mnist_core.data.background import run_worker

if __name__ == "__main__":
    run_worker()
