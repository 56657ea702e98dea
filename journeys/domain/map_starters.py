"""Maps to begin with, in English and Arabic: sound guesses, to be corrected by those who know better."""

from dataclasses import dataclass

from journeys.domain import map_content

Words = tuple[str, str]  # English, Arabic
LANGUAGES = ("en", "ar")


@dataclass(frozen=True)
class Touch:
    """A touchpoint: its name, channel, the event that tells of it, the feeling one expects, what people do there."""

    name: Words
    channel: str
    event: str
    feeling: int
    actions: Words
    pain: Words | None = None
    chance: Words | None = None
    moment: Words | None = None


@dataclass(frozen=True)
class Starter:
    """A whole map: what it is called, what the journey is for, its stages with their touchpoints, a first SWOT."""

    name: Words
    lead: Words
    goal: Words
    icon: str
    stages: tuple[tuple[Words, tuple[Touch, ...]], ...]
    swot: tuple[tuple[str, Words, int], ...] = ()


SHOP = Starter(
    ("From first visit to after-sale", "من الزيارة الأولى إلى ما بعد البيع"),
    (
        "An online shop: found, compared, bought, delivered, asked, back again.",
        "متجر إلكتروني: يجدك العميل ويقارن ويشتري ويستلم ويُسأل عن رأيه ثم يعود.",
    ),
    ("She buys with confidence and comes back within 90 days.", "تشتري بثقة وتعود خلال 90 يومًا."),
    "shopping-bag",
    (
        (
            ("Discover", "الاكتشاف"),
            (
                Touch(
                    ("First visit", "أول زيارة"),
                    "web",
                    "Page Viewed",
                    1,
                    (
                        "Comes from a search or a friend’s link, looks around for a minute.",
                        "تصل من بحث أو من رابط أرسلته صديقة، وتتصفح دقيقة.",
                    ),
                    ("Does not see at once what the shop is good at", "لا ترى فورًا ما يتميز به المتجر"),
                ),
            ),
        ),
        (
            ("Consider", "المقارنة"),
            (
                Touch(
                    ("Looks at products", "تصفح المنتجات"),
                    "web",
                    "Product Viewed",
                    1,
                    (
                        "Compares two or three products, reads what others say.",
                        "تقارن بين منتجين أو ثلاثة وتقرأ آراء الآخرين.",
                    ),
                    ("Sizes and delivery times are hard to find", "المقاسات ومدة التوصيل يصعب العثور عليها"),
                    ("Show the day of delivery on the product", "إظهار يوم التوصيل في صفحة المنتج"),
                ),
                Touch(
                    ("Puts it into the cart", "الإضافة إلى السلة"),
                    "web",
                    "Product Added",
                    2,
                    ("Decides, and often for a gift.", "تقرر الشراء، وغالبًا لهدية."),
                ),
            ),
        ),
        (
            ("Buy", "الشراء"),
            (
                Touch(
                    ("Checkout", "إتمام الطلب"),
                    "web",
                    "Checkout Started",
                    -1,
                    ("Fills in address and payment on the phone.", "تكتب العنوان وبيانات الدفع من الهاتف."),
                    ("The price of delivery comes as a surprise", "تفاجئها كلفة التوصيل"),
                    ("Free delivery from a sum on", "توصيل مجاني ابتداءً من مبلغ معين"),
                    ("Most of those who leave, leave here", "أكثر من يغادر يغادر هنا"),
                ),
                Touch(
                    ("Order placed", "تأكيد الطلب"),
                    "web",
                    "Order Completed",
                    2,
                    ("Waits for the confirmation, shows it to her family.", "تنتظر التأكيد وتعرضه على أسرتها."),
                ),
            ),
        ),
        (
            ("After the sale", "ما بعد البيع"),
            (
                Touch(
                    ("Confirmation and news by email", "التأكيد والأخبار بالبريد"),
                    "email",
                    "Email Opened",
                    1,
                    ("Looks when it will arrive.", "تتحقق من موعد الوصول."),
                ),
                Touch(
                    ("Asked for her opinion", "السؤال عن رأيها"),
                    "email",
                    "Survey Answered",
                    0,
                    ("Answers with one tap, if it is short.", "تجيب بلمسة واحدة إن كان السؤال قصيرًا."),
                    None,
                    ("Thank those who answer, and say what became of it", "شكر من يجيب وإخباره بما تغيّر"),
                ),
                Touch(
                    ("Help when something is wrong", "المساعدة عند حدوث مشكلة"),
                    "phone",
                    "Case Opened",
                    -2,
                    (
                        "Writes or calls, and wants one answer from one person.",
                        "تكتب أو تتصل وتريد جوابًا واحدًا من شخص واحد.",
                    ),
                    ("Has to tell the story twice", "تضطر إلى شرح المشكلة مرتين"),
                    ("One person keeps the case to its end", "موظف واحد يتابع الحالة حتى نهايتها"),
                    ("Whoever is helped well here stays for years", "من يُساعَد هنا جيدًا يبقى سنوات"),
                ),
            ),
        ),
    ),
    (
        ("strength", ("Advice by people who know the products", "نصيحة ممن يعرفون المنتجات"), 2),
        ("weakness", ("Delivery costs are shown late", "كلفة التوصيل تظهر متأخرة"), 1),
        ("opportunity", ("Gifts, wrapped and with a card", "هدايا مغلفة مع بطاقة"), 2),
        ("threat", ("Marketplaces that deliver the same day", "منصات كبيرة توصل في اليوم نفسه"), 1),
    ),
)

