// Keeps the page up to date. Only the sections that changed are replaced, so that what somebody reads,
// selects or has focused stays where it is.
'use strict';

const every = 2000; // ms

function update(next) {
  for (const section of next.querySelectorAll('main [id]')) {
    const shown = document.getElementById(section.id);
    if (!shown || shown.innerHTML === section.innerHTML) continue;
    const selection = document.getSelection();
    if (!selection.isCollapsed && selection.containsNode(shown, true)) continue;
    const focused = shown.contains(document.activeElement) && document.activeElement.getAttribute('href');
    shown.replaceWith(document.adoptNode(section));
    if (focused) section.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (answer.ok) update(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    document.getElementById('stale').hidden = answer.ok;
  } catch {
    document.getElementById('stale').hidden = false;
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, every);
}

setTimeout(loop, every);
