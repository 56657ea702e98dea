"""A campaign with eight plain fields: what the send path costs when rendering is cheap."""

from pathlib import Path

from benchmarks import _campaign, frame

TITLE = "A campaign of 8 plain fields, launch to last row accepted, 2 workers"
FLOOR = "smtp-source to smtp-sink, 8 kept connections, the same size"
UNIT = "messages"
SIZE = 20_000
TARGET = frame.at_least(0.40, goal=0.85)

_FIELDS = """<mj-section><mj-column><mj-text>
Dear {{ customer.first_name }} {{ customer.last_name }} of {{ customer.city }}, {{ customer.country }}:
{{ customer.attributes.points }} points since {{ customer.attributes.since }}. {{ brand.name }}, {{ tenant.name }}
</mj-text></mj-column></mj-section>"""


def run(bench: frame.Bench) -> frame.Result:
    promo = (Path(__file__).parent / "promo.mjml").read_text()
    static = promo[promo.index("{% endfor %}</mj-raw>") + 21 : promo.index("<mj-text><ul>")].rpartition("<mj-section")[
        0
    ]
    body = f"<mjml><mj-body>{_FIELDS}{static.replace('{{ customer.id }}', '1')}</mj-body></mjml>"
    return _campaign.run(bench, body=body, data={})
