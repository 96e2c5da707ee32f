# Two commands: `make demo` runs the main job, `make test` proves the house. Both set up a project-local environment first;
# `make shell` opens a shell in it, where `skyrack` is on the path.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLYING := $(VENV)/.flying
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --disable-pip-version-check
NATIVE := $(shell find csrc -name '*.[ch]' -o -name '*.cu' -o -name 'CMakeLists.txt' -o -name '*.py' | sort) CMakeLists.txt

SHELL_OF_USER := $(or $(shell printenv SHELL),/bin/sh)

.PHONY: demo shell test soak soak-apps soak-ticks faults-page field-bugs worker-trials lint test-c test-slow test-peers test-arm wheel-arm setup bench-check bench-fsw bench-models bench-record fuzz coverage mutants docs clean
demo: $(FLYING)
	$(BIN)/skyrack demo $(ARGS)

# A shell with `skyrack` on its path; `exit` leaves it.
shell: $(FLYING)
	@echo 'skyrack is on the path in this shell; `exit` leaves it'
	@PATH="$(CURDIR)/$(BIN):$$PATH" VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(SHELL_OF_USER)

test: lint test-c $(READY)
	$(BIN)/python -m pytest -n auto $(ARGS)

# Style and types of all Python, style and findings of all C.
LINTED := build/lint/.clean
lint: $(READY) $(LINTED)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

# C is looked at again when any of it has changed. clang-format and clang-tidy come with the environment, in the versions
# that pyproject.toml names, so that a bare machine has them; where pip has none for a processor, this says so and passes.
$(LINTED): $(READY) $(NATIVE) .clang-format .clang-format-ignore .clang-tidy
	csrc/lint.sh $(BIN) build/lint
	@touch $@

# The C library alone: its tests on every level of this processor, under the sanitizers.
test-c:
	csrc/tests/sanitized.sh build/c-tests

# Worlds of many seeds, 3 nodes for 4 minutes each: `make soak SEEDS=500 FROM=1000`. What fails prints the command that
# replays it, and saves the smallest schedule of faults that still fails.
FROM ?= 1
NODES ?= 3
HOURS ?= 0.0666666667
soak: $(READY)
	$(BIN)/skyrack world --seed $(FROM) --seeds $(or $(SEEDS),100) --nodes $(NODES) --hours $(HOURS)

# Each kind of fault alone, FLIGHTS times: who told of it, and when all was well again.
FLIGHTS ?= 5
faults-page: $(READY)
	$(BIN)/skyrack world --campaign $(FLIGHTS) --to markdown >build/faults.md
	mv build/faults.md docs/reference/faults.md

# Workers killed, stopped, hung, out of memory in the middle of a job: each answer must be bit by bit that of calm.
TRIALS ?= 1000
worker-trials: $(READY)
	$(BIN)/python -m tests.fsw.jobs.trials --trials $(TRIALS) $(ARGS)

# Bugs as they happened to others in flight, planted one at a time: which of them worlds find within MINUTES of the
# processor each, as a page. `make field-bugs MINUTES=5`, `make field-bugs ARGS="--only schedule"`.
MINUTES ?= 30
field-bugs: $(READY)
	$(BIN)/python -m tests.field_bugs --minutes $(MINUTES) --page docs/reference/field-bugs.md $(ARGS)

# A hundred apps at 10 Hz for a day of virtual time: memory flat, descriptors constant. `make soak-apps ARGS="--hours 2"`.
soak-apps: $(READY)
	$(BIN)/python -m benchmarks.soak $(ARGS)

# A hundred thousand ticks of 100 Hz beside busy workers, 17 minutes: none is lost or shifted, all slips are counted.
soak-ticks: $(READY)
	$(BIN)/python -m benchmarks.fsw_ticks --ticks $(or $(TICKS),100000)

# The long checks, after which `.ci/run` ends: the slow tests, and the ordinary properties with more examples.
test-slow: $(READY)
	$(BIN)/python -m pytest -n auto -m slow $(ARGS)
	HYPOTHESIS=plenty $(BIN)/python -m pytest -n auto -m 'hypothesis and not slow' $(ARGS)

# Other people's tools read what we write, and send what we read: space_packet_parser, ccsdspy and Yamcs, which is 119 MB
# and wants Java 17. What cannot be had is skipped with a sentence.
test-peers: $(READY)
	-$(PIP) --quiet 'space_packet_parser>=6' 'ccsdspy>=1.4'
	-$(PIP) --quiet --no-deps fprime-yamcs-bundle==5.12.8.0
	$(BIN)/python -m pytest tests/link/dictionary -m 'slow or not slow' -rs $(ARGS)

# The C tests on other processors, under qemu; needs no Python.
test-arm:
	csrc/tests/emulated.sh build

# The wheel for 64-bit ARM, and the kernels' Python tests from it.
wheel-arm:
	csrc/python/emulated.sh build/wheel-arm

