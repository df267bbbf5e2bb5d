SHELL := /bin/bash
PYTHON := .venv/bin/python
# each run of a workflow imports the story's modules anew: compiled they are kept, whatever the shell says
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo up test check bench diagrams clean venv

help: ## what there is
	@grep -E '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.* ## (.*)/  make \1\t\2/' | expand -t 16

demo: venv ## take sample clients from the deal to day 90, on real servers (EXIT=1: stop at the end)
	@$(PYTHON) -m run.cli demo $(if $(EXIT),--exit)

up: venv ## start and supervise everything on this machine
	@$(PYTHON) -m run.cli up

test: venv ## every test, on real servers (ARGS="-k word" for some)
	@$(PYTHON) -m pytest $(ARGS)

check: venv ## lint, format, types, import contracts, locks
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PYTHON) .ci/check_locks.py

bench: venv ## what is measured, against what
	@$(PYTHON) -m bench $(ARGS)

diagrams: venv ## the pictures and the table of settings of the README, from the code
	@$(PYTHON) -m docs.diagrams
	@$(PYTHON) -m docs.settings

clean: ## forget the state of `make up` and what tools have cached
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m run.cli down; fi
	@rm -rf .aboard .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

venv:
	@.ci/venv
