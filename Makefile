# Every target works in `.venv`, where `make setup` put it, or else in the environment that is active.
BIN := $(if $(wildcard .venv/bin/python),$(CURDIR)/.venv/bin/)
PYTHON := $(BIN)python
SITE = $(shell mktemp -d)/site
export NO_MKDOCS_2_WARNING := 1
APP := src/perfwise/programs/guest/app

.PHONY: setup check test bench evidence docs site guest changelog

setup: ## make .venv with everything that development needs
	python3 -m venv .venv
	.venv/bin/python -m pip install --editable '.[dev]'

check: ## format, lint, types (the guest's files too), layers, generated pages, links of the site
	$(BIN)ruff format --check .
	$(BIN)ruff check .
	$(BIN)mypy
	cd $(APP) && $(BIN)mypy --strict --config-file= --follow-imports=silent --cache-dir=$(CURDIR)/.mypy_cache/guest --explicit-package-bases . ../../meters/_native_child.py
	$(BIN)lint-imports
	$(PYTHON) docs/make_pages.py --check
	$(BIN)mkdocs build --quiet --site-dir $(SITE)

test: ## all tests; those marked `paper` need ../shared/data or PERFWISE_DATA
	$(BIN)pytest

bench: ## our speed as ratios beside a peer's; scripts write benchmarks/results/
	set -e; for script in $$(find benchmarks -mindepth 2 -name '[!_]*.py' | sort); do $(PYTHON) $$script; done

evidence: ## docs/evidence.md out of benchmarks/results/
	$(PYTHON) benchmarks/evidence.py

docs: ## the generated pages and the picture in the README
	$(PYTHON) docs/make_pages.py
	$(PYTHON) docs/images/make_demo.py

site: ## the documentation as a folder of pages, site/
	$(BIN)mkdocs build

guest: ## build another guest; every count moves by up to 0.2 %, see docs/decisions/002-one-pinned-guest.md
	$(PYTHON) -m pip install --editable '.[guest]'
	$(PYTHON) -m perfwise.programs.guest.build

changelog: ## the section that the next release would add
	@$(BIN)towncrier build --draft --version next
