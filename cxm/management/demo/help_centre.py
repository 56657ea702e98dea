"""The help centre of a demo tenant: what customers of a shop ask most, in both languages."""

from cxm.management.demo.people import World
from feedback.domain import articles

ARTICLES = (
    ("Orders", "الطلبات", "Where is my order?", "أين طلبي؟",
     "Open the link in the mail about your order: it shows where the parcel is.\n\nOrders placed before noon leave the "
     "same day. Within Saudi Arabia they arrive in two days, elsewhere in five.",
     "افتح الرابط في رسالة طلبك لترى مكان الشحنة.\n\nالطلبات قبل الظهر تُشحن في اليوم نفسه، وتصل داخل السعودية خلال "
     "يومين، وخارجها خلال خمسة أيام.", 41, 6),
    ("Orders", "الطلبات", "Change or cancel an order", "تعديل الطلب أو إلغاؤه",
     "Until it is sent, write to us or call: we change address and articles, or cancel it at once.",
     "قبل شحن الطلب راسلنا أو اتصل بنا لنعدّل العنوان أو المنتجات أو نلغيه فوراً.", 18, 3),
    ("Returns", "الإرجاع", "How returns work", "كيف يتم الإرجاع",
     "Within 30 days, unworn and in its box. Choose the return on your page or bring it to one of our shops. The money "
     "is back within five days.",
     "خلال ٣٠ يوماً، دون استعمال وفي علبته الأصلية. اطلب الإرجاع من صفحتك أو أحضره إلى أحد فروعنا، ويعود المبلغ خلال "
     "خمسة أيام.", 55, 9),
    ("Returns", "الإرجاع", "Something came broken", "وصل المنتج مكسوراً",
     "We are sorry. Open your page, choose “Ask or complain” and send a picture by answering our mail. You choose: a "
     "new one, or your money.",
     "نعتذر عن ذلك. افتح صفحتك واختر «اسأل أو اشتكِ»، وأرسل صورة رداً على رسالتنا، ولك أن تختار بديلاً أو "
     "استرداد المبلغ.",
     27, 2),
    ("Shops", "الفروع", "Opening hours", "أوقات الدوام",
     "Riyadh Park and Dubai Mall: every day from 10 to 23. Cairo Festival City: from 11 to 22.",
     "الرياض بارك ودبي مول: يومياً من ١٠ صباحاً حتى ١١ مساءً. كايرو فيستيفال سيتي: من ١١ صباحاً حتى ١٠ مساءً.", 12, 1),
    ("", "", "Points and rewards", "النقاط والمكافآت",
     "You earn a point for each riyal. Your page shows how many you have; 500 points are a voucher of 25 riyals.",
     "تكسب نقطة مع كل ريال. تعرض صفحتك رصيدك، وكل ٥٠٠ نقطة قسيمة بقيمة ٢٥ ريالاً.", 33, 4),
)  # fmt: skip


def write(world: World) -> None:
    """Write the articles; readers have said of some whether they helped."""
    for section, section_ar, title, title_ar, body, body_ar, helped, not_helped in ARTICLES:
        made = articles.create(
            section=section, section_ar=section_ar, title=title, title_ar=title_ar, body=body, body_ar=body_ar,
            state="public", by=world.by, now=world.ago(days=200 - len(body) % 150),
        )  # fmt: skip
        made.helped, made.not_helped = helped, not_helped
        made.save(update_fields=["helped", "not_helped"])
    articles.create(title="Gift wrapping", title_ar="تغليف الهدايا", body="To be written.", by=world.by, now=world.now)