SERVICE = Starter(
    ("From booking to follow-up", "من الحجز إلى المتابعة"),
    ("A clinic, a salon, a workshop: booked, visited, followed up.", "عيادة أو صالون أو ورشة: حجز ثم زيارة ثم متابعة."),
    ("Seen on time, well advised, booked again.", "موعد في وقته ونصيحة جيدة وحجز جديد."),
    "calendar-heart",
    (
        (
            ("Need", "الحاجة"),
            (
                Touch(
                    ("Looks for help", "البحث عن مساعدة"),
                    "web",
                    "Page Viewed",
                    -1,
                    ("Searches late in the evening, on the phone.", "تبحث في المساء من الهاتف."),
                    ("Prices are nowhere to be seen", "الأسعار غير معروضة"),
                ),
            ),
        ),
        (
            ("Book", "الحجز"),
            (
                Touch(
                    ("Calls or books online", "الاتصال أو الحجز عبر الموقع"),
                    "phone",
                    "Call Completed",
                    0,
                    ("Wants a time that fits work and school.", "تريد موعدًا يناسب العمل والمدرسة."),
                    ("Nobody answers at noon", "لا أحد يجيب وقت الظهيرة"),
                    ("Book in three taps", "الحجز بثلاث لمسات"),
                ),
                Touch(
                    ("Reminder", "التذكير"),
                    "sms",
                    "Reminder Sent",
                    1,
                    ("Reads it the day before.", "تقرؤه قبل الموعد بيوم."),
                ),
            ),
        ),
        (
            ("Visit", "الزيارة"),
            (
                Touch(
                    ("Arrives and waits", "الوصول والانتظار"),
                    "store",
                    "Store Visited",
                    -1,
                    ("Waits longer than was promised.", "تنتظر أكثر مما وُعدت."),
                    ("Does not know how long it will take", "لا تعرف كم ستنتظر"),
                    ("Say the waiting time by message", "إرسال وقت الانتظار برسالة"),
                    ("The first ten minutes decide", "الدقائق العشر الأولى هي الفيصل"),
                ),
                Touch(
                    ("Is looked after", "تلقي الخدمة"),
                    "store",
                    "Service Given",
                    2,
                    ("Is listened to and gets clear words.", "يُستمع إليها وتحصل على كلام واضح."),
                ),
            ),
        ),
        (
            ("Afterwards", "بعد الزيارة"),
            (
                Touch(
                    ("Asked how it was", "السؤال عن التجربة"),
                    "sms",
                    "Survey Answered",
                    1,
                    ("Answers on the way home.", "تجيب وهي في طريق العودة."),
                ),
                Touch(
                    ("Books again", "الحجز مرة أخرى"),
                    "app",
                    "Order Completed",
                    1,
                    ("Comes back when the reminder is right.", "تعود إن جاء التذكير في وقته."),
                ),
            ),
        ),
    ),
)

