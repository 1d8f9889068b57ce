# Every command that a developer needs.  `make help` lists them.

PYTHON ?= python3
T ?= test

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready-$(shell cksum < requirements-dev.txt | cut -d' ' -f1)
PYTEST := $(PY) -P -X dev -m pytest
SETUP := $(PY) setup.py -q

export PYTHON
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help venv build build-debug test

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z -]*:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## the tools, in .venv (the other targets do this themselves)

$(READY): requirements-dev.txt
	@tools/packages.sh gcc libc6-dev libssl-dev python3-dev python3-venv
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q -r requirements-dev.txt
	@rm -f $(VENV)/.ready-* && touch $@

build: $(READY) ## in place, as users get it
	@$(SETUP) build_ext --inplace

build-debug: $(READY) ## in place, with assertions, and the modules that only tests use
	@PYOPENSSL_DEBUG=1 $(SETUP) build_ext --inplace build_test

test: build-debug ## set up, build with assertions, run pytest (T=test/crypto/test_x509.py for a part)
	$(PYTEST) $(T)
