# The same code as script/up, with the services given by address. Build: docker build -t cxm .
FROM node:24-slim AS browser
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=cxm.settings CXM_HOME=/data
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY --from=browser /app/node_modules node_modules
COPY . .
RUN useradd --system --uid 10001 --home-dir /data cxm && mkdir -p /data/media /data/metrics \
    # The key of the build is thrown away with this line; the real one is given when it runs.
    && export SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    && python manage.py messages --compile \
    # No database is named here, which else means a laptop: that one wants no names by content.
    && CXM_LAPTOP=0 python manage.py collectstatic --no-input --verbosity 0 \
    && chown -R cxm /data
USER cxm
EXPOSE 8000
ENV GRANIAN_HOST=0.0.0.0 GRANIAN_PORT=8000 GRANIAN_WORKERS=2 GRANIAN_BLOCKING_THREADS=2
CMD ["granian", "--interface", "wsgi", "--respawn-failed-workers", "--no-ws", "cxm.wsgi:application"]
