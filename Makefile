# Every target sets up what it needs; nothing else has to be typed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TOOLS := .venv/.tools

.PHONY: demo run doctor docs locales try test test-fast lint chromium image-test lock bench bench-quality fuzz soak screenshots
.DEFAULT_GOAL := demo

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint requirements.lock --editable .
	touch $(READY)

# What tests and measurements need besides.
$(TOOLS): $(READY)
	$(BIN)/pip install --quiet --requirement requirements.lock
	touch $(TOOLS)

demo: $(READY)  ## the bot against a loopback Discord, in the browser
	$(BIN)/textgen-bot demo

run: $(READY)  ## the bot against Discord; needs DISCORD_TOKEN
	$(BIN)/textgen-bot run

doctor: $(READY)  ## checks the installation, and prints the invite link
	$(BIN)/textgen-bot doctor

try: docs/try.html  ## the base model as a page of its own: docs/try.html, for any browser

docs/try.html: $(READY) weights/base.safetensors $(wildcard textgen_core/export/web/*.py textgen_core/export/web/page/*)
	$(BIN)/textgen export base --to web --single-file --force --title "Try it: the base model" -o $@

docs: $(TOOLS) try  ## the pages as a site that asks no other host: site/commands.html
	$(BIN)/pip install --quiet --editable ".[docs]"
	$(BIN)/mkdocs build --quiet

locales: $(TOOLS)  ## the catalogs of sentences, as the code says them now: docs/translating.md
	$(BIN)/python tests/catalogs.py

test: $(TOOLS) chromium lint  ## everything that must hold before a change lands
	$(BIN)/pytest -q -n auto --dist loadfile

# What starts a training process, or the bot as a process of its own, is left to `make test`.
SLOW := app/test_crash app/test_kills app/test_token \
  training/test_cluster training/test_trainer training/test_training_places
test-fast: $(TOOLS)  ## what has no training process and no browser: three minutes
	$(BIN)/pytest -q -n auto --dist loadfile tests/core tests/bot $(wildcard tests/test_*.py) \
	  $(SLOW:%=--ignore=tests/bot/%.py)

lint: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The page's tests need a browser; without one they are skipped with the reason.
chromium:
	@command -v chromium >/dev/null || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-color-emoji >/dev/null; \
	} || echo "No Chromium and no way to install it: the page's tests will be skipped."

image-test:  ## builds the image with buildah and runs it read-only; root, ten minutes
	docker/image-test.sh

screenshots: $(TOOLS) chromium  ## docs/images anew; CHANNEL=FILE.jsonl.gz has others talk
	$(BIN)/python docs/screenshots.py $(if $(CHANNEL),--channel $(CHANNEL))

fuzz: $(TOOLS)  ## 10,000 damaged files of each kind: importer and checkpoints
	FUZZ_EXAMPLES=10000 $(BIN)/pytest -q -n auto tests/fuzz

soak: $(TOOLS)  ## 10,000 messages of any kind, 200 random kills; half an hour on a calm machine
	SOAK_MESSAGES=10000 $(BIN)/pytest -q tests/discord/test_bot_any_message.py
	SOAK_KILLS=200 $(BIN)/pytest -q tests/bot/app/test_kills.py

bench: $(TOOLS)  ## figures of docs/benchmarks.md; half an hour on a calm machine
	$(BIN)/python benchmarks/generation.py
	$(BIN)/python benchmarks/windows.py
	$(BIN)/python benchmarks/web.py
	$(BIN)/python benchmarks/service.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/chat.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/quality.py
	$(BIN)/python benchmarks/read_out.py
	$(BIN)/python benchmarks/scale.py

bench-quality: $(TOOLS)  ## bits per character on every file of ../shared/corpora; hours
	$(BIN)/python benchmarks/quality.py --only seed,channels,multilingual --ngram --keep .models
	$(BIN)/python benchmarks/quality.py --only seed,channels --model large
	$(BIN)/python benchmarks/samples.py .models > docs/samples.md

lock: $(TOOLS)  ## refresh requirements.lock from pyproject.toml
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --extra dev --strip-extras --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
