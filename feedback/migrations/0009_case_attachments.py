import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0008_one_response_of_a_page"), ("tenancy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="CaseAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=100)),
                (
                    "content_type",
                    models.CharField(help_text="What the mail says it is; of pictures, what they are.", max_length=100),
                ),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("content", models.BinaryField()),
                ("mail", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="feedback.inboundmail")),
                ("message", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="feedback.casemessage")),
                ("tenant", models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenancy.tenant")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "message", "position"), name="case_attachment_once"),
                    models.UniqueConstraint(fields=("tenant", "mail", "position"), name="mail_attachment_once"),
                    models.CheckConstraint(
                        condition=models.Q(("mail", None), ("message__isnull", False))
                        | models.Q(("mail__isnull", False), ("message", None)),
                        name="attachment_of_one",
                    ),
                ],
            },
        ),
    ]
