// Draws the charts from the table that stands below them: the table is the truth, and what a screen reader reads.
"use strict";

function columnsOf(table) {
  const rows = [...table.tBodies[0].rows];
  const cells = (index) => rows.map((row) => Number(row.cells[index].textContent));
  return {
    time: rows.map((row) => Number(row.dataset.time) / 1000),
    succeeded: cells(1),
    failed: rows.map((_, at) => cells(2)[at] + cells(3)[at]),
    others: cells(4),
    p50: cells(5).map((value) => (value ? value / 1000 : null)),
    p95: cells(6).map((value) => (value ? value / 1000 : null)),
  };
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// UTC, as everywhere on the page; the day stands where it begins.
function named(seconds, step) {
  const [day, time] = new Date(seconds * 1000).toISOString().split("T");
  return step >= 86400 || time.startsWith("00:00") ? day.slice(5) : time.slice(0, 5);
}

function axes() {
  const common = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  return [{ ...common, values: (_, moments, __, ___, step) => moments.map((at) => named(at, step)) }, { ...common, size: 48 }];
}

function options(place, series, scales) {
  return {
    width: place.clientWidth,
    height: 200,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { drag: { x: false, y: false } },
    axes: axes(),
    scales,
    series: [{ value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }, ...series],
  };
}

function drawCalls(place, data) {
  const bars = uPlot.paths.bars({ size: [0.7, 40], align: 1 });
  const shown = (count) => count || null;
  const all = data.time.map((_, at) => shown(data.succeeded[at] + data.failed[at] + data.others[at]));
  const bad = data.time.map((_, at) => shown(data.succeeded[at] + data.failed[at]));
  const one = (label, name, own) => ({ label, paths: bars, stroke: colour(name), fill: colour(name), points: { show: false }, value: (_, __, ___, at) => (at === null || at === undefined ? "" : own[at]) });
  const series = [one("skipped, cancelled", "--quiet-bar", data.others), one("failed, timeout", "--bad", data.failed), one("succeeded", "--good", data.succeeded)];
  const step = data.time.length > 1 ? data.time[1] - data.time[0] : 3600;
  const scales = { x: { range: () => [data.time[0], data.time[data.time.length - 1] + step] }, y: { range: (_, __, most) => [0, Math.max(1, most)] } };
  return new uPlot(options(place, series, scales), [data.time, all, bad, data.succeeded.map(shown)], place);
}

function drawTimes(place, data) {
  const line = (label, name, dash) => ({ label, stroke: colour(name), width: 2, dash, spanGaps: false, points: { size: 6 }, value: (_, value) => (value === null ? "" : `${value} s`) });
  const series = [line("half within", "--accent"), line("95 % within", "--warn", [6, 4])];
  return new uPlot(options(place, series, { y: { range: (_, __, most) => [0, most || 1] } }), [data.time, data.p50, data.p95], place);
}

function draw() {
  const table = document.getElementById("points");
  if (!table) return;
  const data = columnsOf(table);
  for (const place of document.querySelectorAll("[data-chart]")) {
    place.replaceChildren();
    (place.dataset.chart === "calls" ? drawCalls : drawTimes)(place, data);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  });
});
