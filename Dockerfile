# syntax=docker/dockerfile:1
ARG PYTHON_IMAGE=python:3.12-slim

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS build
# cpu; gpu for NVIDIA: with CUDA's libraries, some 4 GB more; slim: without TensorFlow, for a
# bot whose trainings run on other machines.
ARG VARIANT=cpu
WORKDIR /src
RUN python -m venv /opt/textgen-bot
ENV PATH=/opt/textgen-bot/bin:$PATH
COPY requirements.lock pyproject.toml setup.py README.md LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
COPY textgen_bot ./textgen_bot
COPY textgen_core ./textgen_core
COPY weights ./weights
COPY docker ./docker
# On x86-64 the extra puts tensorflow over tensorflow-cpu; its files have to win.
RUN case "$VARIANT" in \
        cpu) pip install --no-cache-dir --constraint requirements.lock ".[cluster]" ;; \
        gpu) pip install --no-cache-dir --constraint requirements.lock ".[cluster,gpu]" \
            && pip install --no-cache-dir --no-deps --force-reinstall "tensorflow==2.21.*" ;; \
        slim) docker/slim-requirements.py pyproject.toml >slim.txt \
            && pip install --no-cache-dir --constraint requirements.lock --requirement slim.txt \
            && pip install --no-cache-dir --no-deps . \
            && docker/slim-down.sh /opt/textgen-bot ;; \
        *) echo "VARIANT must be cpu, gpu or slim, got $VARIANT" >&2; exit 1 ;; \
    esac
RUN VARIANT="$VARIANT" docker/compile-kernels.sh /opt/textgen-bot/kernels \
    && install --mode 755 docker/entrypoint.sh /opt/textgen-bot/bin/entrypoint.sh

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="textgen-bot" \
    org.opencontainers.image.description="A self-hosted Discord bot that learns a server's own way of talking" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}"
# The folder belongs to the bot's user before it becomes a volume: a volume made
# from it keeps the owner.
RUN useradd --system --uid 10001 --home-dir /data --no-create-home textgen \
    && install --directory --owner textgen --mode 700 /data
COPY --from=build /opt/textgen-bot /opt/textgen-bot
ENV PATH=/opt/textgen-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HEALTH_ADDRESS=127.0.0.1:9464 \
    NUMBA_CACHE_DIR=/data/kernels
USER 10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-m", "textgen_bot.bot.operations.healthcheck"]
ENTRYPOINT ["entrypoint.sh"]
CMD ["run"]
