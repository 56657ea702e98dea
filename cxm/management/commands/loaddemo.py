"""script/manage loaddemo: the tenants ``demo`` and ``other`` with people, orders and campaigns; twice is once."""

from random import Random

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

import cxm.management.demo.automations as demo_automations
from analytics.domain import rollups
from customers.domain import segments
from customers.models import Customer, Segment
from cxm import tenancy
from cxm.accounts.domain import tenants
from cxm.accounts.models import Membership, Role, User
from cxm.audit.actors import SYSTEM
from cxm.management.demo import cases, desk, figures, help_centre, mail, maps, people, rewards, shop, telephone, voice
from cxm.tenancy.models import Tenant

PASSWORD = "demo"  # noqa: S105 -- refused in production
COLLEAGUES = (("marketer", "Maha Marketer"), ("agent", "Adel Agent"), ("analyst", "Amira Analyst"))


class Command(BaseCommand):
    help = "Loads the demo tenants, where they are not there yet. Refused in production."

    def handle(self, **options: object) -> None:
        if not settings.LAPTOP:
            raise CommandError("The demo has well-known passwords: it is not loaded in production.")
        with translation.override("en"):
            for slug, load in (("demo", self._demo), ("other", self._other)):
                if Tenant.objects.filter(slug=slug).exists():
                    self._say(f"{slug} is there already")
                    continue
                # All or nothing: a loader that was interrupted begins anew.
                with transaction.atomic():
                    load()

    def _demo(self) -> None:
        admin = _user("admin@demo.test", "Dana Administrator")
        tenant = tenants.create(
            slug="demo", name="Bayt Noor", owner=admin, by=SYSTEM, timezone="Asia/Riyadh", currency="SAR", country="SA"
        )
        world = _world(1447, admin)
        colleagues = [(Role(role), _user(f"{role}@demo.test", name)) for role, name in COLLEAGUES]
        with tenancy.scope(tenant):
            for role, user in colleagues:
                Membership.objects.create(user=user, role=role)
        self._populate(world, tenant, count=1200, prefix="BN", host="baytnoor.example", names=("Bayt Noor", "بيت نور"))
        with tenancy.scope(tenant):
            found = {key: Segment.objects.get(name=name) for key, name, _said, _rule in desk.SEGMENTS}
            self._say("demo: campaigns of the past months")
            mail.send_past(world, found, prefix="BN")
            demo_automations.run(world, tenant, found["lapsed"])
            mail.draft(world, found)
            rewards.offer(world, found)
            rewards.collect(world)
            help_centre.write(world)
            self._say("demo: the telephone, and what colleagues wrote down")
            telephone.furnish(world, dict(colleagues), list(Customer.objects.order_by("pk")))
            desk.bring(world)
            self._say("demo: what customers asked and complained of")
            cases.follow(world, dict(colleagues)[Role.AGENT])
            self._say("demo: what people said of us")
            voice.listen(world)
            self._say("demo: personas, channels, maps")
            maps.draw(world)
            figures.expect(world, tenant)
        self._finish(world, tenant)

    def _other(self) -> None:
        admin = _user("admin@other.test", "Oscar Administrator")
        tenant = tenants.create(
            slug="other", name="Other & Co", owner=admin, by=SYSTEM, timezone="Europe/London", currency="GBP",
            country="GB",
        )  # fmt: skip
        world = _world(7, admin)
        self._populate(world, tenant, count=60, prefix="OC", host="other.example", names=("Other & Co", ""))
        self._finish(world, tenant)

    def _populate(
        self, world: people.World, tenant: Tenant, *, count: int, prefix: str, host: str, names: tuple[str, str]
    ) -> None:
        with tenancy.scope(tenant):
            self._say(f"{tenant.slug}: {count:,} people")
            people.fields(world)
            found = people.arrive(world, count=count, prefix=prefix)
            people.tag(world, found)
            people.choose(world, found)
            self._say(f"{tenant.slug}: what they looked at and bought")
            shop.trade(world, found, tenant=tenant, prefix=prefix)
            self._say(f"{tenant.slug}: brand, templates, segments")
            mail.furnish(world, names=names, host=host)
            desk.divide(world, tenant)
        desk.do_jobs(tenant)

    def _finish(self, world: people.World, tenant: Tenant) -> None:
        self._say(f"{tenant.slug}: figures")
        desk.do_jobs(tenant)
        segments.refresh_changed(tenant_id=tenant.pk, now=timezone.now)
        desk.date_back(tenant, since=world.ago(days=people.LONGEST), now=world.now)
        with tenancy.scope(tenant):
            rollups.refresh(tenant=tenant, now=timezone.now())

    def _say(self, sentence: str) -> None:
        self.stderr.write(f"  {sentence} …")


def _user(email: str, name: str) -> User:
    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name)


def _world(seed: int, admin: User) -> people.World:
    return people.World(Random(seed), timezone.now(), admin.actor)  # noqa: S311 -- chance that repeats itself
