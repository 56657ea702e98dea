"""Settings of the whole product: one file that starts with nothing set.

Everything the outside may set is read from the environment here, and only here.
"""

import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

env = environ.FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
CXM_HOME = Path(env.str("CXM_HOME", default="") or BASE_DIR / "var").resolve()
TESTING = "pytest" in sys.modules
DEBUG = env.bool("CXM_DEBUG", default=False)
# A laptop has the embedded database on loopback. Whoever names a database is in production, unless told otherwise.
_AT_HOME = env.bool("CXM_LAPTOP", default=not env.str("DATABASE_URL", default="")) or TESTING
LAPTOP = _AT_HOME or DEBUG

# --- who we are -------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY and _AT_HOME:
    SECRET_KEY = "laptop-only-" + "0" * 40
if not _AT_HOME and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5):  # the measure of Django's own check W009
    raise ImproperlyConfigured(
        "SECRET_KEY is missing or weak. Set SECRET_KEY, or SECRET_KEY_FILE to a file that holds it, to at least "
        "50 random characters: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

BASE_URL = env.str("CXM_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if LAPTOP else [])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
_HTTPS = BASE_URL.startswith("https://")
# One proxy of ours in front: its word on the scheme and on the address of the client is believed.
BEHIND_PROXY = env.bool("CXM_BEHIND_PROXY", default=False)

# --- parts ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "analytics",
    "journeys",
    "feedback",
    "campaigns",
    "customers",
    "cxm.webhooks",
    "cxm.rest",
    "cxm.accounts",
    "cxm.jobs",
    "cxm.audit",
    "cxm.tenancy",
    "cxm.apps.CxmConfig",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_celery_beat",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_linear_migrations",
    "csp",
    "django_prometheus",
]

MIDDLEWARE = [
    "cxm.accounts.bell.BellMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cxm.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cxm.accounts.middleware.NoticeMiddleware",
    "cxm.accounts.middleware.TenantAdminMiddleware",
    "cxm.accounts.middleware.TenantMiddleware",
    "cxm.rest.middleware.ProgramMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "cxm.urls"
WSGI_APPLICATION = "cxm.wsgi.application"
ASGI_APPLICATION = "cxm.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# An unsubscribe POST must never be answered with a redirect (RFC 8058, 3.1).
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cxm.accounts.context.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "cxm.lib.folding.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "cxm.tenancy.templatetags.pages",
                "cxm.templatetags.shell",
                "cxm.templatetags.formats",
            ],
        },
    }
]
COTTON_DIR = "parts"
FORM_RENDERER = "cxm.controls.Renderer"

# --- data -------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://cxm@127.0.0.1:5432/cxm")}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    # Transaction pooling (PgBouncer) works: no server-side cursors, no session state.
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
if env.str("CXM_TEST_DATABASE", default=""):
    DATABASES["default"]["TEST"] = {"NAME": env.str("CXM_TEST_DATABASE")}

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "cxm.lib.cache.Cache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cxm-test" if TESTING else "cxm",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- work -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A web page never waits for a broker that is away: the row is the queue and the beat finds it.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2, "max_retries": 1}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# What each door looks for stands in rows; a missed beat loses nothing.
CELERY_BEAT_SCHEDULE = {
    "customers.classes": {"task": "customers.refresh_classes", "schedule": crontab(hour=1, minute=15)},
    "customers.segments.refresh_changed": {"task": "customers.segments.refresh_changed", "schedule": 30},
    "customers.segments.refresh_all": {
        "task": "customers.segments.refresh_all",
        "schedule": crontab(hour=1, minute=45),
    },
    "customers.imports.forget_uploads": {
        "task": "customers.imports.forget_uploads",
        "schedule": crontab(hour=3, minute=15),
    },
    "jobs.drain": {"task": "cxm.jobs.drain", "schedule": 5},
    "accounts.drain": {"task": "accounts.drain", "schedule": 20},
    "campaigns.drain": {"task": "campaigns.drain", "schedule": 3},
    "campaigns.lapse_points": {"task": "campaigns.lapse_points", "schedule": crontab(hour=0, minute=30)},
    "analytics.roll_up": {"task": "analytics.roll_up", "schedule": 60},
    "analytics.predict": {"task": "analytics.predict", "schedule": crontab(hour=0, minute=40)},
    "campaigns.sweep": {"task": "campaigns.sweep", "schedule": 10},
    "feedback.surveys": {"task": "feedback.surveys", "schedule": 60},
    "journeys.drain": {"task": "journeys.drain", "schedule": 3},
    "journeys.call": {"task": "journeys.call", "schedule": 5},
    "journeys.calendar": {"task": "journeys.calendar", "schedule": 300},
    "journeys.remind_of_reviews": {"task": "journeys.remind_of_reviews", "schedule": crontab(minute=20)},
    "feedback.begin": {"task": "feedback.begin", "schedule": 60},
    "feedback.sweep": {"task": "feedback.sweep", "schedule": 15},
    "feedback.mail": {"task": "feedback.mail", "schedule": 10},
    "feedback.close": {"task": "feedback.close", "schedule": crontab(minute=20)},
    "rest.sweep": {"task": "cxm.rest.sweep", "schedule": 3600},
}
CELERY_TASK_DEFAULT_QUEUE = "bulk"
# A worker serves all queues unless it is told fewer (celery worker -Q transactional).
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("transactional", "bulk", "automation", "compute")
]
CELERY_TIMEZONE = "UTC"
if TESTING:
    CELERY_TASK_ALWAYS_EAGER = env.bool("CXM_TEST_EAGER", default=False)

