// Switches the pictures of rl_lib.widgets.explore. Without this script the first one stays.
document.addEventListener("DOMContentLoaded", () => {
  for (const explorer of document.querySelectorAll(".explorer")) {
    const control = explorer.querySelector(".explorer-control");
    const slider = control.querySelector("input");
    const output = control.querySelector("output");
    const images = explorer.querySelectorAll("img");
    slider.addEventListener("input", () => {
      images.forEach((image, index) => { image.hidden = index !== slider.valueAsNumber; });
      const label = images[slider.valueAsNumber].dataset.label;
      slider.setAttribute("aria-valuetext", label);
      output.value = label;
    });
    control.hidden = false;
  }
});
