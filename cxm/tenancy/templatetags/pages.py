"""``{% page "customers:detail" customer.pk %}``: the address of a page of the tenant in scope."""

from django import template

from cxm.tenancy import links

register = template.Library()
register.simple_tag(links.page, name="page")
