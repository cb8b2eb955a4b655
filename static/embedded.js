// Tells the page around it how high it is. Nothing else leaves, and nothing depends on it.
const page = document.documentElement;
let campaignIsNew = true;
const tell = () => {
  const campaignHeight = Math.ceil(page.getBoundingClientRect().height);
  parent.postMessage({ campaignHeight, campaignIsNew }, "*");
  campaignIsNew = false;
};
new ResizeObserver(tell).observe(page);
addEventListener("message", ({ data }) => data?.campaignHeight === "?" && tell());
