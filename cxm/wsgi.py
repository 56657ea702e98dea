"""The door for WSGI servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxm.settings")
application = get_wsgi_application()

# Thousands of classes and compiled templates live as long as the process: the collector need not walk them again and
# again, and a page's own garbage is gone by counting references.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
