"""What the columns of a file may be brought in as, and which column is probably what."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Attribute, Import, Topic
from customers.models.consent import Channel
from cxm.lib import text
from cxm.lib.errors import Refusal

CUSTOMERS, ORDERS = Import.Kind.CUSTOMERS, Import.Kind.ORDERS

LABELS = {
    CUSTOMERS: {
        "external_id": _("Customer number (external id)"),
        "name": _("Full name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("Email"),
        "phone": _("Phone"),
        "language": _("Language"),
        "timezone": _("Time zone"),
        "country": _("Country"),
        "city": _("City"),
        "birthday": _("Birthday"),
        "company": _("Company"),
        "tags": _("Tags"),
        "created_at": _("Customer since"),
    },
    ORDERS: {
        "order_id": _("Order number"),
        "customer": _("Customer number (external id)"),
        "placed_at": _("Ordered on"),
        "revenue": _("Amount"),
        "quantity": _("Quantity"),
        "unit_price": _("Price of one"),
        "currency": _("Currency"),
        "sku": _("Article number"),
        "title": _("Article"),
        "channel": _("Channel"),
        "coupon": _("Coupon"),
        "country": _("Country of the customer"),
    },
}

# Header words without anything but letters and digits, in the order of trust.
_WORDS = {
    CUSTOMERS: {
        "external_id": "externalid customerid customernumber customerno custid clientid userid memberid contactid "
        "accountid id customernumberexternalid رقمالعميل معرفالعميل كودالعميل رقمالعضويه المعرف "
        "رقمالعميلالمعرفالخارجي",
        "name": "name fullname customername contactname clientname displayname الاسم الاسمالكامل اسمالعميل",
        "first_name": "firstname givenname forename fname الاسمالاول",
        "last_name": "lastname surname familyname lname اسمالعائله اللقب الاسمالاخير",
        "email": "email emailaddress mail emailid البريدالالكتروني البريد ايميل الايميل بريدالكتروني",
        "phone": "phone phonenumber mobile mobilephone mobilenumber telephone tel cell cellphone whatsapp "
        "الهاتف رقمالهاتف الجوال رقمالجوال الموبايل جوال هاتف",
        "language": "language lang locale preferredlanguage اللغه",
        "timezone": "timezone tz المنطقهالزمنيه",
        "country": "country countrycode nation البلد الدوله بلد",
        "city": "city town المدينه مدينه",
        "birthday": "birthday birthdate dateofbirth dob تاريخالميلاد الميلاد",
        "company": "company companyname organization organisation employer account الشركه اسمالشركه شركه المؤسسه",
        "tags": "tags tag labels الوسوم وسوم",
        "created_at": "createdat created customersince signupdate signedup registered registeredat registrationdate "
        "joined joindate dateadded تاريخالتسجيل تاريخالانضمام تاريخالانشاء عميلمنذ",
        "consent.email": "emailconsent emailoptin optin subscribed newsletter acceptsmarketing acceptsemailmarketing "
        "emailmarketing الموافقهعليالبريد مشترك",
        "consent.sms": "smsconsent smsoptin acceptssmsmarketing",
    },
    ORDERS: {
        "order_id": "orderid ordernumber orderno order invoiceno invoice invoiceid invoicenumber transactionid "
        "receipt رقمالطلب الطلب رقمالفاتوره الفاتوره",
        "customer": "customerid customer customernumber customerno custid clientid userid externalid memberid "
        "customernumberexternalid رقمالعميلالمعرفالخارجي "
        "رقمالعميل معرفالعميل كودالعميل العميل",
        "placed_at": "placedat orderedon orderdate invoicedate date createdat purchasedate purchasedat orderedat "
        "transactiondate timestamp datetime تاريخالطلب تاريخالفاتوره التاريخ تاريخالشراء",
        "revenue": "revenue total amount ordertotal totalprice totalamount grandtotal value المبلغ الاجمالي المجموع "
        "القيمه",
        "quantity": "quantity qty units count الكميه كميه",
        "unit_price": "unitprice price priceofone itemprice priceeach سعرالوحده السعر",
        "currency": "currency currencycode العمله",
        "sku": "sku stockcode productid productcode itemcode itemid articlenumber رمزالمنتج كودالصنف رقمالصنف",
        "title": "title description productname product itemname item article articlename productdescription المنتج "
        "اسمالمنتج الوصف الصنف",
        "channel": "channel saleschannel source store القناه قناهالبيع",
        "coupon": "coupon couponcode discountcode promocode voucher القسيمه الكوبون كودالخصم رمزالخصم",
        "country": "country countrycode countryofthecustomer بلدالعميل البلد الدوله",
    },
}
_TARGET_OF = {
    kind: {text.fold(word): target for target, words in targets.items() for word in words.split()}
    for kind, targets in _WORDS.items()
}
# Numbers of the words above that say more than others where two columns would be the same field.
_TRUST = {
    kind: {text.fold(word): place for words in targets.values() for place, word in enumerate(words.split())}
    for kind, targets in _WORDS.items()
}


class MappingRefused(Refusal):
    """Columns and fields do not fit; ``fields`` names each column or field at fault."""

    code = "invalid_mapping"
    message = _("The columns are not matched to fields as they should be.")


def fingerprint(columns: Sequence[str]) -> str:
    """The same for every file with these columns in this order, however they are capitalised."""
    return hashlib.sha256("\x1f".join(text.fold(column) for column in columns).encode()).hexdigest()


def propose(*, kind: str, columns: Sequence[str]) -> dict[str, str]:
    """Guess the mapping from the names of the columns, in English and Arabic; what is not known is left out.

    A field goes to the column whose name says it best; attributes and consents are recognised by their own names.
    """
    best: dict[str, tuple[int, str]] = {}
    keys = set(Attribute.objects.values_list("key", flat=True)) if kind == CUSTOMERS else set()
    for column in columns:
        word = _bare(column)
        target, trust = _TARGET_OF[kind].get(word), _TRUST[kind].get(word, 0)
        if target is None:
            target = _by_own_name(kind, column, keys)
        if target and (target not in best or trust < best[target][0]):
            best[target] = (trust, column)
    return {column: target for target, (_trust, column) in best.items()}


def guess_kind(columns: Sequence[str]) -> str:
    """Orders if the columns make orders, else customers."""
    found = set(propose(kind=ORDERS, columns=columns).values())
    return ORDERS if not _missing(ORDERS, found) else CUSTOMERS


def check(*, kind: str, columns: Sequence[str], mapping: Mapping[str, str | None]) -> dict[str, str]:
    """Return the mapping without the columns that are left out.

    Raises:
        MappingRefused: unknown columns or fields, a field twice, or one missing without which nothing can be known.
    """
    fields: dict[str, str] = {}
    chosen: dict[str, str] = {}
    topics = set(Topic.objects.values_list("slug", flat=True))
    for column, target in mapping.items():
        if not target:
            continue
        if column not in columns:
            fields[column] = __("The file has no such column.")
        elif target in chosen.values():
            fields[column] = __("Another column is already brought in as this field.")
        elif problem := _target_problem(kind, target, topics):
            fields[column] = problem
        else:
            chosen[column] = target
    if not fields:
        fields = _missing(kind, set(chosen.values()))
    if fields:
        raise MappingRefused(fields=fields)
    return chosen


def targets(kind: str) -> list[tuple[str, str]]:
    """Return (field, label) of everything a column may be brought in as, for a choice on a page."""
    found = [(target, str(label)) for target, label in LABELS[kind].items()]
    if kind == CUSTOMERS:
        found += [(f"attributes.{one.key}", one.label) for one in Attribute.objects.all()]
        found += [(f"consent.{channel.value}", __("Consent: %s") % channel.label) for channel in Channel]
        found += [
            (f"consent.email.{topic.slug}", __("Consent by email: %s") % topic.title) for topic in Topic.objects.all()
        ]
    return found


def _bare(column: str) -> str:
    return "".join(character for character in text.fold(column) if character.isalnum())


def _by_own_name(kind: str, column: str, keys: Iterable[str]) -> str | None:
    name = text.fold(column)
    if kind != CUSTOMERS:
        return None
    if name.startswith("attributes.") or name in {f"consent.{channel}" for channel in Channel.values}:
        return name
    key = name.replace(" ", "_").replace("-", "_")
    return f"attributes.{key}" if key in keys else None


def _target_problem(kind: str, target: str, topics: set[str]) -> str:
    if target in LABELS[kind]:
        return ""
    area, _dot, rest = target.partition(".")
    if kind == CUSTOMERS and area == "attributes":
        fits = rest.isascii() and rest[:1].islower() and rest.replace("_", "a").isalnum() and rest == rest.lower()
        return "" if fits and len(rest) <= 50 else __("Name an attribute with small letters, digits and underscores.")
    if kind == CUSTOMERS and area == "consent":
        channel, _dot, topic = rest.partition(".")
        if channel in Channel.values and (not topic or topic in topics):
            return ""
        return __("There is no such channel or topic of consent.")
    return __("There is no such field.")


def _missing(kind: str, found: set[str]) -> dict[str, str]:
    if kind == CUSTOMERS:
        if found & {"external_id", "email", "phone"}:
            return {}
        return {
            "mapping": __(
                "Match a column to the customer number, the email or the phone: else nobody can be recognised."
            )
        }
    missing = {
        target: __("Match a column to this field: %(field)s.") % {"field": LABELS[kind][target]}
        for target in ("order_id", "customer", "placed_at")
        if target not in found
    }
    if "revenue" not in found and not {"quantity", "unit_price"} <= found:
        missing["revenue"] = __("Match a column to the amount, or two to quantity and price.")
    return missing
