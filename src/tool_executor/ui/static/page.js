// What the pages need beyond HTML: live parts keep what a person has opened, and are read aloud when they change.
"use strict";

function speak(live) {
  const spoken = document.getElementById("spoken");
  if (spoken && live && spoken.textContent !== live.dataset.sentence) spoken.textContent = live.dataset.sentence;
}

function notice(text) {
  const place = document.getElementById("notice");
  place.textContent = text;
  place.hidden = !text;
}

let opened = [];
let failures = 0;
const ENOUGH_FAILURES = 5;

document.addEventListener("htmx:beforeRequest", (event) => {
  // Nobody looks: the next tick asks again. After failures in a row none does: it would go on for as long as the tab.
  if (document.hidden || failures >= ENOUGH_FAILURES) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#live details[open]")].map((one) => one.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  failures = 0;
  notice("");
  speak(document.getElementById("live"));
});

document.addEventListener("htmx:sendError", () => {
  notice("The page's server does not answer. If it was stopped: tool-executor ui, and open the new link.");
});

document.addEventListener("htmx:responseError", (event) => {
  // It will not get better by asking again, as where the planner has refused the request: the whole page tells it.
  if (event.detail.xhr.status < 500) {
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const told = page.querySelector(".problems h1")?.textContent || "The page could not be brought up to date.";
  failures += 1;
  notice(failures < ENOUGH_FAILURES ? told : `${told} It is not asked for any more: reload the page to try again.`);
});

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("[data-focus]")?.focus();
  speak(document.getElementById("live"));
  for (const form of document.querySelectorAll("form.run")) {
    // Sent twice, it would start one execution all the same; the second press only looks broken.
    form.addEventListener("submit", () => form.setAttribute("aria-busy", "true"));
  }
});

// Back from the execution's page, the form can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.run")) form.removeAttribute("aria-busy");
});
