# Every command that a developer needs.  `make help` lists them.

PYTHON ?= python3
T ?= test
STRESS_SECONDS ?= 300
STRESS_JOBS ?= 4

VENV ?= .venv
REQUIREMENTS ?= requirements-dev.txt
PY := $(VENV)/bin/python
READY := $(VENV)/.ready-$(shell cksum < $(REQUIREMENTS) | cut -d' ' -f1)
# The original: the newest, and older ones for what it has lost.
ready = .venv-$(1)/.ready-$(shell cksum < requirements-$(1).txt | cut -d' ' -f1)
UPSTREAM_READY := $(call ready,upstream)
OLDER_READY := $(call ready,upstream-23) $(call ready,upstream-20)
OLD_CRYPTOGRAPHY_READY := $(call ready,cryptography-2)
PIP := install -q --disable-pip-version-check --cache-dir $(CURDIR)/build/pip
SETUP := $(PY) setup.py -q
# -P: OpenSSL is the one that is to be tested, not the one that lies in the current folder.
PYTEST := $(PY) -P -X dev -m pytest
PACKAGE := $(wildcard OpenSSL/*.py OpenSSL/*.pyi) OpenSSL/py.typed
C_FILES := $(wildcard src/*/*.[ch] test/*.[ch])

ASAN := build/asan
TSAN := build/tsan
COVERAGE := build/coverage
FREETHREADED ?= .freethreaded

export PYTHON
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help venv upstream demo build build-debug test pytest stress freethreaded lint format asan tsan \
	valgrind coverage faults leaks same twisted downstream bench bench-insns docs pages stubs symbols matrix dist clean

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- setting up ----

venv: $(READY) ## the tools, in .venv; the other targets do this themselves

# An interpreter that has gone (another Debian, another checkout) takes its environment along.
ifeq ($(wildcard $(PY)),)
$(READY): FORCE
endif
FORCE:

$(READY): $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CPython 3.11 or newer is needed")'
	@tools/packages.sh gcc libc6-dev libssl-dev python3-dev python3-venv openssl gnutls-bin
	@[ -x $(PY) ] || $(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip $(PIP) -r $(REQUIREMENTS)
	@rm -f $(VENV)/.ready-* && touch $@

upstream: $(UPSTREAM_READY) $(OLDER_READY) ## the original pyOpenSSL, in .venv-upstream*, to compare with

define original
ifeq ($(wildcard .venv-$(1)/bin/python),)
$(call ready,$(1)): FORCE
endif
$(call ready,$(1)): requirements-$(1).txt
	@tools/packages.sh python3-venv
	@[ -x .venv-$(1)/bin/python ] || $$(PYTHON) -m venv --clear .venv-$(1)
	.venv-$(1)/bin/python -m pip $$(PIP) -r requirements-$(1).txt
	@rm -f .venv-$(1)/.ready-* && touch $$@
endef
$(foreach one,upstream upstream-23 upstream-20 cryptography-2,$(eval $(call original,$(one))))

# ---- building and testing ----

demo: build ## set up, build, and show the main job: certificates, a TLS server, a TLS client
	@PYTHONPATH=. $(PY) doc/examples/demo.py

build: $(READY) ## in place, as users get it
	@$(SETUP) build_ext --inplace

build-debug: $(READY) ## in place, with assertions, and the modules that only tests use
	@PYOPENSSL_DEBUG=1 $(SETUP) build_ext --inplace build_test

test: build-debug $(UPSTREAM_READY) ## set up, build with assertions, run pytest (T=test/crypto for a part)
	$(PYTEST) $(T)

stress: build-debug ## the load on threads and interpreters (STRESS_SECONDS=300 each, STRESS_JOBS=4 at once)
	STRESS_SECONDS=$(STRESS_SECONDS) PYTEST_TIMEOUT=600 PYTHONDEVMODE=1 PYTHONSAFEPATH=1 \
		$(PYTEST) -n $(STRESS_JOBS) --dist worksteal test/whole/test_threads.py test/whole/test_interpreters.py

freethreaded: ## the suite without a global interpreter lock, on a CPython that is built for it first
	@tools/freethreaded.sh $(FREETHREADED)
	@PYTHON_GIL=0 $(MAKE) build-debug pytest VENV=.venv-freethreaded \
		REQUIREMENTS=requirements-freethreaded.txt PYTHON=$(FREETHREADED)/bin/python3

pytest:
	$(PYTEST) $(T)

faults: build-debug ## fail every allocation in turn, in as many processes as there are processors
	$(PYTEST) -m slow test/whole/test_faults.py

same: build-debug $(UPSTREAM_READY) $(OLDER_READY) $(OLD_CRYPTOGRAPHY_READY) ## the behaviour tests on the original, all vectors with cryptography
	$(PYTEST) -m '' test/interop

twisted: build-debug $(UPSTREAM_READY) ## Twisted's own tests of TLS, with ours and with the original
	$(PYTEST) -m '' test/interop/test_twisted.py

downstream: build ## the tests of packages that use OpenSSL, with ours and with the original (network)
	@tools/packages.sh curl
	$(PY) tools/downstream/run.py

leaks: build-debug ## run each operation many times and count
	$(PYTEST) -m '' test/whole/test_leaks.py

# ---- checking ----

lint: $(READY) ## formatting, layers, static analysis, spelling
	@tools/packages.sh cppcheck
	$(VENV)/bin/clang-format --dry-run -Werror $(C_FILES)
	$(PY) tools/check_layers.py
	$(VENV)/bin/ruff format --check -q .
	$(VENV)/bin/ruff check -q .
	$(VENV)/bin/codespell
	$(PY) tools/analyse.py

format: $(READY) ## rewrite the sources as `make lint` wants them
	$(VENV)/bin/clang-format -i $(C_FILES)
	$(VENV)/bin/ruff check --fix -q .
	$(VENV)/bin/ruff format -q .

asan: $(READY) ## the whole suite under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer
	@mkdir -p $(ASAN)/OpenSSL && cp $(PACKAGE) $(ASAN)/OpenSSL/
	@PYOPENSSL_SANITIZE=address,undefined $(SETUP) build_ext -b $(ASAN) build_test -b $(ASAN)
	PYTHON=$(PY) tools/sanitized.sh address $(ASAN) $(T)

# T is what comes with the command; without it, what is about threads.
tsan: T = test/whole/test_threads.py test/ssl/test_turns.py test/util/test_lock.py test/util/test_order.py \
	test/util/test_rwlock.py test/util/test_share.py test/util/test_thread.py
tsan: $(READY) ## the thread tests under ThreadSanitizer, in a CPython and an OpenSSL that are built for it first
	@tools/tsan.sh $(TSAN) $(T)

valgrind: build-debug ## the whole suite under valgrind (slow)
	@tools/packages.sh valgrind
	PYTHONMALLOC=malloc PYTEST_TIMEOUT=0 valgrind -q --error-exitcode=9 --leak-check=full \
		--show-leak-kinds=definite --errors-for-leak-kinds=definite --trace-children=no \
		--suppressions=tools/valgrind.supp $(PYTEST) -p no:faulthandler $(T)

# By the tests that mirror src/, by threads and by failing allocations: the others reach little more.
COVERING := test/crypto test/rand test/ssl test/util test/whole/test_faults.py test/whole/test_threads.py

coverage: $(READY) ## which C lines the tests reach; 95 of 100 at least
	@find build -name '*.gcda' -delete 2>/dev/null || true
	@mkdir -p $(COVERAGE)/OpenSSL && cp $(PACKAGE) $(COVERAGE)/OpenSSL/
	@PYOPENSSL_COVERAGE=1 $(SETUP) build_ext -b $(COVERAGE) build_test -b $(COVERAGE)
	$(PYTEST) -q -o 'pythonpath=$(COVERAGE) test' $(COVERING)
	$(VENV)/bin/gcovr --txt-metric line --filter src/ --exclude-throw-branches --object-directory build \
		--gcov-ignore-errors no_working_dir_found --fail-under-line 95 --sort uncovered-number build

symbols: build ## the modules export PyInit_ and nothing else
	@tools/packages.sh binutils
	@tools/symbols.sh

stubs: build ## the stubs are sound, and agree with the modules
	$(VENV)/bin/mypy
	PYTHONPATH=. $(VENV)/bin/stubtest --mypy-config-file pyproject.toml --ignore-disjoint-bases OpenSSL

docs: build ## the manual, into doc/_build; a broken reference is an error
	PYTHONPATH=. $(VENV)/bin/sphinx-build -q -W --keep-going -n -b html doc doc/_build/html

pages: docs ## no page of the manual is wider than the window, be it a telephone's (with Chromium)
	@tools/packages.sh chromium-headless-shell
	$(PYTEST) -m slow test/test_pages.py

matrix: ## `make test` with each CPython, OpenSSL and compiler of Debian's, in trees made by debootstrap (root)
	tools/matrix.sh $(ROWS)

# ---- measuring ----

bench: build $(UPSTREAM_READY) $(OLDER_READY) ## ratios to upstream, to the standard library and to plain C
	@$(MAKE) -C bench compare

bench-insns: build ## instructions per operation, against the gates in bench/TARGETS.md and in long lists
	@tools/packages.sh valgrind
	@$(MAKE) -C bench insns
	$(PYTEST) -m slow test/whole/test_growth.py

# ---- the rest ----

dist: $(READY) ## the source archive and a wheel, looked at and installed as users do (network)
	@rm -rf dist build/dist
	$(SETUP) sdist -d build/dist
	$(PY) -m pip $(subst install,wheel,$(PIP)) --no-deps -w build/dist build/dist/*.tar.gz
	$(PY) tools/check_dist.py build/dist
	@mkdir dist && cp build/dist/*.tar.gz build/dist/*.whl dist/ && ls dist

clean: ## remove everything that was made, but for .venv and .venv-upstream*
	rm -rf build dist doc/_build doc/pictures OpenSSL/*.so test/*.so *.egg-info .hypothesis .*_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	-$(MAKE) -C bench clean
