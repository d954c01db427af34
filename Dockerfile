# Farewell: worker and command line. Pinned by tag; pin by digest once you have pulled it: none could be looked up
# where this was written.
FROM python:3.13.14-slim AS wheels
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock .
# Every file is held against the lock's hashes here, and nothing else is installed from below.
RUN pip wheel --require-hashes --requirement requirements.lock --wheel-dir /wheels \
 && pip install --no-index --find-links /wheels hatchling
COPY pyproject.toml README.md starter.py worker.py ./
COPY activities activities
COPY commands commands
COPY connectors connectors
COPY devstack devstack
COPY models models
COPY rules rules
COPY web web
COPY workflows workflows
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.13.14-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Without the extras: no embedded servers, no test tools.
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --no-index --find-links /wheels farewell \
 && useradd --uid 10001 --create-home --home-dir /var/lib/farewell farewell \
 && install --directory --owner farewell --group farewell --mode 0700 /var/lib/farewell/keys
WORKDIR /farewell
COPY policy.toml inventory.toml ./
USER farewell
CMD ["farewell-worker"]
