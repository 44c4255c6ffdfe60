// Search and filters. Without this script the page shows everything.
const form = document.querySelector("form[role=search]");
const { words, action, library, clear } = form.elements;
const final = form.elements.final ?? { checked: false };  // a page without irreversible changes has no such checkbox
const nothing = document.querySelector("p.none");
const status = form.querySelector("output");
const sections = document.querySelectorAll("section.changes, article");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
const groups = Array.from(document.querySelectorAll(".changes details"), (box) => ({
  ...box.dataset, box, total: Number(box.dataset.total), final: box.parentElement.classList.contains("final"), open: box.open,
  why: fold(` ${box.querySelector(".why")?.textContent ?? ""}`),
}));
const total = groups.reduce((sum, group) => sum + group.total, 0);
let isFiltered = false;

// The rows of a group by table body, read at the first search.
const bodies = (group) => (group.bodies ??= Array.from(group.box.querySelectorAll("tbody"), (body) => ({
  body, rows: Array.from(body.rows, (row) => ({ row, text: fold(row.textContent) + group.why, shown: true })),
})));

function search(group, terms, subject) {
  if (!terms.length && !subject && !group.bodies) return group.total;
  let found = 0;
  for (const { body, rows } of bodies(group)) {
    const hits = rows.map(({ row, text }) =>
      terms.every((term) => text.includes(term)) && (!subject || row.cells[0].textContent === subject));
    const number = hits.filter(Boolean).length;
    found += number;
    body.hidden = !number;
    body.style.setProperty("--rows", number);
    if (number) rows.forEach((item, n) => { if (item.shown !== hits[n]) item.row.hidden = !(item.shown = hits[n]); });
  }
  return found;
}

function find() {
  const terms = fold(words.value).split(/\s+/).filter(Boolean);
  const wasFiltered = isFiltered;
  isFiltered = Boolean(terms.length || action.value || library.value || final.checked);
  let found = 0;
  for (const group of groups) {
    const isOfLibraries = group.action.startsWith("library-");  // such a row names its library in the first cell
    const fits = (!action.value || group.action === action.value) && (!final.checked || group.final)
      && (!library.value || isOfLibraries || group.library === library.value);
    const number = fits ? search(group, terms, isOfLibraries && library.value) : 0;
    found += number;
    if (!wasFiltered) group.open = group.box.open;
    group.box.hidden = !number;
    group.box.open = isFiltered ? number > 0 && (group.open || number <= 1000) : group.open;
    group.box.querySelector(".count").textContent = number < group.total
      ? `${number.toLocaleString("en")} of ${group.total.toLocaleString("en")}` : group.total.toLocaleString("en");
  }
  for (const section of sections) section.hidden = isFiltered && !section.querySelector(".changes > details:not([hidden])");
  nothing.hidden = found > 0;
  const all = `${total.toLocaleString("en")} ${total === 1 ? "change" : "changes"}`;
  status.textContent = isFiltered ? `${found.toLocaleString("en")} of ${all}` : all;
}

function reset() {
  form.reset();
  find();
  words.focus();
}

for (const [select, key, words] of [[action, "action", "kind"], [library, "library", "library"]]) {
  const names = new Map(groups.filter((group) => group[key]).map((group) => [group[key], group[words]]));
  select.append(...Array.from(names, ([value, text]) => new Option(key === "action" ? text[0].toUpperCase() + text.slice(1) : text, value)));
}
let waiting;
words.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 150); });
form.addEventListener("change", find);
form.addEventListener("submit", (event) => { event.preventDefault(); find(); });
form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); reset(); } });
clear.addEventListener("click", reset);
form.hidden = false;
find();
