// Loaded before anything is drawn: what only works with scripts shows from the first frame on.
document.documentElement.dataset.js = "on";
