#!/bin/sh
# Run once by the postgres image: the application's role, its database and the extensions it needs.
set -e
psql --set ON_ERROR_STOP=1 --username postgres --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE cxm LOGIN CREATEROLE CREATEDB PASSWORD :'password';
ALTER ROLE cxm SET createrole_self_grant = 'set, inherit';
CREATE DATABASE cxm OWNER cxm;
\c cxm
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gin;
CREATE EXTENSION citext;
CREATE EXTENSION unaccent;
SQL
