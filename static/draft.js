// Saves a draft while it is written, and asks before a page with unsaved words is left.
const PAUSE = 1500, RETRY = 15000;
const ERRORS = { 503: "the site cannot save anything at the moment" };
const lines = (text) => (text ?? "").replace(/\r\n/g, "\n");
for (const form of document.querySelectorAll("form[data-draft]")) {
  const status = form.querySelector("[role=status]");
  const saves = form.dataset.draft === "saves"; // Not while there is something to choose between.
  // What somebody has to choose between is in no version yet, nor is what could not be saved.
  let unsaved = !saves || form.querySelector("[aria-invalid=true]") !== null, saving = null, isSure = false, timer;
  const say = (text, isSaved) => {
    status.textContent = text;
    status.classList.toggle("alarm", !isSaved);
  };
  const saveSoon = (pause) => {
    clearTimeout(timer);
    if (saves) timer = setTimeout(async () => { while (saving) await saving; saving = save(); }, pause);
  };
  const notReached = (why) => {
    unsaved = true;
    say(`Not saved: ${why}. Keep this page open: it tries again, and what you wrote is still here.`);
    saveSoon(RETRY);
    return false;
  };
  const isTouched = (field, sent) => lines(field.value) !== lines(sent)
    || (field instanceof RadioNodeList ? [...field] : [field]).includes(document.activeElement);
  // Returns whether the browser may send the form now: if not, its answer would replace this page.
  const send = async () => {
    unsaved = false;
    const byButton = [...form.querySelectorAll("[data-by-button]")]
      .some((field) => (field.type === "checkbox" ? field.checked : field.value));
    const body = new FormData(form);
    let answer, told;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.headers.get("Content-Type").startsWith("application/json")) {
        if (answer.status === 413) {
          unsaved = true;
          say("Not saved: this is too long. Shorten it.");
          return false;
        }
        return notReached(ERRORS[answer.status] ?? `the site answered with an error (${answer.status})`);
      }
      told = await answer.json();
    } catch {
      return notReached("the site is not responding");
    }
    const { version, own, said, others } = told;
    // What somebody else wrote meanwhile is shown, unless it would stand where she is writing. Then
    // the next save begins from her own words, and the rest is not shown either: it is not hers.
    const theirs = Object.entries(others ?? {}).map(([name, text]) => [form.elements[name], text, body.get(name)]);
    const canShow = version && !theirs.some(([field, , sent]) => isTouched(field, sent));
    if (canShow) theirs.forEach(([field, text]) => { field.value = text; });
    if (version || own) form.elements.base.value = canShow ? version : own;
    unsaved ||= !version || byButton;
    say(byButton && version ? `${said} New items and ticks are saved when you press the button.` : said, version);
    return answer.status !== 403 || told.can_be_sent;
  };
  const save = async () => {
    try {
      return await send();
    } finally {
      saving = null;
    }
  };
  form.addEventListener("input", () => {
    unsaved = true;
    saveSoon(PAUSE);
  });
  form.addEventListener("submit", async (event) => {
    const { submitter } = event;
    if (submitter?.hasAttribute("data-preview")) return;
    clearTimeout(timer);
    if (isSure || !(saving || (saves && unsaved))) {
      unsaved = isSure = false;
      return;
    }
    event.preventDefault();
    while (saving) await saving;
    if (unsaved && !(await (saving = save()))) return;
    isSure = true;
    form.requestSubmit(submitter);
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved || saving) event.preventDefault();
  });
}
