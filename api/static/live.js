// The page as it is now, read again while somebody looks at it. Without a script it is as it was
// when it was loaded, and nothing else is missing.
"use strict";

const QUIET = 15000;
const RUNNING = 1500;
let wait = RUNNING;

function live() {
  return document.getElementById("live");
}

// Soon again while something goes on; ever later while it does not.
function pause(before) {
  const now = live().dataset.underway;
  wait = now && now !== before ? RUNNING : Math.min(wait * 1.5, QUIET);
  return now ? wait : QUIET;
}

function isBeingRead() {
  const chosen = getSelection();
  return !chosen.isCollapsed && live().contains(chosen.anchorNode);
}

// Where a keyboard stands and how far a wide table was moved stay as they are.
function show(news) {
  const focused = live().contains(document.activeElement) ? document.activeElement.id : "";
  const moved = Array.from(live().querySelectorAll(".wide"), (each) => each.scrollLeft);
  live().replaceWith(news);
  news.querySelectorAll(".wide").forEach((each, place) => {
    each.scrollLeft = moved[place] || 0;
  });
  const again = focused && document.getElementById(focused);
  if (again) {
    again.focus({ preventScroll: true });
  }
}

async function refresh() {
  const before = live().dataset.underway;
  if (!document.hidden && !isBeingRead()) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const news = fresh.getElementById("live");
        if (news) {
          show(document.adoptNode(news));
        }
      }
    } catch {
      // The server is away; the page says how old it is.
      setTimeout(refresh, QUIET);
      return;
    }
  }
  setTimeout(refresh, pause(before));
}

setTimeout(refresh, pause(null));
