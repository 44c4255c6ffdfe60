"use strict";
// Make each frame as high as its letter, and again when it becomes wider or narrower. Its links do nothing, so that it stays.
// Without script, a letter scrolls in its frame.
const fit = (frame) => {
  const letter = frame.contentDocument?.documentElement;
  if (!letter) return; // what is there cannot be looked into
  frame.style.height = "0";
  frame.style.height = `${letter.scrollHeight}px`;
};
const widths = new WeakMap();
const watch = new ResizeObserver((changes) => {
  for (const { target, contentRect } of changes) {
    if (widths.get(target) !== contentRect.width) fit(target);
    widths.set(target, contentRect.width);
  }
});
for (const frame of document.querySelectorAll("iframe")) {
  frame.addEventListener("load", () => {
    fit(frame);
    frame.contentDocument?.addEventListener("click", (event) => event.preventDefault());
  });
  watch.observe(frame);
}
