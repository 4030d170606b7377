"use strict";
(() => {
  const read = (node) => JSON.parse(node.textContent);
  const theme = read(document.getElementById("theme"));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tip = document.getElementById("tip");

  // a spec names its colours by a $ and a word; data are never looked at for that
  const paint = (value, colours) => {
    if (Array.isArray(value)) return value.map((inner) => paint(inner, colours));
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, paint(inner, colours)]));
    return typeof value === "string" && value[0] === "$" ? colours[value.slice(1)] ?? value : value;
  };

  const unfold = (columns, colours) => {
    const names = Object.keys(columns);
    const rows = names.length ? columns[names[0]] : [];
    const cell = (name, at) => (name === "colour" ? paint(columns[name][at], colours) : columns[name][at]);
    return rows.map((_, at) => Object.fromEntries(names.map((name) => [name, cell(name, at)])));
  };

  const round = (value) =>
    typeof value !== "number" ? String(value)
      : Number.isInteger(value) ? value.toLocaleString("en")
        : String(Number(value.toPrecision(4)));

  const showTip = (handler, event, item, value) => {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    tip.textContent = Object.entries(value).map(([key, inner]) => `${key}: ${round(inner)}`).join("\n");
    const room = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - room.width - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(event.clientY + 12, innerHeight - room.height - 8))}px`;
  };

  const draw = async (figure) => {
    const colours = theme.colours[dark.matches ? "dark" : "light"];
    const { spec, data } = read(figure.querySelector("script"));
    const datasets = Object.fromEntries(Object.entries(data).map(([name, each]) => [name, unfold(each, colours)]));
    const options = {
      mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false,
      config: paint(theme.config, colours), tooltip: showTip,
    };
    const { view } = await vegaEmbed(figure.querySelector(".chart"), { ...paint(spec, colours), datasets }, options);
    // the sentence beside the figure says what it shows
    const svg = figure.querySelector(".chart svg");
    svg.setAttribute("aria-hidden", "true");
    figure.dataset.drawn = "true";
    return view;
  };

  const figures = [...document.querySelectorAll("figure[data-figure]")];
  const drawAll = async () => {
    for (const figure of figures) await draw(figure);
  };
  if (typeof vegaEmbed === "function") {
    drawAll();
    dark.addEventListener("change", drawAll);
  } else if (figures.length) {
    document.body.classList.add("undrawn");
    document.getElementById("undrawn").hidden = false;
  }

  const collator = new Intl.Collator("en", { numeric: true });
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells];
    const key = (row, at) => row.cells[at].dataset.value ?? row.cells[at].textContent;
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const [x, y] = [Number(a), Number(b)];
      return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
    };
    heads.forEach((head, at) => {
      head.querySelector("button").addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [key(row, at), row]);
        // what has no value stays at the end either way
        rows.sort(([a], [b]) => (a === "" || b === "" ? compare(a, b) : (down ? -1 : 1) * compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  for (const field of document.querySelectorAll("input[data-filters]")) {
    const table = document.getElementById(field.dataset.filters);
    const status = document.getElementById(`${field.dataset.filters}-count`);
    const texts = [...table.tBodies[0].rows].map((row) => [row, row.textContent.toLowerCase()]);
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [row, text] of texts) {
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      status.textContent = `${shown} of ${texts.length} rows`;
    });
  }

  for (const button of document.querySelectorAll("button[data-shows]")) {
    button.addEventListener("click", () => {
      document.getElementById(button.dataset.shows).classList.remove("limited");
      button.remove();
    });
  }

  const followed = document.querySelector("main[data-follows]");
  const follow = async () => {
    const text = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    if (fresh !== null && fresh.innerHTML !== followed.innerHTML) followed.replaceChildren(...fresh.childNodes);
  };
  // a server that has been stopped may come back
  if (followed !== null) setInterval(() => follow().catch(() => {}), 2000);

  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
    });
  }
})();
