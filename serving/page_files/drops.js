// Pictures dropped or pasted anywhere on the page.

// `coming` is called while one is dragged over the page, `use` with the first file given.
export function acceptDrops(target, coming, use) {
  const take = (files) => { if (files?.length) use(files[0]); };
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    coming();
    target.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) target.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    take(event.dataTransfer?.files);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files));
}
