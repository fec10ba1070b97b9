"use strict";
// What every page of photos does: shows pictures when they come near, compares, filters, decides.
// A card is known by its number; `cards`, `clusters` are as reports/page/data.py writes them.

const NAMES = {keep: "keep", remove: "remove", not_duplicate: "no duplicate", later: "later"};

function bytes(size) {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let power = 1;
  while (size / 1000 ** power >= 999.5 && power < units.length) power += 1;
  const amount = size / 1000 ** power;
  return `${amount.toFixed(amount < 9.95 ? 1 : 0)} ${units[power - 1]}`;
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const at = (id) => document.getElementById(id);
const cardElement = (number) => at(`p${number}`);

// Choices: which photo may go for which one, and what was decided. The rule is that of
// dupfinder/decide.py: whatever goes was compared directly with a photo that stays.
class Choices {
  constructor(cards, changed) {
    this.cards = cards;
    this.changed = changed;
    this.kinds = new Map();
    this.past = [];
  }

  get(number) { return this.kinds.get(number) ?? ""; }

  // Tries changes ([number, kind or ""]); says why not, or "" where it was done.
  set(changes) {
    const after = new Map(this.kinds);
    for (const [number, kind] of changes) {
      if (kind) after.set(number, kind); else after.delete(number);
    }
    for (const [number, kind] of changes) {
      if (kind === "remove" && this.cards[number].stays) return `It stays: ${this.cards[number].stays}`;
    }
    const touched = new Set(changes.map(([number]) => this.cards[number].cluster));
    for (const [other, kind] of after) {
      const card = this.cards[other];
      if (kind !== "remove" || !touched.has(card.cluster)) continue;
      if (!card.keepers.some((each) => Choices.keeps(after.get(each)))) {
        return changes.some(([number]) => number === other)
          ? "It stays: no photo that it was compared with would stay"
          : `Not possible: ${card.name} goes for a photo that would not stay`;
      }
    }
    const before = changes.map(([number]) => [number, this.get(number)]);
    if (before.every(([, kind], i) => kind === changes[i][1])) return "";
    this.past.push(before);
    this.kinds = after;
    this.changed(changes.map(([number]) => number));
    return "";
  }

  static keeps(kind) { return kind !== "remove" && kind !== "not_duplicate"; }

  undo() {
    const before = this.past.pop();
    if (!before) return null;
    for (const [number, kind] of before) {
      if (kind) this.kinds.set(number, kind); else this.kinds.delete(number);
    }
    const numbers = before.map(([number]) => number);
    this.changed(numbers);
    return numbers[0];
  }

  // What is proposed for a cluster; where photos to keep were chosen, their copies go instead.
  proposal(members) {
    const chosen = members.filter((each) => this.get(each) === "keep");
    if (!chosen.length) {
      return members.filter((each) => this.cards[each].proposal && !this.get(each))
        .map((each) => [each, this.cards[each].proposal]);
    }
    return members
      .filter((each) => !this.get(each) && this.cards[each].copies.some((to) => chosen.includes(to)))
      .map((each) => [each, "remove"]);
  }
}

// The homography from pixels of one member of a cluster to pixels of another: their own one, or by
// way of what both were compared with.
function between(cards, base, copy) {
  if (cards[copy].base === base) return own(cards, copy);
  const back = inverse(fromFirst(cards, base));
  return back && product(fromFirst(cards, copy), back);
}

function own(cards, number) {
  const [base, copy] = [cards[cards[number].base], cards[number]];
  return copy.transform ?? [copy.width / base.width, 0, 0, 0, copy.height / base.height, 0, 0, 0, 1];
}

function fromFirst(cards, number) {
  if (cards[number].base === number) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  return product(own(cards, number), fromFirst(cards, cards[number].base));
}

function product(a, b) {
  return a.map((_, i) => [0, 1, 2].reduce((sum, k) => sum + a[3 * Math.floor(i / 3) + k] * b[3 * k + (i % 3)], 0));
}

// One photo laid over another, by the homography from pixels of the base to pixels of the copy.
function layOver(base, copy, t, baseWidth, image) {
  const scale = baseWidth / base.width;
  const size = [image.naturalWidth || 1, image.naturalHeight || 1];
  const back = t && inverse(t);
  if (!back) return null;
  const zoom = [copy.width / size[0], copy.height / size[1]];
  const m = back.map((entry, i) => entry * (i < 6 ? scale : 1) * [zoom[0], zoom[1], 1][i % 3]);
  const [a, b, c, d, e, f, g, h, i] = m.map((entry) => entry / m[8]);
  const corner = (x, y) => {
    const w = g * x + h * y + i;
    return `${((a * x + b * y + c) / w).toFixed(2)}px ${((d * x + e * y + f) / w).toFixed(2)}px`;
  };
  return {
    transform: `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`,
    outline: `polygon(${[[0, 0], [size[0], 0], size, [0, size[1]]].map((p) => corner(...p)).join(",")})`,
  };
}

function inverse([a, b, c, d, e, f, g, h, i]) {
  const minors = [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];
  const determinant = a * minors[0] + b * minors[3] + c * minors[6];
  return Math.abs(determinant) < 1e-12 ? null : minors.map((each) => each / determinant);
}

// The dialog in which two photos are compared.
class Comparison {
  constructor(page) {
    this.page = page;
    this.dialog = at("compare");
    this.table = at("table");
    this.ruler = at("ruler").querySelector("input");
    this.amounts = {slider: 50, difference: 25};
    this.shown = 0;  // how often something was to be shown: pictures that come late are not
    this.dialog.addEventListener("close", () => this.ended());
    at("compare-close").addEventListener("click", () => this.dialog.close());
    this.ruler.addEventListener("input", () => {
      this.amounts[this.mode] = Number(this.ruler.value);
      this.adjust();
    });
    at("against").addEventListener("change", () => this.open(this.copy, Number(at("against").value)));
    for (const radio of this.dialog.querySelectorAll("[name=mode]")) {
      radio.addEventListener("change", () => this.show(radio.value));
    }
  }

  // Whoever wants no motion flips with the space bar.
  get isCalm() { return matchMedia("(prefers-reduced-motion: reduce)").matches; }

  get isOpen() { return this.dialog.open; }

  // A photo beside the one that it was compared with, or `against` any other of its cluster.
  open(number, against) {
    const {cards} = this.page;
    let copy = number;
    if (against === undefined && cards[copy].base === copy) {
      copy = cards.findIndex((each, i) => i !== number && each.base === number);
      if (copy < 0) return;
    }
    this.copy = copy;
    this.base = against ?? cards[copy].base;
    this.offer();
    const isNew = !this.dialog.open;
    if (isNew) this.dialog.showModal();
    this.show(this.mode ?? "slider");
    if (isNew) this.dialog.querySelector("[name=mode]:checked").focus();
  }

  // What it can be compared with.
  offer() {
    const others = this.page.family(this.copy).filter((each) => each !== this.copy);
    at("against").replaceChildren(...others.map((each) => {
      const folder = cardElement(each).querySelector(".folder")?.textContent;
      const text = this.page.cards[each].name + (folder ? ` (${folder})` : "");
      return element("option", {value: String(each), textContent: text, selected: each === this.base});
    }));
  }

  // Another photo of the same cluster.
  step(by) {
    const members = this.page.members(this.copy).filter((each) => this.page.cards[each].base !== each);
    this.open(members[(members.indexOf(this.copy) + by + members.length) % members.length]);
  }

  ended() {
    if (this.dialog.open) return; // Opened anew before it was told that it was closed.
    this.shown += 1;
    clearInterval(this.timer);
    this.table.replaceChildren();
    this.page.focus(this.copy);
  }

  async show(mode) {
    this.mode = mode;
    const turn = this.shown += 1;
    clearInterval(this.timer);
    this.dialog.querySelector(`[value=${mode}]`).checked = true;
    const {cards} = this.page;
    const [base, copy] = [cards[this.base], cards[this.copy]];
    at("compare-title").textContent = `${base.name} and ${copy.name}`;
    this.caption("base-caption", this.base, "");
    const direct = copy.base === this.base || base.base === this.copy;
    const way = cards[this.page.family(this.copy)[0]].name;
    this.caption("copy-caption", this.copy, direct ? copy.proof || base.proof : `Aligned by way of ${way}`);
    const images = [this.base, this.copy].map((number) => {
      const source = this.page.source(number);
      return source ? element("img", {alt: cards[number].name, src: source}) : null;
    });
    if (!images.every(Boolean)) {
      this.table.replaceChildren(element("p", {textContent: "One of the two cannot be shown."}));
      return;
    }
    await Promise.all(images.map((image) => image.decode().catch(() => null)));
    if (this.shown !== turn) return;
    if (mode === "beside") this.table.replaceChildren(element("div", {className: "beside"}, ...images));
    else this.lay(base, copy, images);
    this.adjust();
  }

  lay(base, copy, [below, above]) {
    const room = [this.table.clientWidth, Math.max(240, innerHeight * 0.66)];
    const scale = Math.min(room[0] / base.width, room[1] / base.height, 3 * below.naturalWidth / base.width);
    const [width, height] = [base.width * scale, base.height * scale];
    const laid = layOver(base, copy, between(this.page.cards, this.base, this.copy), width, above);
    const stage = element("div", {className: "stage"});
    stage.dataset.mode = this.mode;
    Object.assign(stage.style, {width: `${width}px`, height: `${height}px`});
    Object.assign(below.style, {width: `${width}px`, height: `${height}px`});
    if (laid) above.style.transform = laid.transform;
    const layers = [[below, "layer under"], [above, "layer over"]]
      .map(([image, className]) => element("div", {className}, image));
    if (this.mode === "difference" && laid) layers[0].style.clipPath = laid.outline;
    stage.append(...layers);
    if (this.mode === "slider") stage.append(element("div", {className: "handle"}));
    stage.addEventListener("pointermove", (event) => {
      if (this.mode !== "slider") return;
      const box = stage.getBoundingClientRect();
      this.amounts.slider = Math.min(100, Math.max(0, 100 * (event.clientX - box.left) / box.width));
      this.adjust();
    });
    this.table.replaceChildren(stage);
    if (this.mode === "flicker" && !this.isCalm) this.timer = setInterval(() => this.flip(), 800);
  }

  flip() {
    const over = this.table.querySelector(".over");
    if (over) over.style.visibility = over.style.visibility === "hidden" ? "" : "hidden";
  }

  adjust() {
    const amount = this.amounts[this.mode];
    at("ruler").hidden = amount === undefined;
    if (amount === undefined) return;
    this.ruler.value = amount;
    const stage = this.table.querySelector(".stage");
    const label = at("ruler").querySelector("span");
    if (this.mode === "slider") {
      label.textContent = "Divide";
      if (!stage) return;
      stage.querySelector(".over").style.clipPath = `inset(0 0 0 ${amount}%)`;
      stage.querySelector(".handle").style.left = `${amount}%`;
    } else {
      const times = Math.round(1 + amount * 0.15);
      label.textContent = `Amplified ${times} times`;
      if (stage) stage.style.filter = `brightness(${times})`;
    }
  }

  caption(id, number, words) {
    const about = cardElement(number);
    const texts = [".folder", ".about", ".badges"].map((each) => about.querySelector(each))
      .filter(Boolean).map((each) => each.cloneNode(true));
    const kind = this.page.choices?.get(number);
    at(id).replaceChildren(
      element("strong", {textContent: this.page.cards[number].name + (kind ? ` (${NAMES[kind]})` : "")}),
      ...texts, element("div", {className: "weak", textContent: words}),
    );
  }
}

class Page {
  // `told`: cards, clusters ([{id, first, count, bytes}]), source(picture) -> address of a picture
  // or "", missing(card) -> why a photo cannot be shown; `changed`, `restored` and `finish` belong
  // to whoever keeps the decisions.
  constructor(told) {
    Object.assign(this, told);
    this.cards.forEach((card) => { card.cluster = -1; });
    this.clusters.forEach((cluster, number) => {
      for (let i = 0; i < cluster.count; i += 1) this.cards[cluster.first + i].cluster = number;
    });
    this.choices = new Choices(this.cards, (numbers) => this.decided(numbers));
    this.comparison = new Comparison(this);
    this.acts = at("acts").content.firstElementChild;
    this.articles = [...document.querySelectorAll(".cluster")];
    this.current = 0;
    this.watch();
    this.listen();
    this.filter();
    this.summary();
  }

  members(number) {
    const cluster = this.clusters[this.cards[number].cluster];
    if (!cluster) return [number];
    return Array.from({length: cluster.count}, (_, i) => cluster.first + i);
  }

  // The cluster of a card, or the two cards of a similar pair.
  family(number) {
    if (this.cards[number].cluster >= 0) return this.members(number);
    const {base} = this.cards[number];
    return base === number ? [number, number + 1] : [base, number];
  }

  source(number) {
    return this.missing(number) ? "" : this.picture(this.cards[number].picture);
  }

  // Pictures and buttons are there only where somebody looks: photos are watched in the clusters
  // that are near.
  watch() {
    const near = {rootMargin: "1200px 0px"};
    this.dressed = new Set();
    const photos = new IntersectionObserver((entries) => {
      for (const {target, isIntersecting} of entries) this[isIntersecting ? "dress" : "undress"](target);
    }, near);
    const clusters = new IntersectionObserver((entries) => {
      for (const {target, isIntersecting} of entries) {
        for (const photo of target.querySelectorAll(".photo")) {
          if (isIntersecting) photos.observe(photo);
          else { photos.unobserve(photo); this.undress(photo); }
        }
      }
    }, near);
    this.articles.forEach((each) => clusters.observe(each));
  }

  dress(photo) {
    this.dressed.add(photo);
    const number = Number(photo.dataset.card);
    const image = photo.querySelector("img");
    const why = this.missing(number);
    if (why) {
      photo.querySelector(".shot").classList.add("gone");
      photo.querySelector(".shot").dataset.why = why;
      image.removeAttribute("src");
    } else if (!image.getAttribute("src")) {
      const source = this.source(number);
      if (source) image.src = source;
    }
    if (!photo.querySelector(".acts") && this.cards[number].cluster >= 0) {
      photo.append(this.acts.cloneNode(true));
      this.mark(number);
    }
  }

  undress(photo) {
    this.dressed.delete(photo);
    photo.querySelector("img[data-picture]")?.removeAttribute("src");
  }

  // Once more for what is on the screen: pictures have arrived meanwhile.
  refresh() { this.dressed.forEach((photo) => this.dress(photo)); }

  mark(number) {
    const photo = cardElement(number);
    const kind = this.choices.get(number);
    photo.dataset.choice = kind;
    for (const button of photo.querySelectorAll(".acts button")) {
      button.setAttribute("aria-pressed", String(button.dataset.act === kind));
    }
  }

  decided(numbers) {
    numbers.forEach((number) => this.mark(number));
    this.summary();
    this.changed?.(numbers, this.choices);
  }

  summary() {
    const gone = [...this.choices.kinds].filter(([, kind]) => kind === "remove").map(([number]) => number);
    const size = gone.reduce((sum, number) => sum + this.cards[number].frees, 0);
    const all = this.choices.kinds.size;
    at("chosen").textContent = all ? `${counted(all, "photo")} decided · ${counted(gone.length, "photo")} to go · ${bytes(size)}` : "";
    at("undo").disabled = !this.choices.past.length;
    const finish = at("finish");
    if (finish) finish.disabled = !all;
  }

  choose(number, kind) {
    if (this.cards[number].cluster < 0) return;
    const next = this.choices.get(number) === kind ? "" : kind;
    const why = this.choices.set([[number, next]]);
    this.say(why || `${this.cards[number].name}: ${next ? NAMES[next] : "not decided"}`);
    if (why || this.comparison.isOpen) {
      if (this.comparison.isOpen) this.comparison.show(this.comparison.mode);
      return;
    }
    const members = this.members(number);
    const after = members.slice(members.indexOf(number) + 1).find((each) => !this.choices.get(each));
    if (next && after !== undefined) this.focus(after);
  }

  accept(cluster) {
    const {first, count} = this.clusters[cluster];
    const members = Array.from({length: count}, (_, i) => first + i);
    const changes = this.choices.proposal(members);
    const why = changes.length ? this.choices.set(changes) : "Nothing is proposed for this cluster";
    const gone = changes.filter(([, kind]) => kind === "remove").length;
    this.say(why || `${counted(gone, "photo")} to go`);
    if (!why) this.toCluster(cluster, 1);
  }

  // Keeps this photo in place of any other one of its cluster: its copies go.
  aim(number) {
    const {cards, choices} = this;
    if (cards[number].cluster < 0) return;
    const changes = [[number, "keep"]];
    for (const each of this.members(number)) {
      if (each === number || ["not_duplicate", "later"].includes(choices.get(each))) continue;
      changes.push([each, cards[each].copies.includes(number) ? "remove" : ""]);
    }
    const why = choices.set(changes);
    const gone = changes.filter(([, kind]) => kind === "remove").length;
    this.say(why || `${cards[number].name}: kept, ${counted(gone, "photo")} to go`);
  }

  undo() {
    const number = this.choices.undo();
    this.say(number === null ? "Nothing to undo" : "Undone");
    if (number !== null) this.focus(number);
  }

  focus(number) {
    const photo = cardElement(number);
    if (!photo) return;
    this.current = number;
    photo.focus({preventScroll: true});
    const box = photo.getBoundingClientRect();
    if (box.top < 90 || box.bottom > innerHeight - 20) {
      photo.scrollIntoView({block: box.height > innerHeight - 120 ? "start" : "nearest"});
    }
  }

  // The next cluster that is shown.
  toCluster(cluster, by) {
    for (let next = cluster + by; next >= 0 && next < this.clusters.length; next += by) {
      if (!this.articles[next].hidden) {
        this.articles[next].scrollIntoView({block: "start"});
        this.focus(this.clusters[next].first);
        return;
      }
    }
  }

  toPhoto(by) {
    const {cluster} = this.cards[this.current];
    const next = this.current + by;
    if (this.cards[next]?.cluster === cluster) this.focus(next);
    else if (by > 0) this.toCluster(cluster, 1);
    else this.toCluster(cluster, -1);
  }

  filter() {
    const text = at("text").value.trim().toLowerCase();
    const [relation, state] = [at("relation").value, at("state").value];
    const least = Number(at("least").value);
    let shown = 0;
    this.clusters.forEach((cluster, number) => {
      const members = Array.from({length: cluster.count}, (_, i) => cluster.first + i);
      const done = members.some((each) => this.choices.get(each));
      const hidden = cluster.bytes < least
        || (relation && !cluster.relations.includes(relation))
        || (state === "open" && done) || (state === "done" && !done)
        || (text && !members.some((each) => this.cards[each].path.toLowerCase().includes(text)));
      this.articles[number].hidden = Boolean(hidden);
      shown += !hidden;
    });
    const all = this.clusters.length;
    at("shown").textContent = shown === all ? counted(all, "cluster") : `${shown.toLocaleString("en")} of ${counted(all, "cluster")}`;
    at("none").hidden = shown > 0 || all === 0;
  }

  say(words) {
    const toast = at("toast");
    toast.textContent = words;
    toast.classList.add("on");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => toast.classList.remove("on"), 2600);
  }

  listen() {
    for (const id of ["relation", "least", "state"]) at(id).addEventListener("change", () => this.filter());
    at("text").addEventListener("input", () => this.filter());
    at("undo").addEventListener("click", () => this.undo());
    at("keys").addEventListener("click", () => at("help").showModal());
    at("help-close").addEventListener("click", () => at("help").close());
    at("finish")?.addEventListener("click", () => this.finish(this.choices));
    document.addEventListener("focusin", (event) => {
      const photo = event.target.closest?.(".photo");
      if (photo) this.current = Number(photo.dataset.card);
    });
    document.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  clicked(event) {
    const photo = event.target.closest(".photo");
    const act = event.target.closest("[data-act]");
    const accept = event.target.closest(".accept");
    if (act && photo) this.choose(Number(photo.dataset.card), act.dataset.act);
    else if (accept) this.accept(Number(accept.closest(".cluster").dataset.cluster));
    else if (photo && event.target.closest(".shot")) this.comparison.open(Number(photo.dataset.card));
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
    if (event.target.matches("select, textarea, input:not([type=radio])")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = {k: "keep", x: "remove", n: "not_duplicate", l: "later"}[event.key];
    const done = act ? this.decideBy(act) : this.comparison.isOpen ? this.compareBy(event.key) : this.goBy(event);
    if (done) event.preventDefault();
  }

  decideBy(act) {
    if (this.comparison.isOpen) this.choose(this.comparison.copy, act);
    else if (document.activeElement?.closest(".photo")) this.choose(this.current, act);
    else this.focus(this.current);
    return true;
  }

  compareBy(key) {
    const mode = {1: "beside", 2: "slider", 3: "flicker", 4: "difference"}[key];
    if (mode) this.comparison.show(mode);
    else if (key === "ArrowRight") this.comparison.step(1);
    else if (key === "ArrowLeft") this.comparison.step(-1);
    else if (key === " " && this.comparison.mode === "flicker") this.comparison.flip();
    else if (key === "b") this.aim(this.comparison.copy);
    else if (key === "u") this.undo();
    else return false;
    return true;
  }

  goBy(event) {
    const {cluster} = this.cards[this.current] ?? {cluster: 0};
    const go = {
      ArrowRight: () => this.toPhoto(1),
      ArrowLeft: () => this.toPhoto(-1),
      ArrowDown: () => this.toCluster(cluster, 1),
      ArrowUp: () => this.toCluster(cluster, -1),
      j: () => this.toCluster(cluster, 1),
      J: () => this.toCluster(cluster, -1),
      a: () => cluster >= 0 && this.accept(cluster),
      b: () => this.aim(this.current),
      u: () => this.undo(),
      c: () => this.comparison.open(this.current),
      f: () => at("text").focus(),
      e: () => at("finish")?.click(),
      "?": () => at("help").showModal(),
    }[event.key];
    if (!go || !this.cards.length) return false;
    const inside = document.activeElement?.closest(".photo");
    if (!inside && event.key.startsWith("Arrow")) {
      if (document.activeElement !== document.body) return false;
      this.focus(this.current);
    } else go();
    return true;
  }
}
