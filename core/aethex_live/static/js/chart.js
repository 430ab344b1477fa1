/** Draws the first line of a server-made chart (macro chart_line) anew: same scales, same path, same table. */
const SVG = "http://www.w3.org/2000/svg";
const [LEFT, RIGHT, TOP, BOTTOM] = [36, 6, 8, 24]; // room for the scales, as in web/charts.py
const TICKS = 4;
const ROWS = 12;
const hour = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });

/** A round top with two to five steps: 6100 -> [8000, 4000]. */
export function scale(highest) {
  if (!(highest > 0)) return [1, 1];
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 4, 8, 10, 20].map((factor) => (magnitude * factor) / 2).find((size) => highest <= size * 3);
  return [step * Math.max(2, Math.ceil(highest / step)), step];
}

/** A path that never overshoots its points. */
export function smooth(points) {
  const at = (value) => value.toFixed(1);
  return points.map(([x, y], index) => {
    if (!index) return `M${at(x)} ${at(y)}`;
    const [x0, y0] = points[index - 1];
    const half = at((x0 + x) / 2);
    return `C${half} ${at(y0)} ${half} ${at(y)} ${at(x)} ${at(y)}`;
  }).join("");
}

function spread(count, wanted) {
  if (count <= wanted) return [...Array(count).keys()];
  return Array.from({ length: wanted }, (_, index) => Math.round((index * (count - 1)) / (wanted - 1)));
}

function part(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function scales(svg, { width, height, top, step, place }, labels) {
  const short = (value) => (value >= 1000 ? `${value / 1000}K` : `${value}`);
  const made = [];
  for (let value = 0; value <= top; value += step) {
    const y = place(0, value)[1];
    made.push(part("line", { class: "ax-chart__grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }));
    made.push(part("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, short(value)));
  }
  const marks = spread(labels.length, TICKS);
  marks.forEach((index, order) => {
    const anchor = order === 0 ? "start" : order === marks.length - 1 ? "end" : "middle";
    made.push(part("text", { x: place(index, 0)[0], y: height - 4, "text-anchor": anchor }, labels[index]));
  });
  svg.querySelectorAll(":scope > line, :scope > text").forEach((old) => old.remove());
  svg.prepend(...made);
}

function table(figure, values, labels) {
  const body = figure.querySelector("tbody");
  if (!body?.rows.length) return;
  const pattern = body.rows[0];
  body.replaceChildren(...spread(values.length, ROWS).map((index) => {
    const row = pattern.cloneNode(true);
    [row.cells[0].textContent, row.cells[1].textContent] = [labels[index], values[index].toLocaleString()];
    return row;
  }));
}

/** What stands at each point: the server's own words with other numbers ("−24 s"), else the hour. */
function labelsOf(figure, count, interval) {
  const pattern = figure.querySelector("tbody th")?.textContent ?? "";
  const counted = /^\D*\d+\D*$/.test(pattern);
  return Array.from({ length: count }, (_, index) => {
    const ago = (count - 1 - index) * interval;
    return counted ? pattern.replace(/\d+/, Math.round(ago)) : hour.format(Date.now() - ago * 1000);
  });
}

/** `values` oldest first, one each `interval` seconds, the last one from now. */
export function draw(figure, values, interval) {
  const svg = figure.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  const [top, step] = scale(Math.max(0, ...values));
  const floor = height - BOTTOM;
  const across = (width - LEFT - RIGHT) / Math.max(1, values.length - 1);
  const place = (index, value) => [LEFT + across * index, floor - ((floor - TOP) * Math.max(0, value)) / top];
  const labels = labelsOf(figure, values.length, interval);
  const points = values.map((value, index) => place(index, value));
  const path = smooth(points);
  scales(svg, { width, height, top, step, place }, labels);
  svg.querySelector(".ax-c1 .ax-chart__line")?.setAttribute("d", path);
  const area = points.length ? `${path}L${points.at(-1)[0].toFixed(1)} ${floor}L${LEFT} ${floor}Z` : "";
  svg.querySelector(".ax-c1 .ax-chart__area")?.setAttribute("d", area);
  table(figure, values, labels);
}
