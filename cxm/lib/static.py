"""Static files in production: named by their content, compressed, cached for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = ("css/", "js/", "img/")


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Forgives the packages of others that name files they do not ship (source maps, pictures); never ours."""

    def hashed_name(self, name: str, content: object = None, filename: str | None = None) -> str:
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            if name.startswith(OURS):
                raise
            return name