SUBSCRIPTION = Starter(
    ("From trial to renewal", "من التجربة إلى التجديد"),
    ("A subscription: tried, set up, used, renewed.", "اشتراك: تجربة ثم إعداد ثم استخدام ثم تجديد."),
    ("The first success within a week, and a renewal without a call.", "أول نجاح خلال أسبوع، وتجديد بلا اتصال."),
    "refresh",
    (
        (
            ("Try", "التجربة"),
            (
                Touch(
                    ("Signs up", "التسجيل"),
                    "web",
                    "Signed Up",
                    1,
                    ("Wants to see it work at once.", "يريد أن يراه يعمل فورًا."),
                ),
            ),
        ),
        (
            ("Set up", "الإعداد"),
            (
                Touch(
                    ("First steps", "الخطوات الأولى"),
                    "app",
                    "Application Opened",
                    0,
                    ("Follows the steps, and stops at the third.", "يتبع الخطوات ويتوقف عند الثالثة."),
                    ("Needs data that a colleague has", "يحتاج إلى بيانات عند زميل له"),
                    ("A check-in after three days", "اتصال قصير بعد ثلاثة أيام"),
                    ("Who gets through the first week stays", "من يتجاوز الأسبوع الأول يبقى"),
                ),
                Touch(
                    ("Welcome by email", "الترحيب بالبريد"),
                    "email",
                    "Email Opened",
                    1,
                    ("Reads the first one.", "يقرأ الرسالة الأولى."),
                ),
            ),
        ),
        (
            ("Use", "الاستخدام"),
            (
                Touch(
                    ("Everyday work", "العمل اليومي"),
                    "app",
                    "Screen Viewed",
                    1,
                    ("Opens it every morning.", "يفتحه كل صباح."),
                ),
                Touch(
                    ("Gets help", "الحصول على المساعدة"),
                    "chat",
                    "Case Opened",
                    -1,
                    ("Asks in the chat.", "يسأل في الدردشة."),
                    ("Waits for hours", "ينتظر ساعات"),
                ),
            ),
        ),
        (
            ("Renew", "التجديد"),
            (
                Touch(
                    ("Renewal", "التجديد"),
                    "email",
                    "Order Completed",
                    1,
                    ("Renews, or asks what it was worth.", "يجدد، أو يسأل عما استفاده."),
                ),
            ),
        ),
    ),
)

STARTERS: dict[str, Starter] = {"shop": SHOP, "service": SERVICE, "subscription": SUBSCRIPTION}


def name_of(starter: Starter, language: str) -> str:
    """Return what a starter is called in a language."""
    return starter.name[_at(language)]


def lead_of(starter: Starter, language: str) -> str:
    """Return what a starter is for in a language."""
    return starter.lead[_at(language)]


def content(key: str, language: str) -> dict:
    """Return a new drawing of a starter in a language; an empty one for a key that there is not."""
    starter = STARTERS.get(key)
    if starter is None:
        return map_content.empty()
    at = _at(language)
    return {
        "goal": starter.goal[at],
        "stages": [
            map_content.stage(name[at], touchpoints=[_touchpoint(found, at) for found in touches])
            for name, touches in starter.stages
        ],
        "swot": [{"id": map_content.new_id(), "kind": kind, "text": words[at], "priority": priority}
                 for kind, words, priority in starter.swot],
    }  # fmt: skip


def _touchpoint(found: Touch, at: int) -> dict:
    return map_content.touchpoint(
        found.name[at],
        channel=found.channel,
        actions=found.actions[at],
        feeling=found.feeling,
        pains=[map_content.item(found.pain[at])] if found.pain else [],
        opportunities=[map_content.item(found.chance[at])] if found.chance else [],
        moment=found.moment is not None,
        moment_why=found.moment[at] if found.moment else "",
        event={"name": found.event, "property": "", "value": ""},
    )


def _at(language: str) -> int:
    return 1 if language.startswith("ar") else 0
