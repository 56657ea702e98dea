from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0007_kind_of_a_version")]

    operations = [
        migrations.AddField("response", "sheet", models.UUIDField(null=True)),
        migrations.AddConstraint(
            "response",
            models.UniqueConstraint(
                condition=models.Q(("sheet__isnull", False)),
                fields=("tenant", "survey", "sheet"),
                name="response_sheet_once",
            ),
        ),
    ]
