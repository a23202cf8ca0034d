# make run    installs into .venv if needed and starts the app
# make test   installs what tests need too, checks the code and runs every test
#
# VENV=dir     another place for the virtual environment
# PYTHON=path  the Python to make it with, 3.11 to 3.13
# ARGS="..."   more arguments for streamlit or pytest, e.g. make test ARGS="-k pixels"

VENV ?= .venv
PYTHON ?=
BIN := $(VENV)/bin
# A file's tests stay together, and the browser's stay last. ARGS="-n 0" has one process, and with -s its prints.
TWO_AT_A_TIME := -n 2 --dist loadfile --no-loadscope-reorder
SOURCES := Home.py pages mnist_core tests $(wildcard benchmarks)

.PHONY: run test lint

run: $(VENV)/.installed
	$(BIN)/python -m streamlit run Home.py $(ARGS)

test: lint
	$(BIN)/python -m pytest $(TWO_AT_A_TIME) $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install -r requirements-dev.txt
	touch $@

$(VENV)/.installed: requirements.txt $(BIN)/python
	$(BIN)/python -m pip install -r requirements.txt
	touch $@

# Tries what is on the PATH in turn, because a Python may be too old, a broken shim, or lack ensurepip (Debian).
$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	    $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	        && exec $$python -m venv $(VENV); \
	done; \
	echo 'No Python 3.11, 3.12 or 3.13 with venv was found$(if $(PYTHON), at $(PYTHON)).' \
	     'Install one (on Debian also python3-venv), or name it: make PYTHON=/path/to/python3.12' >&2; exit 1
