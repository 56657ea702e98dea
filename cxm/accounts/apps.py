from django.apps import AppConfig
from django.db import connection
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "cxm.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def after_migrate_sql(self, existing: set[str]) -> list[str]:
        """Within a scope, show the people who are members of that tenant and no others."""
        if "accounts_membership" not in existing:
            return []
        quote = connection.ops.quote_name
        user = quote("accounts_user")
        return [
            f"ALTER TABLE {user} ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS members ON {user}",
            f"""CREATE POLICY members ON {user} FOR SELECT TO cxm_app
                USING (EXISTS (SELECT FROM accounts_membership m WHERE m.user_id = {user}.id))""",
            f"GRANT SELECT ON {quote('django_content_type')} TO cxm_app",  # the admin of a tenant asks for it
            f"GRANT SELECT (id, email, name, language, theme, is_active, is_superuser, date_joined, last_login)"
            f" ON {user} TO cxm_app",
        ]
