// Search and filters. Without this script everything is there, and in view.
const form = document.querySelector("form[role=search]");
const { words, action, library, clear } = form.elements;
const final = form.elements.final ?? { checked: false };  // where nothing is final there is nothing to choose
const status = form.querySelector("output");
const sections = document.querySelectorAll("section.changes, article");
const groups = Array.from(document.querySelectorAll(".changes details"), (box) => ({
  ...box.dataset, box, total: Number(box.dataset.total), final: box.parentElement.classList.contains("final"), open: box.open,
}));
const total = groups.reduce((sum, group) => sum + (group.final ? 0 : group.total), 0);
const fold = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
let asked = false;

// The rows of a group by table body; read when they are first searched.
const bodies = (group) => (group.bodies ??= Array.from(group.box.querySelectorAll("tbody"), (body) => ({
  body, rows: Array.from(body.rows, (row) => ({ row, text: fold(row.textContent), shown: true })),
})));

function search(group, sought, named) {
  if (!sought.length && !named && !group.bodies) return group.total;
  let found = 0;
  for (const { body, rows } of bodies(group)) {
    const hits = rows.map(({ row, text }) =>
      sought.every((word) => text.includes(word)) && (!named || row.cells[0].textContent === named));
    const number = hits.filter(Boolean).length;
    found += number;
    body.hidden = !number;
    body.style.setProperty("--rows", number);
    if (number) rows.forEach((item, n) => { if (item.shown !== hits[n]) item.row.hidden = !(item.shown = hits[n]); });
  }
  return found;
}

function find() {
  const sought = fold(words.value).split(/\s+/).filter(Boolean);
  const before = asked;
  asked = Boolean(sought.length || action.value || library.value || final.checked);
  let found = 0;
  for (const group of groups) {
    const own = group.action.startsWith("library-");  // what happens to a library has its name in the row
    const fits = (!action.value || group.action === action.value) && (!final.checked || group.final)
      && (!library.value || own || group.library === library.value);
    const number = fits ? search(group, sought, own && library.value) : 0;
    if (group.final === final.checked) found += number;
    if (!before) group.open = group.box.open;
    group.box.hidden = !number;
    group.box.open = asked ? number > 0 && (group.open || number <= 1000) : group.open;
    group.box.querySelector(".count").textContent = number < group.total
      ? `${number.toLocaleString("en")} of ${group.total.toLocaleString("en")}` : group.total.toLocaleString("en");
  }
  for (const section of sections) section.hidden = asked && !section.querySelector(".changes > details:not([hidden])");
  const all = `${total.toLocaleString("en")} ${total === 1 ? "change" : "changes"}`;
  status.textContent = asked ? `${found.toLocaleString("en")} of ${all}` : all;
}

function reset() {
  form.reset();
  find();
  words.focus();
}

for (const [select, key] of [[action, "action"], [library, "library"]]) {
  const names = new Set(groups.map((group) => group[key]).filter(Boolean));
  select.append(...Array.from(names, (name) => new Option(name)));
}
let waiting;
words.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 150); });
form.addEventListener("change", find);
form.addEventListener("submit", (event) => { event.preventDefault(); find(); });
form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); reset(); } });
clear.addEventListener("click", reset);
form.hidden = false;
find();