setup: $(READY)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Skyrack needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@command -v $${CC:-cc} >/dev/null || { echo "Skyrack needs a C compiler ($${CC:-cc}) for its kernels; Debian and Ubuntu: \`sudo apt-get install gcc libc6-dev\`" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Skyrack needs Python's venv for an environment of its own; Debian and Ubuntu: \`sudo apt-get install python3-venv\`" >&2; exit 1; }
	@echo 'Setting up $(VENV): an environment first'
	@$(PYTHON) -m venv $(VENV)

# What flies and operates; the first time pip shows what it fetches and builds, which takes a minute or more.
$(FLYING): $(BIN)/python pyproject.toml $(NATIVE)
	@echo 'Adding to $(VENV): libraries first, then the C kernels, whose building is silent for a minute or two'
	@$(PIP) $(if $(wildcard $(FLYING)),--quiet) --editable '.[ground]'
	@touch $@
	@echo '`make shell`, or `. $(BIN)/activate`, puts `skyrack` on the path'

# What checks it besides.
$(READY): $(FLYING)
	@echo 'Adding the tools of the tests to $(VENV)'
	@$(PIP) $(if $(wildcard $(READY)),--quiet) --editable '.[ground,dev]'
	@touch $@

# Our kernels beside their peers, in CPU time of one core: `make bench-coding`, `make bench-coding ARGS="--json FILE"`.
bench-%: $(VENV)/.peers
	$(BIN)/python -m benchmarks $* $(ARGS)

# The flight executive beside its controls and peers, in one run; needs no peers from elsewhere.
bench-fsw: $(READY)
	$(BIN)/python -m benchmarks fsw $(ARGS)

# Models as people train them, imported and held to what their library says; the table stands in the docs.
# What cannot be had stands there as not installed. Some 3 GB, in a folder of its own.
MODEL_PEERS := $(VENV)/model-peers
bench-models: $(READY)
	@test -e $(MODEL_PEERS)/.complete || { $(PIP) --quiet --target $(MODEL_PEERS) lightgbm xgboost scikit-learn pandas \
		torch torchvision onnx onnxscript onnxruntime && touch $(MODEL_PEERS)/.complete; } \
		|| echo 'Some libraries that train models cannot be had here'
	PYTHONPATH=$(MODEL_PEERS) $(BIN)/python -m benchmarks.models --write docs/reference/models.md $(ARGS)

$(VENV)/.peers: $(READY)
	$(PIP) --quiet --editable '.[ground,dev,bench]'
	-$(PIP) --quiet 'reedsolo==2.1.1b1' --no-binary reedsolo \
		--config-settings=--build-option=--cythonize  # brings creedsolo, the Cython build that no wheel has
	$(PIP) --quiet --upgrade --target $(VENV)/peers 'fastcrc>=0.5'  # others hold it back
	@touch $@

# Single bits flipped in the memory of kernels, workers killed: who notices. `make faults ARGS="--flips 500"`.
faults: $(READY)
	$(BIN)/python -m benchmarks.faults $(ARGS)

# Instruction counts of the kernels under callgrind: compared with benchmarks/instructions.json, or written there.
bench-check:
	$(PYTHON) -m benchmarks.instructions check
bench-record:
	$(PYTHON) -m benchmarks.instructions record

# Arbitrary octets and parameters, SECONDS a target: `make fuzz`, `make fuzz FUZZ="crc sync" SECONDS=600`.
CLANG ?= clang-14
FUZZ ?= *
SECONDS ?= 60
fuzz:
	cmake -S . -B build/fuzz -DSKYRACK_FUZZ=ON -DCMAKE_C_COMPILER=$(CLANG) >/dev/null
	cmake --build build/fuzz --parallel 2 >/dev/null
	csrc/fuzz/run.sh build/fuzz $(SECONDS) $(foreach name,$(FUZZ),'$(name)')

# Every line and branch of link, model bundles apart, and of the flight's loop, commands, recorder, files, sequences, watches,
# modes and updates is run by their own tests, or this fails.
TRANSPORT := tests/link tests/ground/recordings --ignore=tests/link/models
FLIGHT := $(addprefix tests/fsw/,executive comms pus fdir files modes recorder sequences update test_node_modes.py)
coverage: $(READY)
	HYPOTHESIS=fixed $(BIN)/python -m coverage run -m pytest $(TRANSPORT) $(FLIGHT)
	$(BIN)/python -m coverage report

# The documentation as a site in build/docs: README.html is its first page. Warnings are errors, links are checked.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --jobs auto -c docs/site -d build/doctrees . build/docs $(ARGS)
	@echo 'build/docs/README.html'
$(VENV)/.docs: $(READY)
	@$(PIP) --quiet --editable '.[ground,dev,docs]'
	@touch $@

# Small changes that no test notices: of link's packets, frames, coding, times and COP-1 all three thousand, which takes ten
# to twenty minutes on two cores; of fsw and ground SAMPLE each, drawn by SEED (tests/mutants.py). It fails if one is left
# that tests/AREA/survivors.md does not explain: `make mutants`, `make mutants AREAS=fsw SAMPLE=1000 SEED=other`. An
# environment of its own: what is mutated must be imported from where mutmut puts it, not from here.
AREAS ?= link fsw ground
SAMPLE ?= 300
SEED ?= skyrack
mutants: build/mutants/.ready
	@for area in $(AREAS); do \
		test $$area = link && draw= || draw='--sample $(SAMPLE) --seed $(SEED)'; \
		$(PYTHON) -m tests.mutants $$area $$draw || failed=1; \
	done; test -z "$$failed"
build/mutants/.ready: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv build/mutants
	build/mutants/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]' 'mutmut>=3'
	@touch $@

clean:
	rm -rf $(VENV) build mutants
