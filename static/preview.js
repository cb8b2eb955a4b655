// Shows a changed letter without leaving the page. Without it the buttons load the page again.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!submitter?.hasAttribute("data-in-place") || form.dataset.again) return;
  event.preventDefault();
  const top = submitter.getBoundingClientRect().top;
  const body = new FormData(form, submitter);
  form.inert = true; // What is typed or clicked until the answer comes would be lost.
  try {
    const answer = await fetch(submitter.formAction, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (!main.querySelector("form.preview")) throw new Error("another page");
    const open = [...form.querySelectorAll("details[open]")].map((one) => one.id);
    document.getElementById("main").replaceWith(main);
    main.querySelectorAll("form details").forEach((one) => (one.open ||= open.includes(one.id)));
    const there = document.getElementById(submitter.id) ?? main;
    there.focus({ preventScroll: true });
    scrollBy({ top: there.getBoundingClientRect().top - top, behavior: "instant" });
    main.querySelector("[role=alert]")?.scrollIntoView();
  } catch {
    form.inert = false;
    form.dataset.again = "yes";
    form.requestSubmit(submitter);
  }
});
