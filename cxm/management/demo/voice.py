"""What people said of the demo's shop in a year: asked after orders, after cases, once a quarter.

In a bad season the parcels came late, and one can see it: scores fall, comments say why, then both recover.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from customers.domain import traits
from customers.models import Customer, Event, Order, SegmentMember
from cxm.management.demo.people import World
from feedback.domain import responses, survey_starters, surveys, versions
from feedback.models import Answer, Invitation, Question, Response, Survey, SurveyVersion

YEAR = 365
LATE = (75, 150)  # days ago between which parcels came late
# How often each step is chosen, in good times and in bad ones.
USUAL = {"nps": (1, 0, 1, 1, 1, 3, 4, 9, 16, 28, 36), "csat": (2, 3, 8, 30, 57), "ces": (1, 2, 4, 7, 16, 30, 40)}
BAD = {"nps": (6, 3, 5, 5, 6, 9, 9, 12, 14, 15, 16), "csat": (12, 14, 18, 30, 26), "ces": (6, 9, 12, 14, 20, 21, 18)}
WORDS = {
    ("ar", "good"): (
        "تعامل راقٍ وتغليف جميل جدًا، شكرًا لكم.", "وصل الطلب قبل الموعد ورائحة العود رائعة.",
        "أفضل متجر تعاملت معه هذا العام.", "الجودة ممتازة والسعر مناسب.", "خدمة العملاء ردّت خلال دقائق.",
        "أعجبتني الهدية الصغيرة مع الطلب.",
    ),
    ("ar", "warn"): (
        "كل شيء جيد لكن خيارات الدفع قليلة.", "المنتج جميل، والتوصيل يمكن أن يكون أسرع.",
        "أتمنى وجود مقاسات أكثر.", "التطبيق يحتاج إلى تحسين.",
    ),
    ("ar", "bad"): (
        "تأخر الطلب أسبوعين ولم يرد عليّ أحد.", "وصل الكوب مكسورًا ولم أستلم بديلاً حتى الآن.",
        "اللون مختلف تمامًا عن الصورة.", "اتصلت ثلاث مرات دون فائدة.", "السعر ارتفع والجودة انخفضت.",
    ),
    ("en", "good"): (
        "Beautifully packed and a day early.", "The oud is wonderful, my mother wants one too.",
        "Friendly people, quick answers.", "Exactly as described. I will be back.", "Loved the handwritten card.",
    ),
    ("en", "warn"): (
        "Good quality, but delivery took a while.", "Nice shop, I would like more sizes.",
        "Fine overall. The app logs me out all the time.",
    ),
    ("en", "bad"): (
        "Two weeks late and nobody told me.", "The mug arrived broken and I am still waiting.",
        "Colour looks nothing like the picture.", "I called three times without getting an answer.",
    ),
}  # fmt: skip


@dataclass
class Round:
    """One survey with what is collected of it before it is written."""

    survey: Survey
    version: SurveyVersion
    asked: list[Question]
    share: float
    invitations: list[Invitation] = field(default_factory=list)
    responses: list[tuple[Response, list[Answer]]] = field(default_factory=list)
    taken: set[tuple[int, str]] = field(default_factory=set)


def listen(world: World) -> None:
    """Ask after orders, after some cases and every quarter; leave a survey that is still being written."""
    people = {person.pk: person for person in Customer.objects.exclude(email="")}
    segments: dict[int, list[int]] = {}
    for customer, segment in SegmentMember.objects.filter(left_at=None).values_list("customer_id", "segment_id"):
        segments.setdefault(customer, []).append(segment)
    rounds = [
        (_begin(world, "purchase", share=0.34), _after_orders(world, people)),
        (_begin(world, "case", share=0.55), _now_and_then(world, people, count=150, longest=240)),
        (_begin(world, "nps", share=0.27), _every_quarter(world, people)),
    ]
    for each, occasions in rounds:
        for person, at in occasions:
            _ask(world, each, person, at, segments.get(person.pk, []))
        _write(each)
    _tell([each for each, _occasions in rounds])
    _strangers(world, rounds[2][0])
    survey_starters.start(key="effort", language="ar", by=world.by)


def _begin(world: World, key: str, *, share: float) -> Round:
    language = "ar" if key == "case" else "en"
    survey = survey_starters.start(key=key, language=language, by=world.by)
    surveys.change(survey=survey, by=world.by, open_link=key == "nps")
    version = versions.publish(survey=survey, by=world.by, now=world.ago(days=YEAR + 10))
    survey.refresh_from_db()
    return Round(survey, version, versions.asked(version), share)


def _after_orders(world: World, people: dict[int, Customer]) -> Iterator[tuple[Customer, datetime]]:
    rows = Order.objects.filter(kind="order", placed_at__gte=world.ago(days=YEAR), placed_at__lt=world.ago(days=4))
    last: dict[int, datetime] = {}
    for customer, placed in rows.order_by("placed_at", "pk").values_list("customer_id", "placed_at"):
        at = placed + timedelta(days=3, minutes=world.chance.randrange(600))
        if (
            customer in people
            and world.chance.random() < 0.6
            and at - last.get(customer, placed - timedelta(60)) > (timedelta(days=31))
        ):
            last[customer] = at
            yield people[customer], at


def _now_and_then(
    world: World, people: dict[int, Customer], *, count: int, longest: int
) -> Iterator[tuple[Customer, datetime]]:
    for person in world.chance.sample(list(people.values()), min(count, len(people))):
        at = world.ago(days=world.chance.uniform(1, longest))
        if at > person.created_at:
            yield person, at


def _every_quarter(world: World, people: dict[int, Customer]) -> Iterator[tuple[Customer, datetime]]:
    for days in (340, 250, 160, 70):
        for person in world.chance.sample(list(people.values()), min(130, len(people))):
            at = world.ago(days=days, minutes=world.chance.randrange(4000))
            if at > person.created_at:
                yield person, at


def _ask(world: World, each: Round, person: Customer, at: datetime, segments: list[int]) -> None:
    invitation = Invitation(
        survey=each.survey, customer=person, key=f"demo:{each.survey.slug}:{person.pk}:{at:%Y%m%d}",
        state=Invitation.State.SENT, created_by=world.by.label, created_at=at, sent_at=at,
        expires_at=at + timedelta(days=each.survey.answer_days),
    )  # fmt: skip
    each.invitations.append(invitation)
    answered = at + timedelta(hours=world.chance.expovariate(1 / 20))
    wave = responses.wave_of(survey=each.survey, now=answered)
    if world.chance.random() > each.share or answered > world.now or (person.pk, wave) in each.taken:
        return
    each.taken.add((person.pk, wave))
    language = "ar" if person.language == "ar" else "en"
    response = Response(
        survey=each.survey, version=each.version, customer=person, invitation=invitation, language=language, wave=wave,
        snapshot={"class": person.lifecycle, "country": person.country, "segments": segments},
        started_at=answered, answered_at=answered + timedelta(seconds=world.chance.uniform(15, 140)),
    )  # fmt: skip
    response.settled_at = response.answered_at
    _answer(world, each, response, unhappy=LATE[0] <= (world.now - at).days <= LATE[1])


def _answer(world: World, each: Round, response: Response, *, unhappy: bool) -> None:
    chance, module = world.chance, versions.questions.of(each.survey.kind)
    response.score = chance.choices(module.SCALE, (BAD if unhappy else USUAL)[each.survey.kind])[0]
    tone = module.tone(response.score)
    if chance.random() < (0.62 if tone == "bad" else 0.4):
        response.comment = chance.choice(WORDS[response.language, tone])
    if chance.random() < 0.86:
        response.completed_at = response.answered_at
    answers = []
    for question in each.asked:
        answer = Answer(response=response, question=question, at=response.answered_at)
        if question.kind == each.survey.kind:
            answer.number = response.score
        elif question.kind == "text" and response.comment and not any(known.text for known in answers):
            answer.text = response.comment
        elif question.kind == "choice" and (picked := _picked(world, question, tone, unhappy=unhappy)):
            answer.choices = picked
        else:
            continue
        answers.append(answer)
    each.responses.append((response, answers))


def _picked(world: World, question: Question, tone: str, *, unhappy: bool) -> list[str]:
    values = [option["value"] for option in question.settings["options"]]
    fits = {"wrong": tone == "bad", "liked": tone != "bad"}.get(question.key, True)
    if not fits:
        return []
    if question.key == "solved":
        return [values[{"good": 0, "warn": 1, "bad": 2}[tone]]]
    if question.key == "wrong" and unhappy and world.chance.random() < 0.7:
        return ["late"]
    return sorted(world.chance.sample(values, world.chance.randrange(1, 3)), key=values.index)


def _write(each: Round) -> None:
    Invitation.objects.bulk_create(each.invitations, batch_size=1000)
    found = [response for response, _answers in each.responses]
    for response in found:
        response.invitation = response.invitation  # it has its number only now
    Response.objects.bulk_create(found, batch_size=1000)
    answers = [answer for _response, given in each.responses for answer in given]
    for answer in answers:
        answer.response = answer.response
    Answer.objects.bulk_create(answers, batch_size=1000)


def _tell(rounds: list[Round]) -> None:
    """Write the timelines, and the last score of each person beside their traits."""
    Event.objects.bulk_create(
        [
            Event(
                customer_id=each.customer_id, name="Survey Sent", occurred_at=each.sent_at, channel="email",
                source="feedback", message_id=f"survey-sent:{each.pk}",
                properties={"survey": one.survey.name, "slug": one.survey.slug, "kind": one.survey.kind,
                            "invitation": each.pk},
            )
            for one in rounds
            for each in one.invitations
        ],
        batch_size=1000,
    )  # fmt: skip
    last: dict[int, dict[str, float]] = {}
    told = []
    for one in rounds:
        for response, _answers in sorted(one.responses, key=lambda pair: pair[0].answered_at):
            last.setdefault(response.customer_id, {})[one.survey.kind] = response.score
            told.append(responses.happening(response))
    # Written past the signal: what is long over opens no case and starts no automation.
    Event.objects.bulk_create([Event(**vars(happened)) for happened in told], batch_size=1000)
    traits.set_scores(last)


def _strangers(world: World, each: Round) -> None:
    """A few answers by the open link, on a card in the shop."""
    found = []
    for number in range(14):
        at = world.ago(days=3 * number + 1, minutes=40)
        found.append(
            Response(
                survey=each.survey, version=each.version, language="ar" if number % 3 else "en", channel="link",
                wave="", score=world.chance.choices(range(11), USUAL["nps"])[0], started_at=at, answered_at=at,
                completed_at=at, settled_at=at,
            )
        )  # fmt: skip
    Response.objects.bulk_create(found)
    score = each.asked[0]
    Answer.objects.bulk_create(
        Answer(response=one, question=score, number=one.score, at=one.answered_at) for one in found
    )