# --- mail -------------------------------------------------------------------------------------

# smtp://user:password@host:port?tls=no|starttls|tls
EMAIL_URL = env.str("EMAIL_URL", default="") or "smtp://127.0.0.1:2525"
_mail = urlsplit(EMAIL_URL)
_mail_tls = parse_qs(_mail.query).get("tls", ["no"])[0].lower()
EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL = _mail_tls in {"tls", "ssl"}
EMAIL_USE_TLS = _mail_tls in {"starttls", "true", "1", "yes"}
EMAIL_TIMEOUT = 20
# How long a sending worker may be silent before another takes over what it had not yet put on the wire.
SEND_LEASE_SECONDS = env.int("CXM_SEND_LEASE_SECONDS", default=60)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="CXM <no-reply@cxm.localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where answers of customers come in: an address that takes name+anything@host, and the mailbox behind it
# (imaps://user:password@host/INBOX; local: for the inbox of `script/up`).
INBOUND_ADDRESS = env.str("INBOUND_ADDRESS", default="")
INBOUND_URL = env.str("INBOUND_URL", default="")

# --- people -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "cxm.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "cxm.accounts.adapter.AccountAdapter"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/300s/key",
    "login": "60/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "cxm.accounts.forms.second_factor.AuthenticateForm",
    "reauthenticate": "cxm.accounts.forms.second_factor.ReauthenticateForm",
    "activate_totp": "cxm.accounts.forms.second_factor.ActivateForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people come by a link in their mail, which proves the address

# --- language ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- browser files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = CXM_HOME / "static"
# Files of others come from npm packages, fetched at install time and served as they are.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(
        (prefix, BASE_DIR / "node_modules" / folder)
        for prefix, folder in [
            ("tabler", "@tabler/core/dist"),
            ("htmx", "htmx.org/dist"),
            ("alpine", "@alpinejs/csp/dist"),
            ("echarts", "echarts/dist"),
            ("tom-select", "tom-select/dist"),
            ("plex", "@fontsource/ibm-plex-sans/files"),
            ("plex-arabic", "@fontsource/ibm-plex-sans-arabic/files"),
        ]
        if (BASE_DIR / "node_modules" / folder).is_dir()
    ),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if LAPTOP else "cxm.lib.static.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = LAPTOP
WHITENOISE_AUTOREFRESH = DEBUG or TESTING  # each test's new client would read the whole tree of files first
MEDIA_ROOT = CXM_HOME / "media"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- safety -----------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_FAILURE_VIEW = "cxm.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # brings inline styles and scripts of its own
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "style-src": ["'self'", NONCE],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016", "security.W021"]

# --- API --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cxm.accounts.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cxm.accounts.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["cxm.rest.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "cxm.rest.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cxm.accounts.edges.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
# Of a JSON body, in bytes. Uploads are judged by the view that takes them.
API_MAX_BODY = 5 * 1024 * 1024
# Of a batch of the event intake, unpacked.
INTAKE_MAX_BODY = 500 * 1024
# Calls a second that a key may make in the long run, and at once.
API_LIMITS = {
    "api": (env.float("CXM_API_RATE", default=50), env.int("CXM_API_BURST", default=500)),
    "intake": (env.float("CXM_INTAKE_RATE", default=500), env.int("CXM_INTAKE_BURST", default=2000)),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CXM API",
    "VERSION": "1",
    "DESCRIPTION": "Customers, segments, campaigns and results of one tenant. Authenticate with an API key.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cxm.rest.schema.describe_frame",
    ],
}

# --- admin site -------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "CXM",
    "SITE_HEADER": "CXM",
    "SITE_URL": "/",
    "SITE_SYMBOL": "tune",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("img/mark.svg")}],
    "COLORS": {
        "primary": {
            "50": "#eef8f7",
            "100": "#dff0ee",
            "200": "#b9dfdb",
            "300": "#86c8c1",
            "400": "#4caba2",
            "500": "#1f8d85",
            "600": "#0b6b67",
            "700": "#0a5a57",
            "800": "#084a48",
            "900": "#073d3b",
            "950": "#042524",
        }
    },
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"show_search": False, "show_all_applications": False},
}

# --- running ----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("CXM_LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    import sentry_sdk  # 17 MB of memory that nobody pays who does not use it

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False)
