# Verbs shared by people and CI. `make demo` and `make test` set up what they need.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILE := --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --quiet
# A process that crashes ends the run: pytest-xdist may wait for ever for one that it replaced.
PARALLEL := --numprocesses 2 --dist loadfile --max-worker-restart 0
export TF_USE_LEGACY_KERAS := 0

.PHONY: help install demo test test-all check format bench serve descriptors lock clean

help:  ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(STAMP)  ## set up .venv from the locked requirements

$(STAMP): $(wildcard requirements/*.txt) pyproject.toml scripts/install.sh
	@bash scripts/install.sh $(VENV)
	@touch $@

demo: install  ## run a text and an image pipeline, serve both, ask them
	@bash scripts/demo.sh $(BIN)

test: install  ## the test suite, in two processes
	$(BIN)/python -m pytest -m "not slow" $(PARALLEL)

test-all: install  ## the slow and rarely needed tests, too
	$(BIN)/python -m pytest $(PARALLEL)

check: install  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

format: install  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## measure against peers; figures in workspace/benchmarks
	$(BIN)/python -m benchmarks.pipeline_overhead

serve: install  ## serve every pushed model on this machine
	$(BIN)/maru serve

descriptors: install  ## make the message descriptors anew, after an upgrade of TensorFlow
	$(BIN)/python -m scripts.make_descriptors

lock:  ## recompile the locks in requirements/ (needs uv)
	for glibc in 2.36 2.39; do \
		uv pip compile pyproject.toml $(COMPILE) --override requirements/overrides.txt \
			--override requirements/overrides-glibc-$$glibc.txt \
			-o requirements/glibc-$$glibc.txt && \
		uv pip compile --group dev $(COMPILE) -c requirements/glibc-$$glibc.txt \
			-o requirements/glibc-$$glibc-dev.txt || exit 1; \
	done

clean:  ## remove the environment and everything runs wrote
	rm -rf $(VENV) workspace
