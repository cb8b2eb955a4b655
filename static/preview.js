// Shows a changed letter without leaving the page. Without it the buttons load the page again.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!submitter?.hasAttribute("data-in-place") || form.dataset.again) return;
  event.preventDefault();
  const top = submitter.getBoundingClientRect().top;
  const [name, value] = [submitter.name, submitter.value];
  try {
    const body = new FormData(form, submitter);
    const answer = await fetch(submitter.formAction, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (!page.getElementById(form.id)) throw new Error("another page");
    const open = [...form.querySelectorAll("details")].map((one) => one.open);
    document.getElementById("main").replaceWith(main);
    main.querySelectorAll("form details").forEach((one, n) => (one.open ||= open[n]));
    const same = [...main.querySelectorAll("button")].filter((one) => one.name === name && one.value === value);
    const there = same.find((one) => one.formAction === submitter.formAction) ?? same[0] ?? main;
    there.focus({ preventScroll: true });
    scrollBy({ top: there.getBoundingClientRect().top - top, behavior: "instant" });
    main.querySelector("[role=alert]")?.scrollIntoView();
  } catch {
    form.dataset.again = "yes";
    form.requestSubmit(submitter);
  }
});
