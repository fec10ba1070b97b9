// The page of a report: it holds its pictures itself, and saves what is decided as a file.
const data = JSON.parse(at("data").textContent);
const lead = new Map();
for (const number of data.lead) {
  const source = cardElement(number).querySelector("img").getAttribute("src");
  if (source) lead.set(data.cards[number].picture, source);
}
let missing = {};

const shelf = {
  load() {
    try { return JSON.parse(localStorage.getItem(data.id) ?? "[]"); } catch { return []; }
  },
  save(choices) {
    // Without storage (a private window, some mail programs) decisions last as long as the page.
    try { localStorage.setItem(data.id, JSON.stringify([...choices.kinds])); } catch { /* so be it */ }
  },
};

const finish = (choices) => {
  const decisions = [...choices.kinds].sort(([one], [other]) => one - other).map(([number, kind]) => {
    const card = data.cards[number];
    const named = {path: card.path};
    if (card.path_base64) named.path_base64 = card.path_base64;
    return {decision: kind, cluster: data.clusters[card.cluster].id, ...named, digest: card.digest};
  });
  const told = {kind: "decisions", dupfinder: data.dupfinder, schema: data.schema, report: data.report, decisions};
  const file = new Blob([JSON.stringify(told, null, 1) + "\n"], {type: "application/json"});
  const address = URL.createObjectURL(file);
  element("a", {href: address, download: "decisions.json"}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  page.say("Saved. Next: dupfinder clean decisions.json");
};

const page = new Page({
  cards: data.cards,
  clusters: data.clusters,
  picture: (number) => {
    const known = lead.get(number);
    if (known) return known;
    const block = at(`d${number}`);
    return block ? `data:image/webp;base64,${block.textContent}` : "";
  },
  missing: (number) => missing[number] ?? "",
  changed: (_, choices) => shelf.save(choices),
  finish,
});
const valid = shelf.load().filter(([number, kind]) => data.cards[number] && NAMES[kind]);
for (const [number, kind] of valid) page.choices.set([[number, kind]]);
page.choices.past = [];
page.summary();

addEventListener("DOMContentLoaded", () => {
  missing = JSON.parse(at("missing").textContent);
  page.refresh();
});
