"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Theme: the system's until the reader chooses; a page from disk may have no storage.
  const kept = { get: () => { try { return localStorage.getItem("perfwise-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("perfwise-theme", theme); } catch { /* not kept */ } } };
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  if (kept.get()) root.dataset.theme = kept.get();
  const toggle = document.getElementById("theme");
  const tell = () => { if (toggle) toggle.setAttribute("aria-pressed", String(dark())); };
  if (toggle) toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; kept.set(root.dataset.theme); tell(); });
  tell();

  // Sorting: by the number in data-v, else by the text; what has no value stays last.
  const value = (row, column) => { const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v === "" ? null : Number(cell.dataset.v); };
  const texts = new Intl.Collator(undefined, { numeric: true });
  const order = (a, b, sign) => a === null || b === null ? (a === null) - (b === null)
    : sign * (typeof a === "number" ? a - b : texts.compare(a, b));
  for (const button of document.querySelectorAll("th button[data-sort]")) button.addEventListener("click", () => {
    const heading = button.closest("th"), table = heading.closest("table"), body = table.tBodies[0];
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
    const rows = [...body.rows].map((row) => [value(row, heading.cellIndex), row]);
    rows.sort(([a], [b]) => order(a, b, sign));
    body.append(...rows.map(([, row]) => row));
  });

  // Filtering: every word must occur in the row; the state must be the chosen one.
  const filter = document.getElementById("filter");
  if (filter) {
    const rows = [...document.querySelectorAll("table.outcomes tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
    const only = document.getElementById("only"), ofSet = document.getElementById("of-set"), said = document.getElementById("shown-count");
    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const [row, text] of rows) {
        row.hidden = !(words.every((word) => text.includes(word)) && (!only.value || row.dataset.state === only.value)
          && (!ofSet || !ofSet.value || row.dataset.set === ofSet.value));
        left += !row.hidden;
      }
      said.textContent = `${left.toLocaleString()} of ${rows.length.toLocaleString()} rows`;
    };
    for (const control of [filter, only, ofSet]) if (control) control.addEventListener("input", apply);
    apply();
  }

  // A candidate: out of the report's embedded data, written as text and never as markup.
  const embedded = document.getElementById("perfwise-data"), dialog = document.getElementById("candidate");
  if (!embedded || !dialog) return;
  let data;
  const load = async () => {
    if (data) return data;
    const bytes = Uint8Array.from(atob(embedded.textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    data = JSON.parse(await new Response(stream).text());
    return data;
  };
  const visible = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/g,
    (letter, place, whole) => /[\ud800-\udfff]/.test(letter) && paired(whole, place) ? letter : "\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0"));
  const paired = (text, place) => { const code = text.charCodeAt(place);
    return code < 0xdc00 ? text.charCodeAt(place + 1) >> 10 === 0x37 : text.charCodeAt(place - 1) >> 10 === 0x36; };
  const make = (tag, text, ...inside) => { const made = document.createElement(tag);
    if (text !== null && text !== undefined) made.textContent = visible(text); made.append(...inside); return made; };
  const fields = (pairs) => { const list = make("dl"); list.className = "fields";
    for (const [name, text] of pairs) if (text !== null && text !== undefined && text !== "") list.append(make("dt", name), make("dd", text)); return list; };
  const shortened = (text, most = 4000) => text.length > most ? `${text.slice(0, most)}… (${text.length.toLocaleString()} characters)` : text;
  const block = (heading, text) => { const box = make("pre", shortened(String(text))); box.tabIndex = 0;
    return [make("h3", heading), box]; };
  const cases = (detail) => {
    const column = (name) => Array.isArray(detail["case_" + name]) ? detail["case_" + name] : [];
    const costs = column("cost");
    if (!costs.length) return [];
    const names = ["verdict", "level", "size"].filter((name) => column(name).length);
    const head = make("tr", null, ...["case", ...names, "cost"].map((name) => make("th", name)));
    const body = costs.slice(0, 60).map((cost, place) => make("tr", null, make("td", place),
      ...names.map((name) => make("td", column(name)[place])), make("td", cost === null ? "–" : cost.toLocaleString())));
    const table = make("table", null, make("thead", null, head), make("tbody", null, ...body));
    return [make("h3", `Cases (${costs.length.toLocaleString()})`), table];
  };
  const show = (part, place) => {
    const from = data.parts[part].outcomes, at = (name) => from[name][place];
    const failure = at("failure"), detail = at("detail"), wrong = (detail && detail.wrong) || {};
    const body = dialog.querySelector(".body");
    document.getElementById("candidate-title").textContent = visible(`${at("task")}, ${at("set")}, candidate ${at("candidate")}`);
    body.replaceChildren(fields([
      ["result", failure ? `${failure[0]}: ${failure[1]}` : at("quality") === null ? "not judged" : "succeeded"],
      ["quality", at("quality")], ["seed", at("seed")],
      ...Object.entries(from.cost).map(([name, column]) => [name, column[place] === null ? null : column[place].toLocaleString(undefined, { maximumSignificantDigits: 10 })]),
      ["caveats", at("caveats").join("; ")],
    ]));
    for (const name of ["input", "expected", "got", "message"]) if (wrong[name]) body.append(...block(name, wrong[name]));
    const program = data.programs.find(([ofPart, ofPlace]) => ofPart === part && ofPlace === place);
    if (program) body.append(...block("Program", program[2]));
    if (detail) body.append(...cases(detail));
    else body.append(make("p", "The detail of this outcome is not embedded; the store has it."));
    const source = data.provenances[at("provenance")];
    body.append(make("h3", "Where the numbers come from"), fields(Object.entries(source).map(([name, text]) =>
      [name.replace("_", " "), typeof text === "object" ? Object.entries(text).map((pair) => pair.join(" ")).join(", ") : text])));
  };
  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("button[data-row]");
    if (!opener) return;
    await load();
    show(...opener.dataset.row.split("-").map(Number));
    dialog.showModal();
    dialog.querySelector(".body").scrollTop = 0;
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("button.close")) dialog.close(); });
})();
