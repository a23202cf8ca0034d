"""Many learners' pages parse at once."""

from concurrent.futures import ThreadPoolExecutor

from mnist_core.parsing import parse


def test_threads_that_parse_at_once_do_not_disturb_each_other():
    deep = "x = " + "(" * 60 + "1" + ")" * 60 + "\n"
    with ThreadPoolExecutor(16) as threads:
        for tree in threads.map(parse, [deep * 200] * 200):
            assert len(tree.body) == 200
