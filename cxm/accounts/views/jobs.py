"""The page of background jobs, and the small sign in the top bar while something runs."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from cxm.accounts import permissions
from cxm.jobs.models import Job

PAGE = 30
OPEN = Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])


@permissions.member
def index(request: HttpRequest) -> HttpResponse:
    """List jobs, newest first; asks again every two seconds while something runs."""
    before = request.GET.get("before", "")
    jobs = Job.objects.order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    found = list(jobs[: PAGE + 1])
    shown = {
        "jobs": found[:PAGE],
        "next": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "busy": not before and any(job.state in {Job.State.QUEUED, Job.State.RUNNING} for job in found[:PAGE]),
    }
    if before and request.htmx:
        return render(request, "jobs/rows.html", shown)
    return render(request, "jobs/list.html#live" if request.htmx else "jobs/list.html", shown)


@permissions.member
def running(request: HttpRequest) -> HttpResponse:
    """Answer what runs now; the answer asks again by itself only while there is something."""
    jobs = list(Job.objects.filter(OPEN).order_by("-state", "id")[:5])
    response = render(request, "jobs/running.html", {"jobs": jobs})
    patch_cache_control(response, no_store=True)
    return response
