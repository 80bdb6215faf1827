"use strict";
// The page is complete without this: it sorts and filters the table, and opens what a link names.
const table = document.querySelector("table[data-names]");
if (table) {
  const names = Number(table.dataset.names), body = table.tBodies[0], rows = [...body.rows], step = 200;
  const tools = document.getElementById("tools"), find = document.getElementById("find");
  const told = document.getElementById("told"), all = document.getElementById("all");
  let limit = step;
  const text = new Map(rows.map(row => [row, [...row.cells].slice(0, names).map(cell => cell.textContent).join(" ").toLowerCase()]));
  const show = () => {
    const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let fits = 0;
    for (const row of body.rows) {
      const fit = wanted.every(word => text.get(row).includes(word));
      if (fit) fits += 1;
      row.hidden = !fit || fits > limit;
    }
    const shown = Math.min(fits, limit);
    told.textContent = `${shown} of ${rows.length} rows shown`;
    all.hidden = fits <= limit;
  };
  const value = (row, column) => {
    if (column < names) return row.cells[column].textContent.trim().toLowerCase();
    const number = Number(row.dataset.v.split(" ")[column - names]);
    return Number.isNaN(number) ? null : number;
  };
  const heads = table.tHead.lastElementChild.cells;
  [...heads].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up > 0 ? "ascending" : "descending");
      const keys = new Map(rows.map(row => [row, value(row, column)]));
      const compare = (a, b) => typeof a === "string" ? a.localeCompare(b) : (a > b) - (a < b);
      const order = [...rows].sort((one, other) => {
        const a = keys.get(one), b = keys.get(other);
        return a === null || b === null ? (a === null) - (b === null) : up * compare(a, b);
      });
      body.append(...order);
      show();
    });
  });
  find.addEventListener("input", () => { limit = step; show(); });
  all.addEventListener("click", () => { limit = Infinity; show(); find.focus(); });
  tools.hidden = false;
  show();
}
const open = () => {
  const target = document.getElementById(location.hash.slice(1));
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
