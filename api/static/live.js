// The page as it is now, read again while somebody looks at it. Without a script it is as it was
// when it was loaded, and nothing else is missing.
"use strict";

const QUIET = 15000;
const RUNNING = 1500;

function live() {
  return document.getElementById("live");
}

function pause() {
  return live().dataset.running ? RUNNING : QUIET;
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
  if (!document.hidden) {
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
  setTimeout(refresh, pause());
}

setTimeout(refresh, pause());
