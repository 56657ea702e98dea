from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0003_spreads_within_daily_figures'),
    ]

    operations = [
        migrations.AddField(
            model_name='share',
            name='expires_at',
            field=models.DateTimeField(null=True),
        ),
    ]
