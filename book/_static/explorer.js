// Switches the pictures of rl_lib.widgets.explore. Without this script the first one stays.
document.addEventListener("DOMContentLoaded", () => {
  for (const explorer of document.querySelectorAll(".explorer")) {
    const control = explorer.querySelector(".explorer-control");
    const slider = control.querySelector("input");
    const output = control.querySelector("output");
    const pictures = explorer.querySelectorAll("[data-label]");
    slider.addEventListener("input", () => {
      pictures.forEach((picture, index) => { picture.hidden = index !== slider.valueAsNumber; });
      const label = pictures[slider.valueAsNumber].dataset.label;
      slider.setAttribute("aria-valuetext", label);
      output.value = label;
    });
    // Whoever reaches for the slider will want the other pictures soon.
    for (const sign of ["pointerenter", "focusin", "touchstart"]) {
      control.addEventListener(sign, () => {
        for (const image of explorer.querySelectorAll("img")) image.loading = "eager";
      }, { once: true, passive: true });
    }
    control.hidden = false;
  }
});

// What scrolls can be reached by keyboard.
const reach = () => {
  for (const box of document.querySelectorAll(".picture, .picture-stacked, .katex-display, .pst-scrollable-table-container")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
window.addEventListener("load", reach);
window.addEventListener("resize", reach);
