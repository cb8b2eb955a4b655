// Saves a draft while it is written, and asks before a page with unsaved words is left.
const PAUSE = 1500;
for (const form of document.querySelectorAll("form[data-draft]")) {
  const status = form.querySelector("[role=status]");
  const saves = form.dataset.draft === "saves"; // Not while there is something to choose between.
  // What somebody has to choose between is in no version yet.
  let unsaved = !saves, saving = null, timer;
  const say = (text, isSaved) => {
    status.textContent = text;
    status.classList.toggle("alarm", !isSaved);
  };
  const save = async () => {
    unsaved = false;
    const byButton = [...form.querySelectorAll("[data-by-button]")]
      .some((field) => (field.type === "checkbox" ? field.checked : field.value));
    try {
      const body = new FormData(form);
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.headers.get("Content-Type").startsWith("application/json")) {
        unsaved = true;
        say("Not saved: you are signed out. Keep this page open, sign in in another tab, then save here.");
        saving = null;
        return;
      }
      const { version, said, others } = await answer.json();
      // What somebody else wrote meanwhile, where she has not typed since.
      for (const [name, text] of Object.entries(others ?? {})) {
        const field = form.elements[name];
        if (field.value.replace(/\r\n/g, "\n") === body.get(name).replace(/\r\n/g, "\n")) field.value = text;
      }
      if (version) form.elements.base.value = version;
      unsaved ||= !version || byButton;
      say(byButton && version ? `${said} Ticks, and what you add, are saved by the button.` : said, version);
    } catch {
      unsaved = true;
      say("Not saved: the site does not answer. Keep this page open and save again: what you wrote is still here.");
    }
    saving = null;
  };
  form.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(timer);
    if (saves) timer = setTimeout(async () => { while (saving) await saving; saving = save(); }, PAUSE);
  });
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (saving) { // Its answer says from which version the form then begins.
      event.preventDefault();
      await saving;
      form.requestSubmit(event.submitter);
      return;
    }
    unsaved = event.submitter?.hasAttribute("data-preview") ? unsaved : false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved || saving) event.preventDefault();
  });
}
