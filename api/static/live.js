// The page as it is now, read again while somebody looks at it. Without a script it is as it was
// when it was loaded, and nothing else is missing.
"use strict";

const QUIET = 15000;
const RUNNING = 1500;

async function refresh() {
  const live = document.getElementById("live");
  let wait = live.dataset.running ? RUNNING : QUIET;
  if (!document.hidden && !live.contains(document.activeElement)) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const news = fresh.getElementById("live");
        if (news) {
          live.replaceWith(news);
          wait = news.dataset.running ? RUNNING : QUIET;
        }
      }
    } catch {
      wait = QUIET;
    }
  }
  setTimeout(refresh, wait);
}

setTimeout(refresh, document.getElementById("live").dataset.running ? RUNNING : QUIET);
