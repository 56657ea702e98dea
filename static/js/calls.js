// Calls in this page. A counter is asked for some times a second (cxm/accounts/bell.py); when it moved, the cards are
// fetched and fitted in one by one: what somebody is writing and where the focus is stay as they are.
(function () {
  "use strict";
  const region = document.getElementById("calls");
  if (!region) return;
  const said = document.getElementById("calls-said");
  const SEEN = 200, HIDDEN = 2000, AWAY = 5000, ANYWAY = 20000; // milliseconds
  const title = document.title;
  let bell = "", version = "", fetching = false, again = false, lastLook = 0;

  async function look() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      do {
        again = false;
        const answer = await fetch(region.dataset.live, { headers: { "HX-Request": "true" }, cache: "no-store" });
        if (answer.redirected || !answer.ok) break; // signed out; the next click says so
        fit(await answer.text());
        lastLook = Date.now();
      } while (again);
    } finally {
      fetching = false;
    }
  }

  function fit(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const told = holder.content.querySelector("[data-calls]");
    if (!told) return;
    bell = told.dataset.bell;
    version = told.dataset.version;
    const fresh = Array.from(told.querySelectorAll("[data-call]"));
    let changed = false;
    region.querySelectorAll("[data-call]").forEach(function (card) {
      if (!fresh.some((found) => found.id === card.id)) {
        card.remove();
        changed = true;
      }
    });
    fresh.forEach(function (card, place) {
      const known = document.getElementById(card.id);
      if (!known) {
        region.insertBefore(card, region.children[place] || null);
        window.htmx.process(card);
        announce(card);
        changed = true;
      } else if (known.dataset.mark !== card.dataset.mark) {
        renew(known, card);
        changed = true;
      }
    });
    const ringing = region.querySelectorAll("[data-state=ringing]").length;
    document.title = ringing ? "☎ " + title : title;
    document.body.classList.toggle("has-calls", region.childElementCount > 0);
    if (changed) document.body.dispatchEvent(new CustomEvent("calls-changed"));
  }

  // The head and the person are drawn anew, the form stays. What is being typed in is left alone until it is left.
  function renew(known, card) {
    known.dataset.mark = card.dataset.mark;
    known.dataset.state = card.dataset.state;
    known.toggleAttribute("data-mine", card.hasAttribute("data-mine"));
    card.querySelectorAll("[data-part]").forEach(function (part) {
      const place = known.querySelector(`[data-part=${part.dataset.part}]`);
      const typing = place.contains(document.activeElement) && document.activeElement.matches("input, textarea");
      if (typing && place.querySelector("form")) {
        known.dataset.mark = ""; // the next look tries again
        return;
      }
      place.replaceWith(part);
      window.htmx.process(part);
    });
  }

  function announce(card) {
    if (said && card.dataset.say) said.textContent = card.dataset.say;
    window.performance.mark("call-shown", { detail: card.dataset.call });
  }

  async function listen() {
    let wait = document.hidden ? HIDDEN : SEEN;
    try {
      const answer = bell ? await fetch(bell + "?v=" + encodeURIComponent(version), { cache: "no-store" }) : null;
      if (!answer || answer.status === 200 || answer.status === 404 || Date.now() - lastLook > ANYWAY) await look();
      else if (answer.status !== 204) wait = AWAY;
      if (answer && answer.status === 200) document.body.dispatchEvent(new CustomEvent("bell")); // not only calls ring
    } catch (error) {
      wait = AWAY;
    }
    window.setTimeout(listen, bell ? wait : AWAY);
  }

  // A note is sent when typing pauses, and whatever is left of it when the page goes: also what is still on its way,
  // since a page that goes takes its requests along.
  document.addEventListener("input", function (event) {
    const form = event.target.closest(".log-form");
    if (form) form.dataset.unsent = "";
  });
  document.body.addEventListener("htmx:configRequest", function (event) {
    const keeper = event.detail.elt.closest("[data-draft]");
    if (keeper) keeper.closest("form").dataset.unsent = "sending";
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    const form = event.detail.successful && event.detail.elt.closest("[data-draft]")?.closest("form");
    if (form && form.dataset.unsent === "sending") delete form.dataset.unsent;
  });
  window.addEventListener("pagehide", function () {
    document.querySelectorAll(".log-form[data-unsent]").forEach(function (form) {
      navigator.sendBeacon(form.querySelector("[data-draft]").getAttribute("hx-post"), new FormData(form));
    });
  });

  document.body.addEventListener("calls", look);
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) look();
  });

  // Keys: t takes, x puts aside, n goes to the note, s and f look somebody up; Ctrl-Enter logs.
  document.addEventListener("keydown", function (event) {
    const form = event.target.closest(".log-form");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable=true], dialog");
    // What the page beside the calls took for its own is no word to them: a note of a case is none of a call.
    if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = window.cxm.key(event);
    const first = region.querySelector("[data-call]");
    const target = key === "n" ? first && first.querySelector("textarea") : document.querySelector(`#calls [data-key="${key}"], .console [data-key="${key}"]`);
    if (!target || !/^[a-z]$/.test(key)) return;
    event.preventDefault();
    if (target.matches("button")) target.click();
    else target.focus();
  });

  listen();
})();
