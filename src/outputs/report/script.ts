/** The script of the page: the filters. */
export const SCRIPT = `
'use strict';
const form = document.getElementById('filter');
const least = document.getElementById('least');
const most = document.getElementById('most');
const groups = [...document.querySelectorAll('.group')].map((section) => ({
  section,
  none: section.querySelector('.none'),
  faces: [...section.querySelectorAll('.face')].map((element) => ({
    element,
    percent: Number(element.dataset.percent),
  })),
}));
const total = groups.reduce((sum, { faces }) => sum + faces.length, 0);

function apply() {
  const wanted = new FormData(form).getAll('class');
  const [from, to] = [least.valueAsNumber, most.valueAsNumber];
  let matching = 0;
  for (const { section, none, faces } of groups) {
    section.hidden = !wanted.includes(section.dataset.class);
    let visible = 0;
    for (const { element, percent } of faces) {
      element.hidden = percent < from || percent > to;
      if (!element.hidden) visible += 1;
    }
    none.hidden = visible > 0 || faces.length === 0;
    if (!section.hidden) matching += visible;
  }
  for (const input of [least, most]) {
    input.nextElementSibling.textContent = input.value + '%';
    input.setAttribute('aria-valuetext', input.value + '%');
  }
  const number = (value) => value.toLocaleString('en-US');
  document.getElementById('matching').textContent = number(matching) + ' of ' + number(total) + ' faces';
}

form.addEventListener('input', ({ target }) => {
  // The limits do not cross: the one that is moved takes the other along.
  if (target === least && least.valueAsNumber > most.valueAsNumber) most.value = least.value;
  if (target === most && most.valueAsNumber < least.valueAsNumber) least.value = most.value;
  apply();
});
// The controls have their first values again only after the event.
form.addEventListener('reset', () => setTimeout(apply));
form.addEventListener('submit', (event) => event.preventDefault());
form.hidden = false;
apply();
`;
