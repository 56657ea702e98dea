from django.db import migrations, models


def name_kinds(apps, schema_editor):
    """A version's kind is that of its first scored question."""
    Version, Question = apps.get_model("feedback", "SurveyVersion"), apps.get_model("feedback", "Question")
    scored = Question.objects.filter(version=models.OuterRef("pk"), kind__in=["nps", "csat", "ces"])
    first = models.Subquery(scored.order_by("position", "pk").values("kind")[:1])
    Version.objects.filter(published_at__isnull=False).update(kind=models.functions.Coalesce(first, models.Value("")))


class Migration(migrations.Migration):
    dependencies = [("feedback", "0006_cases_by_time")]

    operations = [
        migrations.AddField("surveyversion", "kind", models.CharField(blank=True, max_length=10)),
        migrations.RunPython(name_kinds, migrations.RunPython.noop),
    ]
