"""Names, places and wares. Everybody here is made up; addresses lie in domains reserved for examples (RFC 2606)."""

from dataclasses import dataclass

WOMEN = (
    ("سارة", "Sara"), ("نورة", "Noura"), ("ليلى", "Layla"), ("مريم", "Maryam"), ("هند", "Hind"), ("ريم", "Reem"),
    ("دانة", "Dana"), ("عائشة", "Aisha"), ("فاطمة", "Fatima"), ("لمى", "Lama"), ("جود", "Joud"), ("رنا", "Rana"),
    ("سلمى", "Salma"), ("هبة", "Heba"), ("أمل", "Amal"), ("شهد", "Shahad"), ("ندى", "Nada"), ("ياسمين", "Yasmin"),
)  # fmt: skip
MEN = (
    ("محمد", "Mohammed"), ("أحمد", "Ahmad"), ("عبد الله", "Abdullah"), ("خالد", "Khalid"), ("عمر", "Omar"),
    ("يوسف", "Yousef"), ("فهد", "Fahad"), ("سلطان", "Sultan"), ("علي", "Ali"), ("حسن", "Hassan"), ("طارق", "Tariq"),
    ("ماجد", "Majed"), ("كريم", "Karim"), ("زيد", "Zaid"), ("إبراهيم", "Ibrahim"), ("سامي", "Sami"),
    ("عبد الرحمن", "Abdulrahman"), ("وليد", "Waleed"),
)  # fmt: skip
FAMILIES = (
    ("القحطاني", "Alqahtani"), ("العتيبي", "Alotaibi"), ("الشهري", "Alshehri"), ("المنصوري", "Almansoori"),
    ("حداد", "Haddad"), ("خوري", "Khoury"), ("المصري", "Almasri"), ("الزعبي", "Alzoubi"), ("الصباح", "Alsabah"),
    ("الحربي", "Alharbi"), ("الدوسري", "Aldosari"), ("نصار", "Nassar"), ("شاهين", "Shaheen"), ("منصور", "Mansour"),
    ("العبادي", "Alabbadi"), ("الغامدي", "Alghamdi"), ("السعيد", "Alsaeed"), ("درويش", "Darwish"),
    ("الهاشمي", "Alhashimi"), ("بركات", "Barakat"), ("الرشيد", "Alrashid"), ("سليمان", "Suleiman"),
)  # fmt: skip
ENGLISH_FIRST = ("Emma", "Olivia", "Grace", "Hannah", "Chloe", "Amelia", "Lucy", "James", "Oliver", "Thomas", "Henry",
                 "Daniel", "Jack", "Samuel", "Ruth", "Zoë")  # fmt: skip
ENGLISH_LAST = ("Smith", "Taylor", "Brown", "Wilson", "Walker", "Wright", "Hughes", "Green", "Hall", "Clarke", "Baker",
                "Turner", "O’Brien", "Campbell", "Morgan", "Reed")  # fmt: skip


@dataclass(frozen=True)
class Land:
    """A country people come from: how often, its cities, and how its mobile numbers begin and go on."""

    code: str
    weight: int
    zone: str
    dial: str
    digits: int
    cities: tuple[tuple[str, str], ...]


LANDS = (
    Land("SA", 46, "Asia/Riyadh", "+96655", 7, (("الرياض", "Riyadh"), ("جدة", "Jeddah"), ("الدمام", "Dammam"))),
    Land("AE", 17, "Asia/Dubai", "+97150", 7, (("دبي", "Dubai"), ("أبوظبي", "Abu Dhabi"), ("الشارقة", "Sharjah"))),
    Land("EG", 12, "Africa/Cairo", "+2010", 8, (("القاهرة", "Cairo"), ("الإسكندرية", "Alexandria"))),
    Land("JO", 8, "Asia/Amman", "+96279", 7, (("عمّان", "Amman"), ("إربد", "Irbid"))),
    Land("KW", 6, "Asia/Kuwait", "+96599", 6, (("الكويت", "Kuwait City"),)),
    Land("GB", 7, "Europe/London", "+44740012", 4, (("", "London"), ("", "Manchester"), ("", "Leeds"))),
    Land("US", 4, "America/New_York", "+1212555", 4, (("", "New York"),)),
)

COMPANIES = (
    "شركة الأفق للتجارة", "مؤسسة النخيل", "Gulf Logistics", "Desert Rose Hotels", "دار الخليج للنشر", "Cedar Labs",
    "مجموعة الواحة", "Harbour & Sons", "Nile Foods", "مدارس المستقبل", "Blue Door Studio", "صيدليات الشفاء",
)  # fmt: skip

# Article number, English, Arabic, price in riyals.
WARES = (
    ("OUD-50", "Oud perfume 50 ml", "عطر العود ٥٠ مل", 320), ("ABY-01", "Linen abaya", "عباية كتان", 280),
    ("COF-KG", "Arabic coffee, 1 kg", "قهوة عربية، ١ كجم", 95),
    ("DAT-GB", "Ajwa dates, gift box", "تمر عجوة، علبة هدية", 120),
    ("SHO-R1", "Running shoes", "حذاء رياضي", 349), ("BAG-L1", "Leather bag", "حقيبة جلدية", 459),
    ("MUG-02", "Hand-made mug", "كوب مصنوع يدوياً", 45), ("CAN-RS", "Rose candle", "شمعة بالورد", 69),
    ("RUG-S1", "Prayer rug", "سجادة صلاة", 149), ("HON-YM", "Sidr honey", "عسل سدر", 210),
    ("SCF-SK", "Silk scarf", "وشاح حرير", 175), ("TEA-MN", "Mint tea", "شاي بالنعناع", 38),
)  # fmt: skip

TAGS = ("press", "wholesale", "عميل مميّز", "friend of the house", "feedback panel", "استبيان ٢٠٢٦")
TIERS = ("Silver", "Gold", "Platinum")
PAGES = ("/", "/new", "/sale", "/perfume", "/gifts", "/about", "/delivery")
SHOPS = ("Riyadh Park", "Dubai Mall", "Cairo Festival City")
CALLS = ("delivery", "a refund", "sizes", "opening hours")
