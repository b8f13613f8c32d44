// The pages work without this. With it, an act changes the list in place, keys move through it, and what came into
// sight is noted.
"use strict";

const main = () => document.getElementById("main");
const papers = () => [...document.querySelectorAll(".paper[data-paper]")];
const say = (text) => { document.getElementById("said").textContent = text; };
let current = 0;

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form));
  if (button && button.name) fields.set(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("main");
  if (!next) throw new Error("no page came back");
  return { next, url: answer.url, ok: answer.ok };
}

function put({ next, url, ok }) {
  const open = new Set([...document.querySelectorAll(".paper details[open]")].map((one) => one.closest(".paper").id));
  main().replaceWith(document.adoptNode(next));
  for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  if (ok) history.replaceState(null, "", url);
  const line = document.querySelector(".done span");
  say(line ? line.textContent : ok ? "Done." : "That did not work.");
  watch();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  const at = papers().indexOf(form.closest(".paper"));
  form.querySelectorAll("button").forEach((one) => { one.disabled = true; });
  try {
    const scroll = window.scrollY;
    put(await send(form, event.submitter));
    window.scrollTo(0, scroll);
    if (at >= 0) focusOn(Math.min(at, papers().length - 1), false);
  } catch {
    location.reload(); // whatever was recorded is shown, and nothing is posted twice
  }
});

function focusOn(index, scroll = true) {
  const all = papers();
  if (!all.length) return;
  current = Math.max(0, Math.min(index, all.length - 1));
  all[current].focus({ preventScroll: !scroll });
}

function help() {
  let dialog = document.getElementById("keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys";
    const keys = [["j k", "next, previous paper"], ["o", "open it"], ["s", "save"], ["x", "not for me"],
      ["+ −", "more, less like it"], ["u", "undo"], ["/", "search"], ["?", "this list"]];
    const list = document.createElement("dl");
    for (const [key, words] of keys) {
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap);
      text.textContent = words;
      list.append(term, text);
    }
    const form = document.createElement("form");
    form.method = "dialog";
    const close = document.createElement("button");
    close.textContent = "Close";
    form.append(close);
    const title = document.createElement("h2");
    title.textContent = "Keys";
    dialog.append(title, list, form);
    document.body.append(dialog);
  }
  dialog.showModal();
}

const press = (key) => papers()[current]?.querySelector(`.acts button[data-key="${key}"]`)?.click();
const KEYS = {
  j: () => focusOn(document.activeElement?.closest?.(".paper") ? current + 1 : current),
  k: () => focusOn(current - 1),
  o: () => papers()[current]?.querySelector("a.open")?.click(),
  s: () => press("s"), x: () => press("x"), "+": () => press("+"), "-": () => press("-"),
  u: () => document.querySelector(".done button")?.click(),
  "/": () => document.getElementById("q")?.focus(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const index = papers().indexOf(event.target.closest?.(".paper"));
  if (index >= 0) current = index;
});

// A paper is seen when half of its title has been on the screen; what was seen is sent in one go.
const seen = new Set();
let waiting = new Set();
const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const id = entry.target.closest(".paper").dataset.paper;
    if (entry.isIntersecting && !seen.has(id)) { seen.add(id); waiting.add(id); }
  }
}, { threshold: 0.5 });

function watch() {
  seen.clear();
  papers().forEach((paper) => sight.observe(paper.querySelector("h1, h2, h3") ?? paper));
}

function report() {
  const list = document.querySelector(".papers[data-slate]");
  const token = document.querySelector(".acts input[name=csrf]");
  if (!waiting.size || !list?.dataset.slate || !token) return;
  const body = new URLSearchParams({ csrf: token.value, slate: list.dataset.slate, papers: [...waiting].join(" ") });
  waiting = new Set();
  navigator.sendBeacon("/shown", body);
}

setInterval(report, 2000);
document.addEventListener("visibilitychange", report);
watch();
