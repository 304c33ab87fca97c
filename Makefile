# `make` builds and grades everything; `make test` checks it. The rest are their parts.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONHASHSEED := 0

.PHONY: all book serve exercises grade test lint bench bench-grading bench-intentions bench-search bench-training bench-pages objectworld deep highway labyrinth neurl links lock clean

all: book exercises grade
	@echo
	@echo "The book:          _build/html/index.html   (make serve opens it on this machine)"
	@echo "The exercises:     exercises/               ($(BIN)/course start value_iteration --open)"
	@echo "The sample class:  _build/sample-class/     (grades.csv, and feedback for each student)"

# One environment, every version and hash from the lock.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; choose it with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep -om1 '^uv==[^ ]*' requirements.lock)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

book: .venv/ready
	$(BIN)/course build

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

exercises: .venv/ready
	$(BIN)/course release

grade: exercises
	$(BIN)/course grade-sample

test: lint
	$(BIN)/pytest -n 2 --dist loadfile

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports > .venv/imports.log || { cat .venv/imports.log; exit 1; }

# The peers have an environment of their own, so that the course never depends on them.
.venv-bench/ready: bench/requirements.lock .venv/ready
	$(PYTHON) -m venv .venv-bench
	$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r bench/requirements.lock
	$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --no-build-isolation --no-deps --editable .
	@touch $@

bench: .venv-bench/ready objectworld bench-grading bench-intentions bench-search bench-training bench-pages
	.venv-bench/bin/python -m bench

# Grading beside plain nbgrader, stored for the book.
bench-grading: .venv/ready
	$(BIN)/python -m bench.grading

# Hidden intentions beside batched NumPy and hmmlearn.
bench-intentions: .venv/ready
	$(BIN)/python -m bench.intentions

# Weight and speed of pages on a slow line; needs Chromium.
bench-pages: book
	$(BIN)/python -m bench.pages

# Every tabular method on Objectworld, stored for the book.
objectworld: .venv/ready
	$(BIN)/python -m bench.objectworld

# Networks and tables on Objectworld, stored for the book.
deep: .venv/ready
	$(BIN)/python -m bench.deep

# An expert driver and those who imitate it, stored for the book.
highway: .venv/ready
	$(BIN)/python -m bench.highway

# Intentions and counts on real mice, stored for the book.
labyrinth: .venv/ready
	$(BIN)/python -m bench.labyrinth

# A search for networks beside the same networks one by one in scikit-learn.
bench-search: .venv/ready
	$(BIN)/python -m bench.search

# Compiled training of networks beside the same updates one by one.
bench-training: .venv/ready
	$(BIN)/python -m bench.training

# Every decoder of the rats' releases, stored for the book.
neurl: .venv/ready
	$(BIN)/python -m bench.neurl

LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --upgrade
lock:
	$(LOCK) --extra fast --extra book --extra data --extra deep --extra highway --extra grade --extra test --extra lint -o requirements.lock
	$(LOCK) --extra fast --extra peers -c requirements.lock -o bench/requirements.lock

# Asks other hosts whether what the pages link to is still there.
links: .venv/ready
	$(BIN)/python -m bench.links

# Grades stay.
clean:
	rm -rf _build/html _build/.kept _build/jupyter_execute _build/notebooks
