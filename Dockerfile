# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
COPY textgen_core ./textgen_core
COPY weights ./weights
RUN python -m venv /opt/textgen-bot \
    && /opt/textgen-bot/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.12-slim
# The folder belongs to the bot's user before it becomes a volume: a volume made
# from it keeps the owner.
RUN useradd --system --uid 10001 textgen \
    && install --directory --owner textgen --mode 700 /data
COPY --from=build /opt/textgen-bot /opt/textgen-bot
ENV PATH=/opt/textgen-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    NUMBA_CACHE_DIR=/data/kernels
USER textgen
WORKDIR /data
VOLUME /data
CMD ["textgen-bot", "run"]
