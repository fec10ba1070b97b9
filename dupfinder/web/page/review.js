"use strict";
// What the pages of a review do beside what all pages of photos do (look.js): they tell the server
// what is decided, one thing after the other, and wait for what takes long. Photos are numbers.
{
  const find = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(find(id).textContent);
  const token = document.querySelector("meta[name=dupfinder-token]").content;

  // The answer of the server, or an error that says what to tell.
  const ask = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: {"Content-Type": "application/json", "X-Dupfinder-Token": token},
      body: JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 409) {
      location.reload();
      return new Promise(() => {});
    }
    if (!answer.ok) throw new Error(told.error ?? "The server refuses: start dupfinder review again.");
    return told;
  };

  const gone = "The server does not answer: dupfinder review has ended; the terminal may say why.";

  // Shows how far it is until it is done, then goes on.
  const wait = async (after, stages = {}) => {
    for (;;) {
      let step;
      try {
        step = await (await fetch("/progress")).json();
      } catch {
        find("stage").textContent = gone;
        return;
      }
      if (!step.busy) break;
      const bar = find("progress");
      bar.hidden = false;
      if (step.total) Object.assign(bar, {max: step.total, value: step.done});
      else bar.removeAttribute("value");
      const count = step.done.toLocaleString("en");
      const of = step.total ? ` of ${step.total.toLocaleString("en")}` : "";
      find("stage").textContent = `${stages[step.stage] ?? step.stage}: ${count}${of}`;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    after();
  };

  const pages = {
    waiting: () => wait(() => location.reload(), read("stages")),

    trouble: () => {},

    plan: () => {
      const data = read("data");
      const act = find("act");
      act.addEventListener("click", async () => {
        act.disabled = true;
        try {
          await ask("/act", {version: data.version, digest: data.digest});
          await wait(() => location.assign("/done"), {trash: "Moving"});
        } catch (error) {
          find("stage").textContent = error instanceof TypeError ? gone : error.message;
        }
      });
      document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.repeat) return;
        if (event.key === "b") location.assign("/");
        if (event.key === "t") act.click();
      });
    },

    done: () => {
      const back = find("take-back");
      back?.addEventListener("click", async () => {
        back.disabled = true;
        try {
          await ask("/undo", {version: read("data").version});
          await wait(() => location.reload(), {undo: "Bringing back"});
        } catch (error) {
          find("stage").textContent = error instanceof TypeError ? gone : error.message;
        }
      });
      document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.repeat) return;
        if (event.key === "b") location.assign("/");
        if (event.key === "u") back?.click();
      });
    },

    review: () => {
      const data = read("data");
      const missing = new Map();
      data.cards.forEach((card, number) => { if (card.gone) missing.set(number, card.stays); });
      let version = data.version;
      let said = Promise.resolve();
      let page = null;

      // One after the other: each is told of the version that the one before it has made.
      const tell = (numbers, choices) => {
        const changes = numbers.map((number) => [number, choices.get(number)]);
        said = said.then(async () => {
          try {
            ({version} = await ask("/decide", {version, changes}));
          } catch (error) {
            page.say(error instanceof TypeError ? gone : error.message);
          }
        });
      };

      page = new Page({
        cards: data.cards,
        clusters: data.clusters,
        picture: (number) => `/picture/${number}`,
        missing: (number) => missing.get(number) ?? "",
        finish: () => said.then(() => location.assign("/plan")),
      });
      for (const [number, kind] of data.choices) page.choices.set([[number, kind]]);
      page.choices.past = [];
      page.summary();
      page.filter();
      page.changed = tell;
      missing.forEach((_, number) => document.getElementById(`p${number}`).classList.add("gone"));
      page.refresh();

      // Why a picture cannot be shown is told where it would stand.
      document.addEventListener("error", async (event) => {
        const photo = event.target.closest?.(".photo");
        if (!photo || event.target.tagName !== "IMG") return;
        const answer = await fetch(event.target.src).catch(() => null);
        if (answer?.ok) return;
        missing.set(Number(photo.dataset.card), answer ? await answer.text() : gone);
        page.refresh();
      }, true);
    },
  };

  pages[document.body.dataset.page]();
}
