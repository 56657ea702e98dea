from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_unsubscribed_addresses")]

    operations = [
        migrations.AddIndex(
            "importchange", models.Index(fields=["tenant", "row_kind", "row_id"], name="import_change_of_row")
        )
    ]
