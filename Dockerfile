# One image for the API, the worker and the migrations; compose.yaml says which runs.

FROM node:22-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web/ ./
RUN npm run build

FROM python:3.11-slim AS python
WORKDIR /srv/hientruong
ENV VIRTUAL_ENV=/srv/hientruong/.venv \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir 'uv>=0.9,<0.14'
COPY requirements/runtime.txt requirements/
RUN .venv/bin/uv pip sync --no-cache --require-hashes requirements/runtime.txt
# The project runs from its source tree, in the image as elsewhere.
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY core core
COPY gis gis
COPY media media
COPY identity identity
COPY notifications notifications
COPY workflows workflows
COPY api api
COPY cli cli
COPY alembic alembic
RUN .venv/bin/uv pip install --no-cache --no-deps --editable .

FROM python:3.11-slim
# ffmpeg makes videos fit to be shown.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /srv/hientruong hientruong \
    && mkdir -p /srv/hientruong /var/lib/hientruong/media /var/lib/hientruong/spool \
    && chown hientruong /var/lib/hientruong/media /var/lib/hientruong/spool
WORKDIR /srv/hientruong
COPY --from=python /srv/hientruong ./
COPY --from=web /src/web/dist web/dist
ENV PATH=/srv/hientruong/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HIENTRUONG_HOST=0.0.0.0 \
    PORT=8000 \
    HIENTRUONG_MEDIA_ROOT=/var/lib/hientruong/media \
    HIENTRUONG_LOG_JSON=true
USER hientruong
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["hientruong", "serve"]
