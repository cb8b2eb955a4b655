// Shows a changed letter without leaving the page. Without it the buttons load the page again.
const byId = (id) => (id ? document.getElementById(id) : null);
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!submitter?.hasAttribute("data-in-place") || form.dataset.again) return;
  event.preventDefault();
  const from = byId(document.activeElement.id) ?? submitter;
  const top = from.getBoundingClientRect().top;
  const body = new FormData(form, submitter);
  form.inert = true; // What is typed or clicked until the answer comes would be lost.
  try {
    const answer = await fetch(submitter.formAction, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (!main.querySelector("form.preview")) throw new Error("another page");
    const open = [...form.querySelectorAll("details[open]")].map((one) => one.id);
    document.getElementById("main").replaceWith(main);
    document.title = page.title;
    main.querySelectorAll("form details").forEach((one) => (one.open ||= open.includes(one.id)));
    // To what needs attention, to what she asked to see, or where she was.
    const goal = main.querySelector("[role=alert]") ?? byId(submitter.dataset.inPlace);
    const there = goal ?? byId(from.id) ?? byId(submitter.id) ?? main;
    there.focus({ preventScroll: true });
    if (goal) goal.scrollIntoView({ behavior: "instant" });
    else scrollBy({ top: there.getBoundingClientRect().top - top, behavior: "instant" });
  } catch {
    form.inert = false;
    form.dataset.again = "yes";
    form.requestSubmit(submitter);
  }
});
